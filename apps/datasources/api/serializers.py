"""What the API takes and gives about datasources. The password goes in and never comes out."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.datasources.models import Datasource


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
    owner = serializers.CharField(source="owner.username", read_only=True, default=None)
    name = serializers.CharField(max_length=100)
    options = serializers.JSONField(required=False)

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
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["id", "created_at", "updated_at"]

    def get_has_password(self, datasource: Datasource) -> bool:
        return bool(datasource.password_token)


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
