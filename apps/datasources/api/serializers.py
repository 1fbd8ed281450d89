"""What the API takes and gives about datasources. The password goes in and never comes out."""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.datasources.models import Datasource
from apps.datasources.selectors import datasources as selectors
from kernel import sentences


@extend_schema_field({"type": "object", "additionalProperties": {}})
class OptionsField(serializers.JSONField):
    """By name; which ones there are depends on the kind."""


class LastTestSerializer(serializers.Serializer):
    """How the last test of a datasource's present settings ended."""

    ok = serializers.BooleanField()
    code = serializers.CharField()
    detail = serializers.CharField(allow_blank=True, help_text=_("The cause, in the reader's language."))
    at = serializers.DateTimeField()
    latency_ms = serializers.FloatField(allow_null=True)
    server = serializers.CharField(allow_blank=True)


class DatasourceSerializer(serializers.ModelSerializer):
    """Rules that span fields are the service's; here only types and lengths."""

    password = serializers.CharField(
        write_only=True,
        required=False,
        allow_blank=True,
        allow_null=True,
        max_length=1024,
        trim_whitespace=False,
        help_text=_("Empty keeps the stored one, null removes it."),
    )
    has_password = serializers.SerializerMethodField()
    owner = serializers.CharField(source="owner.username", read_only=True, default=None, allow_null=True)
    name = serializers.CharField(max_length=100)
    options = OptionsField(required=False)
    last_test = serializers.SerializerMethodField()
    can_use = serializers.SerializerMethodField()
    can_change = serializers.SerializerMethodField()
    can_delete = serializers.SerializerMethodField()

    class Meta:
        model = Datasource
        fields = [
            "id",
            "name",
            "description",
            "kind",
            "host",
            "port",
            "database",
            "username",
            "password",
            "has_password",
            "path",
            "options",
            "is_read_only",
            "statement_timeout_seconds",
            "max_rows",
            "max_connections",
            "owner",
            "last_test",
            "can_use",
            "can_change",
            "can_delete",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["id", "created_at", "updated_at"]

    def get_has_password(self, datasource: Datasource) -> bool:
        return bool(datasource.password_token)

    @extend_schema_field(LastTestSerializer(allow_null=True))
    def get_last_test(self, datasource: Datasource) -> dict[str, Any] | None:
        if datasource.tested_at is None:
            return None
        found = {
            "ok": datasource.test_code == "ok",
            "code": datasource.test_code,
            "detail": sentences.of(datasource.test_message),
            "at": datasource.tested_at,
            "latency_ms": datasource.test_latency_ms,
            "server": datasource.test_server,
        }
        return LastTestSerializer(found).data

    def get_can_use(self, datasource: Datasource) -> bool:
        return str(datasource.pk) in self._rights["use_datasource"]

    def get_can_change(self, datasource: Datasource) -> bool:
        return str(datasource.pk) in self._rights["change_datasource"]

    def get_can_delete(self, datasource: Datasource) -> bool:
        return str(datasource.pk) in self._rights["delete_datasource"]

    @cached_property
    def _rights(self) -> dict[str, frozenset[str]]:
        """Asked once for a whole page."""
        rows = self.parent.instance if self.parent else [self.instance]
        return selectors.rights(self.context["request"].user, rows)


class DraftSerializer(DatasourceSerializer):
    """Settings that are to be tested before they are saved."""

    id = serializers.UUIDField(
        required=False,
        help_text=_("The datasource that they would change: what is left out is as it is stored."),
    )
    name = serializers.CharField(max_length=100, required=False, allow_blank=True)

    class Meta:
        model = Datasource
        fields = [
            "id",
            "name",
            "kind",
            "host",
            "port",
            "database",
            "username",
            "password",
            "path",
            "options",
            "is_read_only",
        ]


class DiagnosisSerializer(serializers.Serializer):
    """The outcome of a test. ``code`` is "ok", or the stable code of the cause that ``detail`` tells."""

    ok = serializers.BooleanField()
    code = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)
    server = serializers.CharField(allow_blank=True)
    connect_ms = serializers.IntegerField(allow_null=True)
    latency_ms = serializers.FloatField(allow_null=True)
    encrypted = serializers.BooleanField(allow_null=True)
    writable = serializers.BooleanField(allow_null=True)


class ChoiceSerializer(serializers.Serializer):
    value = serializers.CharField()
    label = serializers.CharField()


class FieldSerializer(serializers.Serializer):
    """One thing to fill in. An option's value belongs into ``options``."""

    name = serializers.CharField()
    label = serializers.CharField(help_text=_("In the reader's language, as are help and choices."))
    help = serializers.CharField()
    type = serializers.ChoiceField(["text", "number", "password", "choice", "long_text"])
    is_option = serializers.BooleanField()
    is_required = serializers.BooleanField()
    default = serializers.JSONField(allow_null=True, help_text=_("What counts when nothing is given."))
    example = serializers.CharField(allow_blank=True)
    least = serializers.IntegerField(allow_null=True)
    most = serializers.IntegerField(allow_null=True)
    choices = ChoiceSerializer(many=True)


class KindSerializer(serializers.Serializer):
    """A kind of database, and what a form for it asks."""

    kind = serializers.ChoiceField(Datasource.KINDS)
    label = serializers.CharField()
    notes = serializers.CharField()
    is_installed = serializers.BooleanField(help_text=_("Whether this installation has its driver."))
    default_port = serializers.IntegerField(allow_null=True)
    fields = FieldSerializer(many=True)
