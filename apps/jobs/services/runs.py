"""A run is asked for, cancelled, or asked for again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.audit import services as audit
from apps.jobs.domain import definition
from apps.jobs.domain.run_states import TERMINAL, Reason, RunState, Source
from apps.jobs.errors import JobDeleted, RunEnded
from apps.jobs.models import Job, JobVersion, Run
from apps.jobs.services import moves
from apps.queue.services import enqueue, leases
from kernel.errors import N_, Conflict
from kernel.schemas import connection

#: What a user asks for, and the audit log has; what fires by itself is no deed of anybody.
ASKED_FOR: Final = frozenset({Source.MANUAL, Source.RERUN, Source.API, Source.TRIAL})


class KeyUsedOtherwise(Conflict):
    code = "run.idempotency_key_reused"
    template = N_("This idempotency key was used for another job or other parameters.")


def request(
    job: Job,
    *,
    source: Source,
    params: Mapping[str, Any] | None = None,
    by: User | None = None,
    priority: int | None = None,
    idempotency_key: str | None = None,
    rerun_of: Run | None = None,
    version: JobVersion | None = None,
) -> Run:
    """``request_once``, for who does not ask whether the run is new."""
    run, _ = request_once(
        job,
        source=source,
        params=params,
        by=by,
        priority=priority,
        idempotency_key=idempotency_key,
        rerun_of=rerun_of,
        version=version,
    )
    return run


def request_once(
    job: Job,
    *,
    source: Source,
    params: Mapping[str, Any] | None = None,
    by: User | None = None,
    priority: int | None = None,
    idempotency_key: str | None = None,
    rerun_of: Run | None = None,
    version: JobVersion | None = None,
) -> tuple[Run, bool]:
    """Ask for a run of a job's current version, or of this one, now. Returns the run, and whether it is new.

    The same idempotency key of the same person answers with the run that it made first, also when the job has
    changed since. Raises JobDeleted, BadParameters, KeyUsedOtherwise.
    """
    if idempotency_key is not None and (first := _of_key(idempotency_key, by)):
        return _same(first, job, params or {}), False
    run = draft(job, source=source, params=params or {}, priority=priority, version=version)
    run.requested_by = by
    run.rerun_of = rerun_of
    run.idempotency_key = idempotency_key
    try:
        with transaction.atomic():
            admit([run])
            if source in ASKED_FOR:
                detail = {
                    "job": job.name,
                    **({"trial": run.version.checksum} if source == Source.TRIAL else {}),
                }
                audit.record(action="run.requested", actor=by, obj=run, detail=detail)
    except IntegrityError:
        first = None if idempotency_key is None else _of_key(idempotency_key, by)
        if first is None:
            raise
        return _same(first, job, params or {}), False
    return run, True


def _of_key(key: str, by: User | None) -> Run | None:
    return (
        Run.objects.select_related("job", "version", "requested_by")
        .filter(requested_by=by, idempotency_key=key)
        .first()
    )


def _same(first: Run, job: Job, params: Mapping[str, Any]) -> Run:
    """The run that a key made first, if the job and the parameters are the same as now."""
    schema = first.version.definition["parameters"]
    if first.job_id != job.pk or first.params != definition.parameters(schema, params):
        raise KeyUsedOtherwise
    return first


def draft(
    job: Job,
    *,
    source: Source,
    params: Mapping[str, Any],
    priority: int | None = None,
    trigger_id: UUID | None = None,
    scheduled_for: datetime | None = None,
    version: JobVersion | None = None,
) -> Run:
    """A run that is not written yet, with its version (the current one) pinned and its parameters checked."""
    if job.deleted_at is not None or job.version is None:
        raise JobDeleted(name=job.name)
    version = version or job.version
    rules = version.definition
    return Run(
        job=job,
        version=version,
        state=RunState.QUEUED.value,
        source=source.value,
        params=definition.parameters(rules["parameters"], params),
        priority=priority or rules["priority"],
        trigger_id=trigger_id,
        scheduled_for=scheduled_for,
    )


def admit(runs: list[Run]) -> None:
    """Write drafted runs with their work items, in one transaction; doorbells ring after it."""
    with transaction.atomic():
        moves.begin(runs)
        enqueue.put(_needs(run) for run in runs if run.state == RunState.QUEUED)


def cancel(run_id: UUID, *, by: User) -> None:
    """Stop a run wherever it is: out of the queue at once, or by asking the executor that holds it.

    The work item is locked before the run, as everywhere. Raises RunEnded.
    """
    with transaction.atomic():
        run = Run.objects.select_related("job").get(pk=run_id)
        audit.record(action="run.cancelled", actor=by, obj=run, detail={"job": run.job.name})
        if not _take_out(run, reason=Reason.CANCELLED, by=by) and not leases.request_cancel(
            run_id, by=by.get_username()
        ):
            state = Run.objects.values_list("state", flat=True).get(pk=run_id)
            if state in TERMINAL:
                raise RunEnded(state=state)


def drop_queued(job_id: UUID, *, by: User) -> int:
    """Cancel what a deleted job still has in the queue; what runs goes on. Returns how many."""
    with transaction.atomic():
        queued = Run.objects.filter(job_id=job_id, state=RunState.QUEUED.value)
        return sum(_take_out(run, reason=Reason.JOB_DELETED, by=by) for run in queued.iterator())


def _take_out(run: Run, *, reason: Reason, by: User) -> bool:
    """Cancel a run that nobody has claimed. False when it is held by an executor, or over."""
    if not enqueue.withdraw(run.pk):
        return False
    attempt = Run.objects.values_list("attempt", flat=True).get(pk=run.pk)
    moves.move(
        run.pk,
        to=RunState.CANCELLED,
        attempt=attempt,
        job_id=run.job_id,
        reason=reason.value,
        cancelled_by=by.get_username(),
    )
    return True


def _needs(run: Run) -> enqueue.Needs:
    rules = run.version.definition
    # The saved definition caps the job's runs, a trial among them: a counter that is missing is made with its cap.
    cap = (run.job.version or run.version).definition["max_running"]
    limits = {job_limit(run.job_id): cap} if cap else {}
    return enqueue.Needs(
        run_id=run.pk,
        tenant_id=connection.tenant.pk,
        job_id=run.job_id,
        group=rules["group"],
        tags=tuple(rules["required_tags"]),
        priority=run.priority,
        limits=limits,
    )


def job_limit(job_id: UUID) -> str:
    """The key of the counter that caps how many runs of one job run at once, in the connection's tenant."""
    return f"job:{connection.tenant.pk}:{job_id}"
