"""SQL jobs: from a job's version to statements on its datasource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import DatabaseError

from apps.datasources.models import Datasource
from apps.datasources.services import targets
from apps.jobs.domain.outcome import Outcome
from apps.jobs.domain.run_states import Reason
from apps.jobs.models import Run
from apps.jobs.runners import sql
from apps.jobs.runners.sandbox import CancelToken
from kernel.errors import N_, DomainError

if TYPE_CHECKING:
    from apps.jobs.runners.attempts import Log

GONE = N_("The job's datasource is gone. Choose another one in the job.")


def carry_out(run: Run, *, log: Log, cancel: CancelToken) -> Outcome:
    """Run the statements of the run's version with its parameters."""
    rules = run.version.definition
    datasource = Datasource.objects.filter(pk=rules["datasource"]).first()
    if datasource is None:
        return Outcome(reason=Reason.NOT_STARTED, template=GONE)
    try:
        target = targets.target_of(datasource)
    except DatabaseError:
        raise
    except DomainError as error:
        return Outcome.of_error(error, Reason.NOT_STARTED)
    end = sql.run(
        sql.SqlSpec(
            target=target,
            text=rules["statement"],
            params=run.params,
            is_read_only=rules["read_only"],
            timeout_seconds=rules["timeout_seconds"],
            max_rows=rules["max_rows"],
        ),
        on_line=lambda stream, line: log.write(stream, line.encode() + b"\n"),
        cancel=cancel,
    )
    if end.kind == "succeeded":
        return Outcome(result=end.result, rows_csv=end.rows_csv)
    return of_failure(end.kind, end.reason, end.error, log=log, result=end.result)


def of_failure(
    kind: str, reason: Reason, error: DomainError | None, *, log: Log, result: object = None
) -> Outcome:
    """The outcome of a statement or request that failed; its sentence goes into the log as well."""
    template, params = (error.sentence, error.params) if error is not None else ("", {})
    if template:
        log.say(template, **{name: _plain(value) for name, value in params.items()})
    known = {"timeout": Reason.TIMEOUT, "cancelled": Reason.CANCELLED}
    return Outcome(reason=known.get(kind, reason), template=template, params=params, result=result)


def _plain(value: object) -> object:
    return value if isinstance(value, int | float | str | bool | None) else str(value)
