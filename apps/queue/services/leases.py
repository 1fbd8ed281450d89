"""Who holds a run: claim, renew, give back, release. A stale epoch is refused everywhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from apps.queue.errors import LeaseLost
from apps.queue.models import WorkItem
from apps.queue.services.enqueue import wake_beat
from kernel.schemas import connection


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that the caller now holds. epoch: the number of this attempt, counted from 1."""

    run_id: UUID
    tenant_id: int
    job_id: UUID
    epoch: int


@dataclass(frozen=True, slots=True)
class Renewal:
    """What became of a lease. is_held: False when it has passed on. cancelled_by: empty unless asked to stop."""

    run_id: UUID
    is_held: bool
    cancelled_by: str


def claim(*, group: str, tags: Collection[str], owner: UUID, lease: timedelta) -> Claim | None:
    """Take the best work item that this executor may run and every limit admits.

    Priority first, then the tenant that runs least, then age. Call it in the transaction that starts the run.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT run_id, tenant_id, job_id, epoch FROM public.queue_claim(%s, %s::text[], %s, %s)",
            [group, sorted(tags), owner, lease],
        )
        row = cursor.fetchone()
    return Claim(*row) if row else None


def renew(*, owner: UUID, held: Iterable[tuple[UUID, int]], lease: timedelta) -> list[Renewal]:
    """Hold these (run, epoch) pairs for another ``lease``; one answer for each pair, in its order."""
    pairs = list(held)
    if not pairs:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE public.queue_workitem AS item SET lease_until = clock_timestamp() + %s
            FROM unnest(%s::uuid[], %s::int[]) AS pair (run_id, epoch)
            WHERE item.run_id = pair.run_id AND item.epoch = pair.epoch
              AND item.state = 'leased' AND item.lease_owner = %s
            RETURNING item.run_id, CASE WHEN item.cancel_requested_at IS NULL THEN ''
                                        ELSE coalesce(nullif(item.cancel_requested_by, ''), '-') END
            """,
            [lease, [str(run) for run, _ in pairs], [epoch for _, epoch in pairs], owner],
        )
        found: dict[UUID, str] = dict(cursor.fetchall())
    return [Renewal(run, run in found, found.get(run, "")) for run, _ in pairs]


def release(run_id: UUID, *, epoch: int) -> Sequence[str]:
    """The run has ended: its work item goes. Returns the limits to free at the end of the transaction.

    Raises LeaseLost, and changes nothing, unless ``epoch`` holds the lease.
    """
    return _one(
        "DELETE FROM public.queue_workitem WHERE run_id = %s AND epoch = %s AND state = 'leased' RETURNING limits",
        [run_id, epoch],
        run_id=run_id,
        epoch=epoch,
    )


def give_back(run_id: UUID, *, epoch: int, available_at: datetime | None = None) -> Sequence[str]:
    """Put a held run back into the queue, at once or for later. Returns the limits to free, as release() does.

    Raises LeaseLost unless ``epoch`` holds the lease.
    """
    limits = _one(
        """
        UPDATE public.queue_workitem
        SET state = CASE WHEN %s::timestamptz IS NULL THEN 'waiting' ELSE 'delayed' END,
            available_at = coalesce(%s::timestamptz, clock_timestamp()), lease_owner = NULL, lease_until = NULL
        WHERE run_id = %s AND epoch = %s AND state = 'leased' RETURNING limits
        """,
        [available_at, available_at, run_id, epoch],
        run_id=run_id,
        epoch=epoch,
    )
    if available_at is not None:
        wake_beat()
    return limits


def expired(*, limit: int) -> list[Claim]:
    """Leases that ran out, oldest first; whoever reaps one must give it back under its epoch."""
    return [
        Claim(*row)
        for row in WorkItem.objects.filter(state=WorkItem.State.LEASED, lease_until__lt=Now())
        .order_by("lease_until")
        .values_list("run_id", "tenant_id", "job_id", "epoch")[:limit]
    ]


def still_expired(run_id: UUID, *, epoch: int) -> bool:
    """Lock a lease and say whether it has really run out: its holder may have renewed it meanwhile."""
    return (
        WorkItem.objects.select_for_update()
        .filter(pk=run_id, epoch=epoch, state=WorkItem.State.LEASED, lease_until__lt=Now())
        .exists()
    )


def request_cancel(run_id: UUID, *, by: str) -> bool:
    """Ask the holder of a run to stop it. False when nobody holds it."""
    asked = WorkItem.objects.filter(pk=run_id, state=WorkItem.State.LEASED).update(
        cancel_requested_at=Now(), cancel_requested_by=by
    )
    if asked:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify('jiepai_cancel', %s)", [str(run_id)])
    return bool(asked)


def cancel_asked(run_id: UUID, *, epoch: int) -> str | None:
    """Lock a held run's item and say who asked to stop it, or None. Raises LeaseLost."""
    row = (
        WorkItem.objects.select_for_update()
        .filter(pk=run_id, epoch=epoch, state=WorkItem.State.LEASED)
        .values_list("cancel_requested_at", "cancel_requested_by")
        .first()
    )
    if row is None:
        raise LeaseLost(run_id=run_id, epoch=epoch)
    return row[1] if row[0] is not None else None


def promote(*, limit: int = 1000) -> list[str]:
    """Let delayed items whose time has come wait for an executor. Returns the group of each."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE public.queue_workitem SET state = 'waiting'
            WHERE run_id IN (
                SELECT run_id FROM public.queue_workitem
                WHERE state = 'delayed' AND available_at <= clock_timestamp()
                ORDER BY available_at LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING "group"
            """,
            [limit],
        )
        return [group for (group,) in cursor.fetchall()]


def _one(sql: str, parameters: Sequence[Any], *, run_id: UUID, epoch: int) -> Sequence[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row: tuple[list[str]] | None = cursor.fetchone()
    if row is None:
        raise LeaseLost(run_id=run_id, epoch=epoch)
    return row[0]
