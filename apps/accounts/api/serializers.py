"""What the API takes and gives about people and tokens."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.accounts import preferences
from apps.accounts.domain import agents
from apps.accounts.domain import preferences as rules
from apps.accounts.models import ApiToken, SavedView, Session, User
from apps.accounts.services import tokens
from kernel.zones import validate_zone


class PreferencesSerializer(serializers.Serializer):
    """What the web pages remember, chosen or not."""

    theme = serializers.ChoiceField(rules.THEMES, read_only=True)
    density = serializers.ChoiceField(rules.DENSITIES, read_only=True)
    home = serializers.ChoiceField(
        rules.HOMES, read_only=True, help_text=_("The page that comes after signing in.")
    )
    notify_failures = serializers.BooleanField(
        read_only=True, help_text=_("Whether failed runs of one's own jobs are notices.")
    )

    def to_representation(self, chosen):
        return rules.complete(chosen)


class PreferencesChangeSerializer(serializers.Serializer):
    """A name that is not given keeps its value."""

    theme = serializers.ChoiceField(rules.THEMES, required=False)
    density = serializers.ChoiceField(rules.DENSITIES, required=False)
    home = serializers.ChoiceField(rules.HOMES, required=False)
    notify_failures = serializers.BooleanField(required=False)

    def to_internal_value(self, data):
        if isinstance(data, dict) and (unknown := sorted(data.keys() - self.fields.keys())):
            raise serializers.ValidationError(
                {name: _("There is no such preference.") for name in unknown}, code="unknown"
            )
        return super().to_internal_value(data)


class UserSerializer(serializers.ModelSerializer):
    """The signed-in user; language and time zone are what they see, chosen by them or not."""

    language = serializers.SerializerMethodField()
    time_zone = serializers.SerializerMethodField()
    preferences = PreferencesSerializer()

    class Meta:
        model = User
        fields = [
            "id", "username", "email", "display_name", "is_staff", "language", "time_zone", "preferences",
            "notices_read_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_language(self, user: User) -> str:
        return user.language or self.context["request"].LANGUAGE_CODE

    def get_time_zone(self, user: User) -> str:
        return preferences.zone_of(user, tenant_zone=self.context["request"].tenant.time_zone)


class SessionTenantSerializer(serializers.Serializer):
    name = serializers.CharField()
    slug = serializers.CharField()


class SessionSerializer(serializers.Serializer):
    user = UserSerializer()
    tenant = SessionTenantSerializer()
    csrf_token = serializers.CharField()
    permissions = serializers.ListField(
        child=serializers.CharField(),
        help_text=_(
            'What the user may do on all objects, such as "jobs.add_job". Rights on single ones come with them.'
        ),
    )


class OpenSessionSerializer(serializers.ModelSerializer):
    """One of the browsers in which the user is signed in. The key in its cookie is not shown."""

    client = serializers.SerializerMethodField(
        help_text=_("The browser and the system, as far as they tell.")
    )
    is_current = serializers.SerializerMethodField(help_text=_("It is the one that asks."))

    class Meta:
        model = Session
        fields = ["id", "client", "ip", "created_at", "last_seen_at", "is_current"]
        read_only_fields = fields

    def get_client(self, session: Session) -> str:
        known = agents.read(session.agent)
        if known.browser and known.system:
            return gettext("%(browser)s on %(system)s") % {"browser": known.browser, "system": known.system}
        return known.browser or known.system or gettext("Unknown program")

    def get_is_current(self, session: Session) -> bool:
        return session.session_key == self.context["request"].session.session_key


class EndedSessionsSerializer(serializers.Serializer):
    ended = serializers.IntegerField(help_text=_("How many there were."))


class SignInSerializer(serializers.Serializer):
    username = serializers.CharField(max_length=150, trim_whitespace=False)
    password = serializers.CharField(max_length=4096, trim_whitespace=False, write_only=True)


class AccountSerializer(serializers.ModelSerializer):
    """What users may change about themselves. Empty: the tenant's, or the browser's."""

    time_zone = serializers.CharField(max_length=64, allow_blank=True, required=False)
    preferences = PreferencesSerializer(read_only=True)
    notices_read_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text=_("Only moves forward, and no further than now.")
    )

    class Meta:
        model = User
        fields = ["display_name", "language", "time_zone", "preferences", "notices_read_at"]

    def validate_time_zone(self, value: str) -> str:
        if value:
            validate_zone(value)
        return value


class AccountChangeSerializer(AccountSerializer):
    preferences = PreferencesChangeSerializer(required=False)


class PasswordSerializer(serializers.Serializer):
    current_password = serializers.CharField(max_length=4096, trim_whitespace=False)
    new_password = serializers.CharField(max_length=4096, trim_whitespace=False)


class TokenSerializer(serializers.ModelSerializer):
    """A token as it is listed: by name and first characters, never the key."""

    prefix = serializers.CharField(source="token_key", help_text=_("The key's first characters."))
    created_at = serializers.DateTimeField(source="created")
    expires_at = serializers.DateTimeField(source="expiry")

    class Meta:
        model = ApiToken
        fields = ["id", "name", "prefix", "created_at", "expires_at", "last_used_at"]
        read_only_fields = fields


class NewTokenSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=100)
    expires_in_days = serializers.IntegerField(
        min_value=1, max_value=tokens.LONGEST_LIFE // timedelta(days=1)
    )


class IssuedTokenSerializer(TokenSerializer):
    key = serializers.SerializerMethodField(help_text=_("The whole key. It is shown this once."))

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "key"]
        read_only_fields = fields

    def get_key(self, token: ApiToken) -> str:
        return self.context["key"]


class ViewSerializer(serializers.ModelSerializer):
    """A list's filters under a name. query: the part of the page's address after the question mark."""

    query = serializers.RegexField(r"^[^\s#]*$", max_length=SavedView.QUERY_LENGTH, allow_blank=True)

    class Meta:
        model = SavedView
        fields = ["id", "page", "name", "query", "is_default", "position"]
        extra_kwargs = {"position": {"required": False, "max_value": 10_000}}


class ViewChangeSerializer(ViewSerializer):
    """The page stays: a query means nothing on another."""

    class Meta(ViewSerializer.Meta):
        read_only_fields = ["page"]
