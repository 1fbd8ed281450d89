"""Into the queue, and out of it again before anybody has taken it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from apps.executors.selectors import capacity
from apps.queue.models import Limit, WorkItem
from kernel import doorbell

DUE_CHANNEL = "jiepai_due"


def tenant_limit(tenant_id: int) -> str:
    """The key of the counter that caps what one tenant runs at once."""
    return f"tenant:{tenant_id}"


@dataclass(frozen=True, slots=True)
class Needs:
    """What a run needs to start.

    limits:       counters that must admit it, with the cap that a missing counter is made with (None: none).
    available_at: not before this instant; None means at once.
    """

    run_id: UUID
    tenant_id: int
    job_id: UUID
    group: str = "default"
    tags: tuple[str, ...] = ()
    priority: int = 5
    limits: Mapping[str, int | None] = field(default_factory=dict)
    available_at: datetime | None = None


def _lane(tags: Iterable[str], limits: Iterable[str]) -> str:
    """Items that stop and go together; empty for the plain case of the tenant's limit alone."""
    words = [*sorted(set(tags)), "", *sorted(set(limits))]
    return hashlib.md5("\0".join(words).encode(), usedforsecurity=False).hexdigest() if any(words) else ""


def put(needs: Iterable[Needs]) -> None:
    """Enqueue runs in the caller's transaction; the doorbells go out after its commit."""
    wanted = list(needs)
    if not wanted:
        return
    caps: dict[str, int | None] = {}
    items = []
    for one in wanted:
        own = tenant_limit(one.tenant_id)
        caps.setdefault(own, None)
        caps.update(one.limits)
        items.append(
            WorkItem(
                run_id=one.run_id,
                tenant_id=one.tenant_id,
                job_id=one.job_id,
                group=one.group,
                tags=sorted(set(one.tags)),
                lane=_lane(one.tags, one.limits),
                priority=one.priority,
                state=WorkItem.State.WAITING if one.available_at is None else WorkItem.State.DELAYED,
                available_at=Now() if one.available_at is None else one.available_at,
                limits=sorted({own, *one.limits}),
            )
        )
    Limit.objects.bulk_create([Limit(key=key, cap=caps[key]) for key in sorted(caps)], ignore_conflicts=True)
    WorkItem.objects.bulk_create(items)
    if any(one.available_at for one in wanted):
        wake_beat()
    for group, count in Counter(one.group for one in wanted if one.available_at is None).items():
        ring(group, count)


def ring(group: str, count: int) -> None:
    """Ring the group's workers after commit: once per item, at most once per slot."""
    doorbell.ring("scheduling.drain", queue=f"group.{group}", times=min(count, capacity.slots(group)))


def wake_beat() -> None:
    """Tell whoever sleeps until the next due time, at commit, that an earlier one may have come."""
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {DUE_CHANNEL}")


def withdraw(run_id: UUID) -> bool:
    """Take a run out that nobody has claimed. False when it is held by an executor, or not here."""
    deleted, _ = WorkItem.objects.filter(
        pk=run_id, state__in=[WorkItem.State.WAITING, WorkItem.State.DELAYED]
    ).delete()
    return bool(deleted)
