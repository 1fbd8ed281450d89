"""Triggers are made, changed, paused and deleted. Each change computes the next fire anew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.audit import services as audit
from apps.audit.models import Entry
from apps.jobs.domain import definition
from apps.jobs.domain.storable import storable
from apps.jobs.models import Job
from apps.queue.services import enqueue
from apps.scheduling.domain import schedules
from apps.scheduling.errors import NoSuchJob
from apps.scheduling.models import Trigger
from apps.scheduling.selectors import previews
from apps.scheduling.signals import trigger_changed
from kernel.clock import database_now
from kernel.errors import NotFound
from kernel.schemas import connection

FIELDS = (
    "name",
    "kind",
    "expression",
    "interval_seconds",
    "once_at",
    "zone",
    "start_at",
    "end_at",
    "params",
    "misfire",
)


def create(*, job_id: UUID, by: User, **facts: Any) -> Trigger:
    """Give a job a trigger; it counts from now. Raises CronError, ScheduleError, BadParameters, NoSuchJob.

    facts: the names in FIELDS; ``zone`` defaults to the tenant's.
    """
    with transaction.atomic():
        job = _job(job_id)
        facts.setdefault("zone", connection.tenant.time_zone)
        trigger = Trigger(
            tenant_id=connection.tenant.pk,
            job_id=job.pk,
            created_by=by.get_username(),
            created_at=database_now(),
            is_muted=job.is_paused,
            **facts,
        )
        _check(trigger, job)
        trigger.next_fire_at = _next(trigger, after=trigger.created_at)
        trigger.save(force_insert=True)
        entry = audit.record(action="trigger.created", actor=by, obj=trigger, detail={"job": job.name})
        _tell(trigger, "created", entry, by=by)
        enqueue.wake_beat()
    return trigger


def save(trigger_id: UUID, *, by: User, **facts: Any) -> Trigger:
    """Change a trigger; it stays on if it was on. A slot that was due before the change is still served."""
    with transaction.atomic():
        trigger = _locked(trigger_id)
        job = _job(trigger.job_id)
        changed = sorted(name for name, value in facts.items() if getattr(trigger, name) != value)
        for name in changed:
            setattr(trigger, name, facts[name])
        _check(trigger, job)
        now = database_now()
        if trigger.next_fire_at is None or trigger.next_fire_at > now:
            trigger.next_fire_at = _next(trigger, after=now)
        trigger.updated_at = now
        trigger.save()
        entry = audit.record(
            action="trigger.changed", actor=by, obj=trigger, detail={"job": job.name, "fields": changed}
        )
        _tell(trigger, "changed", entry, by=by)
        enqueue.wake_beat()
    return trigger


def pause(trigger_id: UUID, *, by: User) -> None:
    """Switch a trigger off: from now on it has no slots."""
    with transaction.atomic():
        if Trigger.objects.filter(_own(), pk=trigger_id, is_paused=False).update(
            is_paused=True, next_fire_at=None, updated_at=Now()
        ):
            trigger = Trigger.objects.get(pk=trigger_id)
            entry = audit.record(action="trigger.paused", actor=by, obj=trigger)
            _tell(trigger, "paused", entry, by=by)


def resume(trigger_id: UUID, *, by: User) -> None:
    """Switch a trigger on again; it counts from now."""
    with transaction.atomic():
        trigger = _locked(trigger_id)
        if not trigger.is_paused:
            return
        trigger.is_paused = False
        trigger.next_fire_at = _next(trigger, after=database_now())
        trigger.updated_at = database_now()
        trigger.save(update_fields=["is_paused", "next_fire_at", "updated_at"])
        entry = audit.record(action="trigger.resumed", actor=by, obj=trigger)
        _tell(trigger, "resumed", entry, by=by)
        enqueue.wake_beat()


def delete(trigger_id: UUID, *, by: User) -> None:
    """Remove a trigger. The runs that it made stay."""
    with transaction.atomic():
        trigger = _locked(trigger_id)
        entry = audit.record(action="trigger.deleted", actor=by, obj=trigger)
        _tell(trigger, "deleted", entry, by=by)
        trigger.delete()


def follow_job(job_id: UUID) -> None:
    """Bring a job's triggers in line with it: muted while it is paused, gone when it is deleted."""
    with transaction.atomic():
        rows = list(Trigger.objects.select_for_update().filter(_own(), job_id=job_id))
        job = Job.objects.filter(pk=job_id, deleted_at__isnull=True).first()
        if job is None:
            Trigger.objects.filter(pk__in=[row.pk for row in rows]).delete()
            return
        for trigger in rows:
            if trigger.is_muted == job.is_paused:
                continue
            trigger.is_muted = job.is_paused
            trigger.next_fire_at = _next(trigger, after=database_now())
            trigger.save(update_fields=["is_muted", "next_fire_at"])
        enqueue.wake_beat()


def _next(trigger: Trigger, *, after: datetime) -> datetime | None:
    if trigger.is_paused or trigger.is_muted:
        return None
    return schedules.next_after(trigger.schedule, after)


def _check(trigger: Trigger, job: Job) -> None:
    previews.check(trigger.schedule)
    trigger.params = storable(trigger.params)
    assert job.version is not None
    rules: Mapping[str, Any] = job.version.definition
    definition.parameters(rules["parameters"], trigger.params)


def _own() -> Q:
    """Triggers lie in one table for all tenants: whoever works for a tenant sees its own only."""
    return Q(tenant_id=connection.tenant.pk)


def _locked(trigger_id: UUID) -> Trigger:
    found = Trigger.objects.select_for_update(of=("self",)).filter(_own(), pk=trigger_id).first()
    if found is None:
        raise NotFound
    return found


def _job(job_id: UUID) -> Job:
    job = Job.objects.select_related("version").filter(pk=job_id, deleted_at__isnull=True).first()
    if job is None:
        raise NoSuchJob(field="job")
    return job


def _tell(trigger: Trigger, what: str, entry: Entry, *, by: User) -> None:
    transaction.on_commit(
        partial(
            trigger_changed.send_robust,
            Trigger,
            trigger_id=trigger.pk,
            job_id=trigger.job_id,
            what=what,
            by_id=by.pk,
            at=entry.at,
        )
    )
