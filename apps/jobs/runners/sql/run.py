"""Run a SQL job: every statement in one transaction, committed at the end or not at all."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Literal

import pymysql
from sqlalchemy import exc
from sqlalchemy.engine import Connection, CursorResult

from apps.datasources.domain.kinds import Kind
from apps.datasources.domain.target import Target
from apps.datasources.services import connections, engines
from apps.jobs.domain.run_states import Reason
from apps.jobs.runners.sql import errors, rules, sessions
from apps.jobs.runners.sql.script import Statement, split
from apps.jobs.runners.sql.table import Caps, Table
from apps.jobs.runners.sql.translate import is_lost, translate
from apps.jobs.runners.sql.watch import Watch
from kernel.errors import JobError
from kernel.network import Stopped, StopSignal

OnLine = Callable[[Literal["out", "err"], str], None]

_FETCH_ROWS: Final = 500
_WATCH_MARGIN_SECONDS: Final = 1.0  # the server's own timeout comes first, and says it better


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlSpec:
    """What to run where.

    params:          values of the ``:name`` parameters; an object is sent as JSON text, and so is a list,
                     but PostgreSQL gets lists as arrays.
    is_read_only:    on top of the datasource's own switch; either suffices.
    timeout_seconds: for the whole run, connecting included; None for no limit.
    """

    target: Target
    text: str
    params: Mapping[str, Any] = field(default_factory=dict)
    is_read_only: bool = False
    timeout_seconds: float | None = None
    max_rows: int | None = None
    preview_rows: int = 100
    preview_bytes: int = 512 * 1024
    csv_bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlEnd:
    """How it ended. ``result`` and ``rows_csv`` (gzip) are of the last statement that gave rows, if any did.

    reason tells what a retry policy goes by: UNREACHABLE for a connection that never stood or broke.
    """

    kind: Literal["succeeded", "failed", "timeout", "cancelled"]
    reason: Reason = Reason.NONE
    error: JobError | None = None
    result: dict[str, Any] | None = None
    rows_csv: bytes | None = field(default=None, repr=False)


def run(spec: SqlSpec, *, on_line: OnLine, cancel: StopSignal) -> SqlEnd:
    """Run the statements and wait for them. Blocks; made for a worker's thread.

    on_line: gets one line for each statement and for each of the server's notices, without line end.
    cancel:  readable once the run shall stop; the statement is then cancelled on the server.
    Never raises for what the job or the database does; it is in the SqlEnd.
    """
    target = engines.read_only(spec.target) if spec.is_read_only else spec.target
    try:
        statements = split(spec.text, target.kind)
        for statement in statements:
            rules.check(statement, kind=target.kind, is_read_only=target.is_read_only)
            _require_parameters(statement, spec.params)
    except JobError as error:
        return SqlEnd(kind="failed", reason=Reason.SQL_ERROR, error=error)
    with Watch(cancel=cancel, timeout_seconds=spec.timeout_seconds) as watch:
        work = _Run(spec, target, statements, on_line, watch)
        try:
            table = work.execute()
        except Stopped:
            return work.stopped()
        except JobError as error:
            return work.stopped() if watch.cause else _failed(error)
    if table is None:
        return SqlEnd(kind="succeeded")
    return SqlEnd(kind="succeeded", result=table.describe(), rows_csv=table.packed_csv())


def _require_parameters(statement: Statement, params: Mapping[str, Any]) -> None:
    for parameter in statement.parameters:
        if parameter.name not in params:
            line, _ = statement.place(parameter.start)
            raise errors.MissingParameter(statement=statement.number, line=line, name=parameter.name)


def _failed(error: JobError) -> SqlEnd:
    if isinstance(error, errors.StatementTimeout):
        return SqlEnd(kind="timeout", reason=Reason.TIMEOUT, error=error)
    is_sql = error.code.startswith("sql.") and not isinstance(error, errors.ConnectionLost)
    return SqlEnd(kind="failed", reason=Reason.SQL_ERROR if is_sql else Reason.UNREACHABLE, error=error)


class _Run:
    """One run's way through its statements."""

    def __init__(
        self, spec: SqlSpec, target: Target, statements: list[Statement], on_line: OnLine, watch: Watch
    ) -> None:
        self._spec = spec
        self._target = target
        self._statements = statements
        self._on_line = on_line
        self._watch = watch
        self._at = statements[0]
        most = target.max_rows if spec.max_rows is None else min(spec.max_rows, target.max_rows)
        self._caps = Caps(
            rows=most,
            preview_rows=spec.preview_rows,
            preview_bytes=spec.preview_bytes,
            csv_bytes=spec.csv_bytes,
        )

    def execute(self) -> Table | None:
        """The last result with rows. Raises JobError, Stopped."""
        wait = self._spec.timeout_seconds or 3600.0
        with engines.connected(self._target, stop=self._watch, wait_seconds=wait) as connection:
            held = sessions.driver(connection)
            try:
                with self._watch.holding(held, self._target):
                    return self._transaction(connection)
            finally:
                if self._watch.cause and not connection.invalidated:
                    connection.invalidate()  # a cancel may still be on its way and would hit the next user

    def stopped(self) -> SqlEnd:
        """The end that the watch brought about."""
        where: dict[str, Any] = {"statement": self._at.number, "line": self._at.line}
        match self._watch.cause:
            case "timeout":
                error: JobError = errors.RunTimeout(seconds=self._spec.timeout_seconds)
            case "statement_timeout":
                error = errors.StatementTimeout(**where, seconds=self._target.statement_timeout_seconds)
            case _:
                return SqlEnd(kind="cancelled", reason=Reason.CANCELLED, error=errors.Cancelled())
        return SqlEnd(kind="timeout", reason=Reason.TIMEOUT, error=error)

    def _transaction(self, connection: Connection) -> Table | None:
        table: Table | None = None
        try:
            sessions.begin(connection, self._target, self._statements, partial(self._on_line, "err"))
        except exc.DBAPIError as error:
            raise translate(error, statement=self._at, sent={}, target=self._target) from None
        for statement in self._statements:
            self._watch.check()
            self._at = statement
            table = self._statement(connection, statement) or table
        self._watch.check()
        try:
            connection.commit()
        except exc.DBAPIError as error:
            if is_lost(error):
                raise errors.CommitUnknown from None
            message = str(error.orig).strip().partition("\n")[0]
            raise errors.CommitFailed(message=message) from None
        return table

    def _statement(self, connection: Connection, statement: Statement) -> Table | None:
        sent = {p.name: _sendable(self._spec.params[p.name], self._target.kind) for p in statement.parameters}
        margin = 0.0 if self._target.kind is Kind.SQLITE else _WATCH_MARGIN_SECONDS
        if rules.commits_at_once(statement, self._target.kind):
            self._on_line(
                "err", f"{statement.number}: MySQL commits here: what ran so far is kept, whatever follows."
            )
        begun = time.monotonic()
        try:
            with self._watch.statement(self._target.statement_timeout_seconds + margin):
                result = self._send(connection, statement, sent)
                table = self._rows(connection, statement, result) if result.returns_rows else None
                touched = -1 if table else result.rowcount
                result.close()
        except exc.DBAPIError as error:
            self._watch.check()
            raise translate(error, statement=statement, sent=sent, target=self._target) from None
        except (ValueError, OverflowError, TypeError) as error:
            raise errors.BadParameter(statement=statement.number, message=str(error)) from None
        self._on_line("out", _line(statement, len(self._statements), table, touched, begun))
        return table

    def _send(
        self, connection: Connection, statement: Statement, sent: Mapping[str, Any]
    ) -> CursorResult[Any]:
        kind = self._target.kind
        options = {
            "stream_results": kind is Kind.MYSQL
            or (kind is Kind.POSTGRESQL and rules.is_declarable(statement)),
            "max_row_buffer": _FETCH_ROWS,
            "no_parameters": not sent,
        }
        text = statement.text if kind is Kind.SQLITE else statement.pyformat()
        return connection.exec_driver_sql(text, dict(sent) or None, execution_options=options)

    def _rows(self, connection: Connection, statement: Statement, result: CursorResult[Any]) -> Table:
        """Read up to one row more than the cap; what is left on the server is not fetched."""
        description = result.cursor.description if result.cursor else ()
        rows = iter(result.fetchmany(_FETCH_ROWS))
        first = next(rows, None)
        columns = sessions.columns(connection, self._target.kind, description or (), first)
        table = Table(statement.number, columns, self._caps)
        portion = [] if first is None else [first, *rows]
        while portion:
            for row in portion:
                if not table.add(row):
                    self._leave(connection, result)
                    return table
            self._watch.check()
            portion = list(result.fetchmany(_FETCH_ROWS))
        return table

    def _leave(self, connection: Connection, result: CursorResult[Any]) -> None:
        """MySQL sends the whole result whether it is read or not: have the server stop, and read what is under way."""
        if self._target.kind is Kind.MYSQL and result.cursor is not None:
            connections.cancel(sessions.driver(connection), self._target)
            with suppress(pymysql.err.OperationalError):  # "Query execution was interrupted"
                while result.cursor.fetchmany(_FETCH_ROWS):
                    pass


def _sendable(value: Any, kind: Kind) -> Any:
    if isinstance(value, Mapping) or (isinstance(value, list) and kind is not Kind.POSTGRESQL):
        return json.dumps(value, ensure_ascii=False)
    return value


def _line(statement: Statement, total: int, table: Table | None, touched: int, begun: float) -> str:
    milliseconds = round((time.monotonic() - begun) * 1000)
    head = f"{statement.number}/{total} {statement.verb or '?'}"
    if table is not None:
        more = ", and there are more" if table.is_truncated else ""
        return f"{head}: {_rows(table.row_count)} read{more}, {milliseconds} ms"
    if touched >= 0:
        return f"{head}: {_rows(touched)} affected, {milliseconds} ms"
    return f"{head}: done, {milliseconds} ms"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
