"""The cluster as a whole."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.executors.models import Executor


def present() -> QuerySet[Executor]:
    """All executors that are known, those that were lost or stopped within the last day as well."""
    return Executor.objects.all()
