"""Triggers that are due become runs; firing and advancing are one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import Min, QuerySet
from django.db.models.functions import Now

from apps.jobs.domain.run_states import Reason, RunState, Source
from apps.jobs.models import Job, Run
from apps.jobs.services import runs
from apps.scheduling.domain import misfire
from apps.scheduling.domain.schedules import next_after
from apps.scheduling.models import Trigger
from apps.scheduling.services import tenancy
from kernel.clock import database_now
from kernel.errors import N_, DomainError

log = structlog.get_logger(__name__)

BATCH: Final = 200
#: A slot served within this time counts as on time, whatever the trigger's misfire policy.
GRACE: Final = timedelta(seconds=15)
#: The policy "run every missed slot" runs at most so many of them.
MOST_CAUGHT_UP: Final = 100
BACK_OFF: Final = timedelta(seconds=30)

MISSED: Final = N_("Nobody served this slot in time; the trigger's policy for missed slots left it out.")
MISSED_SPAN: Final = N_(
    "%(count)s slots from %(first)s to %(last)s were not served in time; this row stands for all of them."
)
TENANT_SUSPENDED: Final = N_("The tenant is suspended.")


def next_due_at() -> datetime | None:
    """When the next trigger of any tenant is due."""
    found = Trigger.objects.filter(next_fire_at__isnull=False).aggregate(at=Min("next_fire_at"))
    at: datetime | None = found["at"]
    return at


def fire_due() -> int:
    """Serve a batch of due triggers. Returns how many; call again while it is not 0.

    Any number of beats may do this at once: each takes rows that no other holds. When one trigger makes a batch
    fail, the triggers are served one by one, and that one is put off and logged. A database that is away is no
    trigger's fault: OperationalError or InterfaceError.
    """
    try:
        return _fire_batch()
    except Exception:
        if not connection.is_usable():
            raise
        log.exception("fire.batch_failed")
    served = 0
    for pk in list(_due().values_list("pk", flat=True)[:BATCH]):
        try:
            served += _fire_batch(only=pk)
        except Exception:
            log.exception("fire.trigger_failed", trigger=str(pk))
            Trigger.objects.filter(pk=pk, next_fire_at__lte=Now()).update(next_fire_at=Now() + BACK_OFF)
    return served


def _due() -> QuerySet[Trigger]:
    return Trigger.objects.filter(next_fire_at__lte=Now()).order_by("next_fire_at")


def _fire_batch(only: UUID | None = None) -> int:
    with transaction.atomic():
        rows = _due().select_for_update(skip_locked=True, of=("self",))
        triggers: list[Trigger] = list(rows.filter(pk=only) if only else rows[:BATCH])
        if not triggers:
            return 0
        now = database_now()
        triggers.sort(key=lambda trigger: trigger.tenant_id)
        for tenant_id, own in groupby(triggers, key=lambda trigger: trigger.tenant_id):
            _fire_tenant(tenant_id, list(own), now)
    return len(triggers)


def _fire_tenant(tenant_id: int, triggers: list[Trigger], now: datetime) -> None:
    tenancy.enter(tenant_id)
    is_suspended = tenancy.is_suspended(tenant_id)
    jobs = Job.objects.select_related("version").in_bulk({trigger.job_id for trigger in triggers})
    fresh: list[Run] = []
    gone: list[UUID] = []
    for trigger in triggers:
        job = jobs.get(trigger.job_id)
        if job is None or job.deleted_at is not None:
            gone.append(trigger.pk)
            continue
        if job.is_paused:
            trigger.is_muted, trigger.next_fire_at = True, None
            continue
        fresh += _runs_of(trigger, job, now=now, is_suspended=is_suspended)
    Trigger.objects.bulk_update(triggers, ["next_fire_at", "last_fire_at", "is_muted"])
    Trigger.objects.filter(pk__in=gone).delete()
    runs.admit(_unserved(fresh))


def _runs_of(trigger: Trigger, job: Job, *, now: datetime, is_suspended: bool) -> list[Run]:
    """The rows for all due slots of a trigger, which is advanced past them."""
    assert trigger.next_fire_at is not None
    due = misfire.gather(trigger.schedule, trigger.next_fire_at - timedelta(microseconds=1), now)
    decision = misfire.decide(
        due,
        now=now,
        policy=trigger.misfire,  # type: ignore[arg-type]
        grace=GRACE,
        most=MOST_CAUGHT_UP,
    )
    rows = [_skipped(trigger, job, slot, Reason.MISSED, MISSED) for slot in decision.missed]
    if decision.span is not None:
        span = decision.span
        rows.insert(
            0,
            _skipped(
                trigger,
                job,
                span.last,
                Reason.MISSED,
                MISSED_SPAN,
                count=span.count if span.count is not None else f"> {misfire.COUNTED}",
                first=span.first.isoformat(),
                last=span.last.isoformat(),
            ),
        )
    for slot in decision.fire:
        if is_suspended:
            rows.append(_skipped(trigger, job, slot, Reason.REFUSED, TENANT_SUSPENDED))
            continue
        try:
            rows.append(
                runs.draft(
                    job,
                    source=Source(trigger.kind),
                    params=trigger.params,
                    trigger_id=trigger.pk,
                    scheduled_for=slot,
                )
            )
        except DomainError as error:
            rows.append(_skipped(trigger, job, slot, Reason.REFUSED, error.sentence, **error.params))
    if decision.fire:
        trigger.last_fire_at = decision.fire[-1]
    trigger.next_fire_at = next_after(trigger.schedule, now)
    return rows


def _skipped(
    trigger: Trigger, job: Job, slot: datetime, reason: Reason, template: str, **params: object
) -> Run:
    assert job.version is not None
    return Run(
        job=job,
        version=job.version,
        state=RunState.SKIPPED.value,
        source=trigger.kind,
        params=trigger.params,
        trigger_id=trigger.pk,
        scheduled_for=slot,
        exit_reason=reason.value,
        message={"template": template, "params": {name: str(value) for name, value in params.items()}},
    )


def _unserved(rows: Iterable[Run]) -> list[Run]:
    """Without the slots that have a row already: a clock set back, a schedule edited back and forth."""
    wanted = {(row.trigger_id, row.scheduled_for): row for row in rows}
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT run.trigger_id, run.scheduled_for FROM jobs_run AS run"
            " JOIN unnest(%s::uuid[], %s::timestamptz[]) AS slot (trigger_id, at)"
            " ON run.trigger_id = slot.trigger_id AND run.scheduled_for = slot.at AND run.shard = 0",
            [[str(trigger) for trigger, _ in wanted], [at for _, at in wanted]],
        )
        for trigger_id, at in cursor.fetchall():
            wanted.pop((trigger_id, at), None)
    return list(wanted.values())
