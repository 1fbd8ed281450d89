"""From a driver's exception to the error that a person reads: whose statement, which line, what the server said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import psycopg2
from sqlalchemy import exc

from apps.datasources.domain.target import Target
from apps.jobs.runners.sql import errors
from apps.jobs.runners.sql.script import Statement
from kernel.errors import JobError

_MYSQL_LOST = frozenset({0, 1053, 1077, 1078, 1079, 1080, 1927, 2006, 2013, 2055})
_MYSQL_READ_ONLY = frozenset({1290, 1792, 1836})
_MYSQL_TIMEOUT = frozenset({1969, 3024})
_PG_LOST = ("08", "57P01", "57P02", "57P03")


def translate(
    error: exc.DBAPIError, *, statement: Statement, sent: Mapping[str, Any], target: Target
) -> JobError:
    """What went wrong with this statement. ``sent``: its parameters by name, as the driver got them."""
    cause = error.orig
    if is_lost(error):
        return errors.ConnectionLost(statement=statement.number, message=_first_line(str(cause), target))
    if isinstance(cause, psycopg2.Error):
        return _postgresql(cause, statement, sent, target)
    number = cause.args[0] if cause is not None and cause.args else 0
    if isinstance(number, int):
        return _mysql(number, str(cause.args[1]) if cause and len(cause.args) > 1 else "", statement, target)
    return _sqlite(str(cause), statement, target)


def is_lost(error: exc.DBAPIError) -> bool:
    """Whether the connection is gone, rather than the statement wrong."""
    cause = error.orig
    if isinstance(cause, psycopg2.Error):
        code = cause.pgcode or ""
        is_driver_level = isinstance(cause, psycopg2.OperationalError | psycopg2.InterfaceError) and not code
        return is_driver_level or code.startswith(_PG_LOST)
    number = cause.args[0] if cause is not None and cause.args else None
    return isinstance(number, int) and number in _MYSQL_LOST


def _postgresql(
    cause: psycopg2.Error, statement: Statement, sent: Mapping[str, Any], target: Target
) -> JobError:
    state = cause.pgcode or ""
    where: dict[str, Any] = {"statement": statement.number, "line": statement.line}
    if state == "57014" and "statement timeout" in str(cause):
        return errors.StatementTimeout(**where, seconds=target.statement_timeout_seconds)
    if state == "25006":
        return errors.WritesRefused(**where)
    diag = cause.diag
    message = diag.message_primary or _first_line(str(cause), target)
    for more in (diag.message_detail, diag.message_hint):
        if more:
            message += f" ({more.rstrip('.')})"
    failed = errors.BadSyntax if state == "42601" else errors.StatementFailed
    params: dict[str, Any] = {**where, "message": _hide(message, target), "state": state, "errno": 0}
    if diag.statement_position:
        offset = _offset(int(diag.statement_position) - 1, cause, statement, sent)
        params["line"], params["column"] = statement.place(offset)
        return failed(failed.with_column, **params)
    return failed(**params)


def _offset(position: int, cause: psycopg2.Error, statement: Statement, sent: Mapping[str, Any]) -> int:
    """Where in the statement's own text the server's position is.

    The server counts in what it was sent: a DECLARE … CURSOR FOR in front, and values in place of parameters.
    """
    cursor = cause.cursor
    if cursor is None:
        return position
    lengths = {name: len(cursor.mogrify("%s", [value]).decode()) for name, value in sent.items()}
    grown = sum(lengths[p.name] - (p.end - p.start) for p in statement.parameters)
    query = (cursor.query or b"").decode("utf-8", "replace")
    position -= max(0, len(query) - len(statement.text) - grown)
    for parameter in statement.parameters:
        growth = lengths[parameter.name] - (parameter.end - parameter.start)
        if position < parameter.start:
            break
        position = max(parameter.start, position - growth)
    return position


def _mysql(number: int, text: str, statement: Statement, target: Target) -> JobError:
    where: dict[str, Any] = {"statement": statement.number, "line": statement.line}
    if number in _MYSQL_TIMEOUT:
        return errors.StatementTimeout(**where, seconds=target.statement_timeout_seconds)
    if number in _MYSQL_READ_ONLY:
        return errors.WritesRefused(**where)
    if number == 1064 and (found := re.search(r" at line (\d+)\Z", text)):
        where["line"] = statement.line + int(found.group(1)) - 1
        text = text[: found.start()]
    failed = errors.BadSyntax if number == 1064 else errors.StatementFailed
    return failed(**where, message=_hide(text, target), state="", errno=number)


def _sqlite(text: str, statement: Statement, target: Target) -> JobError:
    where: dict[str, Any] = {"statement": statement.number, "line": statement.line}
    if text.startswith("attempt to write a readonly database"):
        return errors.WritesRefused(**where)
    if text.startswith("not authorized"):
        return errors.NotAllowed(**where)
    failed = errors.BadSyntax if "syntax error" in text else errors.StatementFailed
    return failed(**where, message=_hide(text, target), state="", errno=0)


def _first_line(text: str, target: Target) -> str:
    return _hide(text.strip().partition("\n")[0], target)


def _hide(text: str, target: Target) -> str:
    return text.replace(target.password, "•••") if target.password else text
