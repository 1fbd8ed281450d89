"""The only place that writes the state of a run."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import BigIntegerField, F, Func, Value
from django.db.models.functions import Now

from apps.jobs.domain.run_states import SOURCES, TERMINAL, RunState
from apps.jobs.errors import StaleMove
from apps.jobs.models import Run, RunEvent
from apps.jobs.signals import run_moved
from kernel.ids import new_id
from kernel.schemas import connection

log = structlog.get_logger(__name__)

#: The next id of an event, taken by the UPDATE that it belongs to.
_NEXT_EVENT: Final = Func(
    Func(Value("jobs_runevent"), Value("id"), function="pg_get_serial_sequence"),
    function="nextval",
    output_field=BigIntegerField(),
)


def begin(runs: Iterable[Run], *, reason: str = "") -> None:
    """Write new runs, each with its first event, and announce them after commit.

    Each row's ``state`` says where it begins: queued, or skipped when its slot was not served.
    """
    fresh = list(runs)
    with transaction.atomic():
        ids = _reserve_event_ids(len(fresh))
        for run, event_id in zip(fresh, ids, strict=True):
            run.event = event_id
            if run.state in TERMINAL:
                run.finished_at = Now()
        Run.objects.bulk_create(fresh)
        RunEvent.objects.bulk_create(
            RunEvent(id=run.event, run_id=run.pk, attempt=0, state=run.state, reason=run.exit_reason)
            for run in fresh
        )
        for run in fresh:
            _announce(run.pk, run.job_id, 0, RunState(run.state), run.event, run.exit_reason)


def move(run_id: UUID, *, to: RunState, attempt: int, job_id: UUID, reason: str = "", **columns: Any) -> None:
    """Move a run to ``to``: one guarded UPDATE, its event, then the announcement.

    attempt: the one the caller speaks for. Raises StaleMove, and writes nothing, when the run has moved on.
    """
    if to in TERMINAL:
        columns["finished_at"] = Now()
    with transaction.atomic(savepoint=False):  # what is refused has written nothing to go back behind
        moved = Run.objects.filter(pk=run_id, attempt=attempt, state__in=SOURCES[to]).update(
            state=to.value, state_at=Now(), event=_NEXT_EVENT, exit_reason=reason, **columns
        )
        if moved:
            _record(run_id, job_id, attempt, to, reason)
    if not moved:
        raise StaleMove(run_id=run_id, to=to.value, attempt=attempt)


_START: Final = """
WITH moved AS (
    UPDATE jobs_run
    SET state = %(running)s, state_at = statement_timestamp(), started_at = statement_timestamp(),
        attempt = %(epoch)s, event = nextval(pg_get_serial_sequence('jobs_runevent', 'id')),
        exit_reason = '', exit_code = NULL, exit_signal = '', message = '{}'
    WHERE id = %(run_id)s AND attempt < %(epoch)s AND state = ANY (%(sources)s)
    RETURNING id, event
), tried AS (
    INSERT INTO jobs_attempt
        (id, run_id, number, executor_id, executor_name, exit_reason, exit_signal, message)
    SELECT %(attempt_id)s, id, %(epoch)s, %(executor_id)s, %(executor_name)s, '', '', '{}' FROM moved
)
INSERT INTO jobs_runevent (id, run_id, attempt, state, reason)
SELECT event, id, %(epoch)s, %(running)s, '' FROM moved
RETURNING id
"""


def start(run_id: UUID, *, epoch: int, job_id: UUID, executor_id: UUID, executor_name: str) -> None:
    """A claimed run begins its attempt ``epoch``. Raises StaleMove when it is no longer queued.

    One statement for the run, its attempt and its event: until the claim commits, it holds the counters of its limits,
    and every other claim under them waits.
    """
    facts = {
        "run_id": run_id,
        "epoch": epoch,
        "running": RunState.RUNNING.value,
        "sources": [state.value for state in SOURCES[RunState.RUNNING]],
        "attempt_id": new_id(),
        "executor_id": executor_id,
        "executor_name": executor_name,
    }
    with connection.cursor() as cursor:
        cursor.execute(_START, facts)
        row: tuple[int] | None = cursor.fetchone()
    if row is None:
        raise StaleMove(run_id=run_id, to=RunState.RUNNING.value, attempt=epoch)
    _announce(run_id, job_id, epoch, RunState.RUNNING, row[0], "")


def count_failure(*, is_loss: bool) -> dict[str, Any]:
    """The columns of a move that charge the failure to the job, or to the executor that was lost."""
    return {"losses": F("losses") + 1} if is_loss else {"failures": F("failures") + 1}


def _record(run_id: UUID, job_id: UUID, attempt: int, state: RunState, reason: str) -> None:
    """Write the event of the UPDATE just made, under the id that it has put into the run's row; tell of it after commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_runevent (id, run_id, attempt, state, reason)"
            " VALUES (currval(pg_get_serial_sequence('jobs_runevent', 'id')), %s, %s, %s, %s) RETURNING id",
            [run_id, attempt, state.value, reason],
        )
        (event_id,) = cursor.fetchone()
    _announce(run_id, job_id, attempt, state, event_id, reason)


def _reserve_event_ids(count: int) -> list[int]:
    """Ids for events from their sequence, so that a run's row and its event carry the same one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('jobs_runevent', 'id')) FROM generate_series(1, %s)",
            [count],
        )
        return [number for (number,) in cursor.fetchall()]


def _announce(run_id: UUID, job_id: UUID, attempt: int, state: RunState, event_id: int, reason: str) -> None:
    log.info(
        "run.moved",
        run_id=str(run_id),
        attempt=attempt,
        state=state.value,
        reason=reason,
        tenant=connection.schema_name,
    )
    transaction.on_commit(
        partial(
            run_moved.send_robust,
            Run,
            run_id=run_id,
            job_id=job_id,
            attempt=attempt,
            state=state,
            event_id=event_id,
            reason=reason,
        )
    )
