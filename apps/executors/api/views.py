"""Executors over HTTP, read-only."""

from __future__ import annotations

from rest_framework import viewsets

from apps.executors.api.serializers import ExecutorSerializer
from apps.executors.models import Executor
from apps.executors.selectors import executors


class ExecutorViewSet(viewsets.ReadOnlyModelViewSet):
    """Which executors there are, so that one can tell where a job may run and why a run waits.

    An executor belongs to the platform and works for all tenants. Everyone of a tenant may know its group and
    tags, which jobs name, and how busy it is. Its name is that of a machine, and its facts tell versions and
    protections: they help a tenant with nothing, and an attacker with something, so they are on the platform's
    own pages only.
    """

    queryset = Executor.objects.none()
    serializer_class = ExecutorSerializer
    filterset_fields = ["group", "state"]
    ordering_fields = ["group", "state", "seen_at"]

    def get_queryset(self):
        return executors.present()
