"""An attempt has ended: one transaction that its lease must still allow."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from apps.jobs.domain import definition, retry
from apps.jobs.domain.outcome import Outcome
from apps.jobs.domain.run_states import NOT_THE_JOBS_FAULT, Reason, RunState
from apps.jobs.models import Attempt, Run, RunResult
from apps.jobs.services import moves
from apps.queue.services import leases, limits
from kernel.clock import database_now
from kernel.errors import N_


@dataclass(frozen=True, slots=True)
class Ended:
    """The attempt that ended. failures, losses: the run's, before this attempt."""

    run_id: UUID
    job_id: UUID
    epoch: int
    rules: dict[str, Any]
    failures: int = 0
    losses: int = 0

    @classmethod
    def of(cls, run: Run, *, epoch: int) -> Ended:
        """From a run with its version loaded."""
        return cls(
            run_id=run.pk,
            job_id=run.job_id,
            epoch=epoch,
            rules=run.version.definition,
            failures=run.failures,
            losses=run.losses,
        )


def settle(ended: Ended, outcome: Outcome, *, cancelled_by: str = "") -> RunState:
    """End the attempt, and the run with it or send it back for another try. Returns the run's new state.

    The connection must be on the run's tenant. Raises LeaseLost, and writes nothing, when the attempt no
    longer holds its run.
    """
    with transaction.atomic():
        if outcome.has_succeeded:
            return _finish(ended, RunState.SUCCEEDED, outcome)
        if outcome.reason is Reason.CANCELLED:
            return _finish(ended, RunState.CANCELLED, outcome, cancelled_by=cancelled_by)
        is_loss = outcome.reason in NOT_THE_JOBS_FAULT
        wait = retry.next_try(
            definition.retry_policy(ended.rules),
            reason=outcome.reason,
            failures=ended.failures + (not is_loss),
            losses=ended.losses + is_loss,
            rand=random.random,
        )
        asked_by = leases.cancel_asked(ended.run_id, epoch=ended.epoch)
        if wait is not None and asked_by is not None:
            return _finish(ended, RunState.CANCELLED, outcome, cancelled_by=asked_by)
        charge = moves.count_failure(is_loss=is_loss) if outcome.reason is not Reason.EXECUTOR_STOPPED else {}
        if wait is None:
            return _finish(ended, RunState.FAILED, outcome, **charge)
        freed = leases.give_back(
            ended.run_id, epoch=ended.epoch, available_at=database_now() + wait if wait else None
        )
        _end_attempt(ended, outcome)
        moves.move(
            ended.run_id,
            to=RunState.QUEUED,
            attempt=ended.epoch,
            job_id=ended.job_id,
            reason=outcome.reason.value,
            **_columns(outcome),
            **charge,
        )
        limits.free(freed)
        return RunState.QUEUED


def lose(claim: leases.Claim) -> RunState | None:
    """Settle an attempt whose executor fell silent. None when its holder has renewed or ended it meanwhile.

    The connection must be on the run's tenant.
    """
    with transaction.atomic():
        if not leases.still_expired(claim.run_id, epoch=claim.epoch):
            return None
        run = Run.objects.select_related("version").filter(pk=claim.run_id).first()
        if run is None:  # its tenant's data went with a restore or a deletion: nobody can run it
            limits.free(leases.release(claim.run_id, epoch=claim.epoch))
            return None
        outcome = Outcome(
            reason=Reason.LOST_EXECUTOR,
            template=N_("The executor fell silent while it ran this, so the run was taken from it."),
        )
        return settle(Ended.of(run, epoch=claim.epoch), outcome)


def _finish(ended: Ended, to: RunState, outcome: Outcome, **columns: Any) -> RunState:
    freed = leases.release(ended.run_id, epoch=ended.epoch)
    _end_attempt(ended, outcome)
    if outcome.result is not None or outcome.rows_csv is not None:
        RunResult.objects.update_or_create(
            run_id=ended.run_id,
            defaults={"attempt": ended.epoch, "data": outcome.result, "rows_csv": outcome.rows_csv},
        )
    moves.move(
        ended.run_id,
        to=to,
        attempt=ended.epoch,
        job_id=ended.job_id,
        reason=outcome.reason.value,
        **_columns(outcome),
        **columns,
    )
    limits.free(freed)
    return to


def _end_attempt(ended: Ended, outcome: Outcome) -> None:
    Attempt.objects.filter(run_id=ended.run_id, number=ended.epoch, finished_at__isnull=True).update(
        finished_at=Now(),
        exit_reason=outcome.reason.value,
        cpu_seconds=outcome.cpu_seconds,
        max_rss_bytes=outcome.max_rss_bytes,
        **_columns(outcome),
    )


def _columns(outcome: Outcome) -> dict[str, Any]:
    return {
        "exit_code": outcome.exit_code,
        "exit_signal": outcome.exit_signal,
        "message": outcome.message,
    }
