"""Counters: raised inside the claim, lowered when the work item is released or given back."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from apps.queue.models import Limit, WorkItem


def set_cap(key: str, cap: int | None) -> None:
    """Say how many may hold ``key`` at once from now on. What already runs above a lower cap runs on."""
    if cap is None:
        Limit.objects.filter(key=key).update(cap=None)
    else:
        Limit.objects.update_or_create(key=key, defaults={"cap": cap})


def free(keys: Iterable[str]) -> None:
    """Give one unit of each counter back.

    The rows stay locked until the transaction ends, so call it last; sorted, so that two callers can't deadlock.
    """
    with connection.cursor() as cursor:
        for key in sorted(keys):
            cursor.execute("UPDATE queue_limit SET used = used - 1 WHERE key = %s", [key])


def forget(keys: Iterable[str]) -> None:
    """Remove counters that nothing holds, and that no work item names: it would wait for a counter for ever.

    For keys that no run will ask for again; enqueueing does not lock the counters that it finds.
    """
    wanted = list(keys)
    named = WorkItem.objects.filter(limits__overlap=wanted).values_list("limits", flat=True)
    kept = {key for limits in named for key in limits}
    Limit.objects.filter(key__in=[key for key in wanted if key not in kept], used=0).delete()
