"""A worker slot that heard the doorbell: claim, run, settle, and again until nothing is left."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from apps.jobs.domain.outcome import Outcome
from apps.jobs.domain.run_states import Reason
from apps.jobs.models import Run
from apps.jobs.runners import attempts
from apps.jobs.services.logs import LogWriter
from apps.queue.errors import LeaseLost
from apps.queue.services import leases
from apps.scheduling.services import settle, start, tenancy
from apps.scheduling.services.station import LOST, STOPPED, Held, Station
from kernel.errors import N_

log = structlog.get_logger(__name__)
RETRY_SECONDS: Final = 1.0
_OUR_FAULT: Final = Outcome(
    reason=Reason.PLATFORM_ERROR,
    template=N_("The platform failed to run this; the administrators' log says why."),
)


@dataclass(frozen=True, slots=True)
class Work:
    """A started attempt."""

    held: Held
    run: Run
    ended: settle.Ended


def drain(station: Station) -> int:
    """Run what waits for this executor until there is nothing left for it. Returns how many attempts ran.

    A doorbell that finds all slots taken leaves a note: whoever works looks again before it rests.
    A database that is away ends it: the next sweep rings again.
    """
    station.heard()
    try:
        return _drain(station)
    except (OperationalError, InterfaceError) as error:
        log.warning("drain.database_unavailable", error=str(error).strip())
        connection.close()
        return 0


def _drain(station: Station) -> int:
    done = 0
    while station.takes_work:
        with station.slot() as is_free:
            if not is_free:
                return done
            station.answer()
            while station.takes_work and (work := take(station)) is not None:
                carry_out(work, station)
                done += 1
        if not station.answer():
            return done
    return done


def take(station: Station) -> Work | None:
    """Claim a run and start its attempt, in one transaction. None when nothing fits."""
    while True:
        with transaction.atomic():
            claim = leases.claim(
                group=station.group, tags=station.tags, owner=station.executor.pk, lease=station.lease
            )
            if claim is None:
                return None
            tenant = tenancy.enter(claim.tenant_id)
            has_begun = start.begin(
                claim, executor_id=station.executor.pk, executor_name=station.executor.name
            )
        if has_begun:
            run = start.load(claim.run_id)
            log_writer = LogWriter(run.pk, attempt=claim.epoch, cap_bytes=settings.ENV.log_cap_bytes)
            held = Held(run_id=run.pk, epoch=claim.epoch, tenant=tenant, log=log_writer)
            return Work(held=held, run=run, ended=settle.Ended.of(run, epoch=claim.epoch))


def carry_out(work: Work, station: Station) -> None:
    """Run the attempt and settle it; both survive a database that goes away for a while."""
    held = work.held
    with station.holding(held):
        try:
            outcome = attempts.carry_out(
                work.run,
                attempt=held.epoch,
                tenant=held.tenant,
                log=held.log,
                cancel=held.cancel,
                forks=station.forks,
            )
        except Exception:
            log.exception("run.platform_error", run_id=str(held.run_id), attempt=held.epoch)
            outcome = _OUR_FAULT
        outcome = _why_stopped(held, outcome)
        if held.cancel.is_set and held.cancel.reason == LOST:
            log.warning("run.result_refused", run_id=str(held.run_id), attempt=held.epoch)
            return
        _settle_at_last(work, outcome)


def _why_stopped(held: Held, outcome: Outcome) -> Outcome:
    """A child that was killed on request says "cancelled"; who asked decides what that means."""
    if outcome.reason is not Reason.CANCELLED or held.cancel.reason != STOPPED:
        return outcome
    return Outcome(
        reason=Reason.EXECUTOR_STOPPED,
        exit_code=outcome.exit_code,
        exit_signal=outcome.exit_signal,
        template=N_("The executor was stopped, so the run went back into the queue."),
        cpu_seconds=outcome.cpu_seconds,
        max_rss_bytes=outcome.max_rss_bytes,
    )


def _settle_at_last(work: Work, outcome: Outcome) -> None:
    """Settle as often as the database needs: the result must not be lost while the lease is ours.

    What the database refuses for good (a result that it can't hold) ends the attempt as the platform's failure.
    """
    held = work.held
    while True:
        try:
            tenancy.enter(held.tenant.pk)
            held.log.close()
            settle.settle(work.ended, outcome, cancelled_by=held.cancelled_by)
        except LeaseLost:
            log.warning("run.result_refused", run_id=str(held.run_id), attempt=held.epoch)
            return
        except (OperationalError, InterfaceError) as error:
            if held.cancel.is_set and held.cancel.reason == LOST:
                log.warning("run.result_refused", run_id=str(held.run_id), attempt=held.epoch)
                return
            log.warning("run.settlement_waits", run_id=str(held.run_id), error=str(error).strip())
            connection.close()
            time.sleep(RETRY_SECONDS)
        except Exception:
            if outcome.reason is Reason.PLATFORM_ERROR:
                raise
            log.exception("run.platform_error", run_id=str(held.run_id), attempt=held.epoch)
            outcome = _OUR_FAULT
        else:
            return
