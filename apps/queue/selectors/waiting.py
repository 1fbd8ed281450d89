"""What waits, how long until the next of it, and why a run has not started."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Min, Q

from apps.executors.selectors import capacity
from apps.queue.models import Limit, WorkItem
from kernel.errors import N_


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a run waits. template: an English sentence for gettext; code: stable, for programs."""

    code: str
    template: str
    params: dict[str, object] = field(default_factory=dict)


def depth() -> dict[str, int]:
    """Items that wait for an executor, by group."""
    rows = WorkItem.objects.filter(state=WorkItem.State.WAITING).values_list("group").annotate(n=Count("*"))
    return dict(rows)


def idle_slots(group: str) -> int:
    """Slots of the group's online executors that hold no run."""
    held = WorkItem.objects.filter(
        state=WorkItem.State.LEASED, lease_owner__in=capacity.online(group).values("pk")
    ).count()
    return max(0, capacity.slots(group) - held)


def next_delayed_at() -> datetime | None:
    """When the next delayed item may start."""
    found = WorkItem.objects.filter(state=WorkItem.State.DELAYED).aggregate(at=Min("available_at"))
    at: datetime | None = found["at"]
    return at


def explain(run_id: UUID) -> list[Reason]:
    """Every reason why a run is not running, the hardest first; empty when it runs or is not in the queue.

    Runs of other tenants are not counted: their load is nobody else's business.
    """
    item = WorkItem.objects.filter(pk=run_id).first()
    if item is None or item.state == WorkItem.State.LEASED:
        return []
    if item.state == WorkItem.State.DELAYED:
        return [Reason("delayed", N_("It may not start before %(at)s."), {"at": item.available_at})]
    reasons = []
    if not capacity.online(item.group).exists():
        reasons.append(
            Reason("no_executor", N_('No executor of group "%(group)s" is online.'), {"group": item.group})
        )
    elif item.tags and not capacity.someone_has(item.group, item.tags):
        reasons.append(
            Reason(
                "no_executor_with_tags",
                N_('No executor of group "%(group)s" that is online carries the tags %(tags)s.'),
                {"group": item.group, "tags": ", ".join(item.tags)},
            )
        )
    full = Limit.objects.filter(key__in=item.limits, cap__isnull=False, used__gte=F("cap")).order_by("key")
    reasons += [
        Reason(
            "limit_full",
            N_("Limit %(key)s is full: %(used)s of %(cap)s are running."),
            {"key": limit.key, "used": limit.used, "cap": limit.cap},
        )
        for limit in full
    ]
    if not reasons:
        before = (
            WorkItem.objects.filter(state=WorkItem.State.WAITING, group=item.group, tenant_id=item.tenant_id)
            .filter(
                Q(priority__gt=item.priority) | Q(priority=item.priority, enqueued_at__lt=item.enqueued_at)
            )
            .count()
        )
        reasons.append(
            Reason(
                "in_line",
                N_('It waits for a free slot in group "%(group)s"; %(before)s runs are before it.'),
                {"group": item.group, "before": before},
            )
        )
    return reasons
