"""How many slots a group has, and whether anyone in it can take a work item."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet, Sum

from apps.executors.models import Executor


def online(group: str) -> QuerySet[Executor]:
    return Executor.objects.filter(state=Executor.State.ONLINE, group=group)


def slots(group: str) -> int:
    """Slots of the group's executors that are online, busy or not."""
    return online(group).aggregate(total=Sum("slots"))["total"] or 0


def someone_has(group: str, tags: Collection[str]) -> bool:
    """Whether an executor of the group that is online carries all these tags."""
    return online(group).filter(tags__contains=list(tags)).exists()
