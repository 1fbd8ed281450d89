"""Trying a datasource out: does it answer, as what, how fast, and does read-only hold."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.audit import services as audit
from apps.datasources.domain.kinds import Kind
from apps.datasources.domain.target import Target
from apps.datasources.errors import ConnectError
from apps.datasources.models import Datasource
from apps.datasources.services import connections, datasources, targets
from kernel.errors import DomainError

_VERSIONS = {
    Kind.POSTGRESQL: "SELECT current_setting('server_version')",
    Kind.MYSQL: "SELECT version()",
    Kind.SQLITE: "SELECT sqlite_version()",
}
_TITLES = {Kind.POSTGRESQL: "PostgreSQL", Kind.MYSQL: "MySQL", Kind.SQLITE: "SQLite"}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a test found. error: the cause when there is no connection, with its stable code.

    connect_ms: from the look-up of the name until signed in. latency_ms: of one question and its answer.
    is_writable: whether a writing transaction may begin; False is what a read-only datasource shows.
    """

    error: DomainError | None = None
    server: str = ""
    connect_ms: int | None = None
    latency_ms: float | None = None
    is_encrypted: bool | None = None
    is_writable: bool | None = None

    @property
    def has_succeeded(self) -> bool:
        return self.error is None

    @property
    def code(self) -> str:
        return self.error.code if self.error else "ok"

    def describe(self, translate: Callable[[str], str]) -> dict[str, Any]:
        """As JSON, the sentence in the language of ``translate``."""
        return {
            "ok": self.has_succeeded,
            "code": self.code,
            "detail": self.error.render(translate) if self.error else "",
            "server": self.server,
            "connect_ms": self.connect_ms,
            "latency_ms": self.latency_ms,
            "encrypted": self.is_encrypted,
            "writable": self.is_writable,
        }


def test(datasource: Datasource, *, by: User) -> Diagnosis:
    """Connect anew, outside the pool and outside any transaction of ours. Blocks up to the connect timeouts."""
    found = _examine_row(datasource)
    datasources.record_test(
        datasource,
        by=by,
        code=found.code,
        test_message=found.error.stored if found.error else {},
        test_server=found.server[:200],
        test_latency_ms=found.latency_ms,
    )
    return found


def try_out(draft: Datasource, *, by: User) -> Diagnosis:
    """``test`` for settings that are not saved. What was tried is recorded: it reaches out as a stored one does."""
    found = _examine_row(draft)
    place = {"host": draft.host, "port": draft.port} if draft.host else {"path": draft.path}
    with transaction.atomic():
        audit.record(
            action="datasource.tried",
            actor=by,
            obj=None if draft._state.adding else draft,
            detail={"result": found.code, "kind": draft.kind, **place},
        )
    return found


def _examine_row(datasource: Datasource) -> Diagnosis:
    try:
        return examine(targets.target_of(datasource))
    except DomainError as error:
        return Diagnosis(error=error)


def examine(target: Target) -> Diagnosis:
    """The same for settings that no row holds. Raises nothing that a setting can cause."""
    begun = time.monotonic()
    try:
        with closing(connections.connect(target)) as connection:
            connected = time.monotonic()
            version = str(_ask(connection, _VERSIONS[target.kind]))
            answered = time.monotonic()
            title = "MariaDB" if "mariadb" in version.lower() else _TITLES[target.kind]
            return Diagnosis(
                server=f"{title} {version}",
                connect_ms=round((connected - begun) * 1000),
                latency_ms=round((answered - connected) * 1000, 1),
                is_encrypted=_is_encrypted(connection, target),
                is_writable=_is_writable(connection, target),
            )
    except DomainError as error:
        return Diagnosis(error=error)
    except connections.DRIVER_ERRORS as error:
        return Diagnosis(error=ConnectError(message=str(error).strip().partition("\n")[0]))


def _ask(connection: Any, question: str) -> Any:
    with closing(connection.cursor()) as cursor:
        cursor.execute(question)
        row = cursor.fetchone()
        return row[0] if row else None


def _is_encrypted(connection: Any, target: Target) -> bool | None:
    match target.kind:
        case Kind.POSTGRESQL:
            return bool(connection.info.ssl_in_use)
        case Kind.MYSQL:
            with closing(connection.cursor()) as cursor:
                cursor.execute("SHOW STATUS LIKE 'Ssl_cipher'")
                row = cursor.fetchone()
            return bool(row and row[1])
        case Kind.SQLITE:
            return None


def _is_writable(connection: Any, target: Target) -> bool:
    """Begins the kind of transaction that a run gets, and asks the server whether it may write."""
    if target.kind is Kind.POSTGRESQL:
        connection.rollback()
        if target.is_read_only:
            _execute(connection, "SET TRANSACTION READ ONLY")
        return bool(_ask(connection, "SHOW transaction_read_only") == "off")
    if target.kind is Kind.MYSQL:
        return not target.is_read_only and not _ask(connection, "SELECT @@read_only")
    return not target.is_read_only


def _execute(connection: Any, statement: str) -> None:
    with closing(connection.cursor()) as cursor:
        cursor.execute(statement)
