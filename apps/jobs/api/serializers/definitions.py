"""What a definition holds, for the API's description: the rules themselves are apps.jobs.domain.definition's."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from apps.jobs.domain import definition as rules
from apps.jobs.domain.run_states import RETRYABLE

RETRYABLE_REASONS = [(reason.value, reason.value) for reason in RETRYABLE]


class RetrySerializer(serializers.Serializer):
    strategy = serializers.ChoiceField([(word, word) for word in ("none", "fixed", "linear", "exponential")])
    max_attempts = serializers.IntegerField(help_text=_("Tries in all that may fail, the first included."))
    base_seconds = serializers.FloatField(help_text=_("The wait after the first failure."))
    cap_seconds = serializers.FloatField(help_text=_("The longest wait."))
    on = serializers.ListField(child=serializers.ChoiceField(RETRYABLE_REASONS))


LimitsSerializer = type(
    "LimitsSerializer",
    (serializers.Serializer,),
    {
        "__doc__": "What a script may use; 0 means no limit of that kind.",
        **{name: serializers.IntegerField() for name in rules.LIMITS},
    },
)


class CommonSerializer(serializers.Serializer):
    parameters = serializers.DictField(help_text=_("A JSON schema of an object; empty for none."))
    env = serializers.DictField(child=serializers.CharField())
    timeout_seconds = serializers.FloatField()
    retry = RetrySerializer()
    priority = serializers.IntegerField(help_text=_("1 to 9; the greater goes first."))
    group = serializers.CharField(help_text=_("The executor group that runs it."))
    required_tags = serializers.ListField(child=serializers.CharField())
    max_running = serializers.IntegerField(
        allow_null=True, help_text=_("How many of its runs may run at once; null for any number.")
    )


class ScriptDefinitionSerializer(CommonSerializer):
    """Of a Python or a shell script."""

    source = serializers.CharField()
    interpreter = serializers.CharField(
        allow_null=True, help_text=_("An absolute path; null for the default.")
    )
    limits = LimitsSerializer()
    network = serializers.BooleanField()


class SqlDefinitionSerializer(CommonSerializer):
    datasource = serializers.UUIDField()
    statement = serializers.CharField()
    read_only = serializers.BooleanField()
    max_rows = serializers.IntegerField()


class HttpDefinitionSerializer(CommonSerializer):
    url = serializers.CharField()
    method = serializers.ChoiceField([(method, method) for method in rules.HTTP_METHODS])
    headers = serializers.DictField(child=serializers.CharField())
    body = serializers.JSONField(allow_null=True)
    expected_status = serializers.ListField(child=serializers.CharField())
    follow_redirects = serializers.BooleanField()
    verify_tls = serializers.BooleanField()


DEFINITION = PolymorphicProxySerializer(
    component_name="Definition",
    serializers=[ScriptDefinitionSerializer, SqlDefinitionSerializer, HttpDefinitionSerializer],
    resource_type_field_name=None,
)


@extend_schema_field(DEFINITION)
class DefinitionField(serializers.Field):
    """A stored definition, as it is."""

    def to_representation(self, value):
        return value
