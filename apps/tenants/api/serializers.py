"""What the platform's API takes and gives about tenants."""

from __future__ import annotations

from rest_framework import serializers

from apps.tenants.domain import names
from apps.tenants.models import Tenant


class TenantSerializer(serializers.ModelSerializer):
    domains = serializers.SlugRelatedField(slug_field="domain", many=True, read_only=True)

    class Meta:
        model = Tenant
        fields = ["id", "name", "slug", "state", "time_zone", "created_at", "domains"]
        read_only_fields = fields


class NewTenantSerializer(serializers.Serializer):
    """Lengths only: the rules are the service's, which names the field that is wrong."""

    name = serializers.CharField(max_length=100)
    slug = serializers.CharField(max_length=names.MAX_SLUG_LENGTH)
    username = serializers.CharField(max_length=150, default="admin")
    email = serializers.EmailField(allow_blank=True, default="")
    time_zone = serializers.CharField(max_length=64, allow_blank=True, default="")


class CreatedTenantSerializer(serializers.Serializer):
    """The new tenant, and its first user's password, which is shown this once."""

    tenant = TenantSerializer()
    username = serializers.CharField()
    password = serializers.CharField()


class DeleteTenantSerializer(serializers.Serializer):
    confirm = serializers.CharField(help_text="The tenant's exact name.", trim_whitespace=False)
