"""What tenants are told about executors."""

from __future__ import annotations

from rest_framework import serializers

from apps.executors.models import Executor


class ExecutorSerializer(serializers.ModelSerializer):
    tags = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Executor
        fields = ["id", "group", "state", "tags", "slots", "busy", "seen_at"]
        read_only_fields = fields
