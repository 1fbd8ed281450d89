"""SQLAlchemy engines of datasources: one small pool for each in this process, dropped when it is edited or idle."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, Final

import psycopg2
from sqlalchemy import Engine, create_engine, event, exc
from sqlalchemy.engine import Connection
from sqlalchemy.pool import QueuePool

from apps.datasources.domain.kinds import Kind
from apps.datasources.domain.target import Target
from apps.datasources.errors import ConnectError, NoFreeConnection
from apps.datasources.services import connections
from kernel.network import Stopped, StopSignal, is_raised

IDLE_SECONDS: Final = 300.0
READ_ONLY: Final = "#read-only"  # ends the identity of the pool of a datasource's read-only jobs
_RECYCLE_SECONDS: Final = 600
_TURN_SECONDS: Final = 0.2  # how long a caller waits for the pool before it looks at its stop signal

# No host, no user, no password: what is printed of an engine can't give them away.
_URLS: Final = {
    Kind.POSTGRESQL: "postgresql+psycopg2://",
    Kind.MYSQL: "mysql+pymysql://",
    Kind.SQLITE: "sqlite+pysqlite://",
}


@dataclass(slots=True)
class _Entry:
    revision: str
    engine: Engine
    used_at: float = field(default_factory=time.monotonic)
    users: int = 0


_entries: dict[str, _Entry] = {}
_lock = threading.Lock()
_stop: ContextVar[StopSignal | None] = ContextVar("datasource_connect_stop", default=None)


@contextmanager
def connected(
    target: Target, *, stop: StopSignal | None = None, wait_seconds: float = 60.0
) -> Iterator[Connection]:
    """A connection out of the datasource's pool, rolled back and without session state when it goes back.

    wait_seconds: for a free one of ``target.max_connections``.
    Raises what ``connections.connect`` raises, and NoFreeConnection.
    """
    with _borrowed(target) as engine:
        connection = _checked_out(engine, target, stop, wait_seconds)
        try:
            yield connection
        finally:
            if target.kind is not Kind.POSTGRESQL and not connection.invalidated:
                # MySQL's and SQLite's drivers can't clear temporary tables, variables and locks of a session.
                connection.invalidate()
            connection.close()


def read_only(target: Target) -> Target:
    """The same, for jobs that shall not write; in a pool of its own, as SQLite opens a file one way or the other."""
    if target.is_read_only:
        return target
    return replace(target, identity=target.identity + READ_ONLY, is_read_only=True)


def dispose(identity: str | None = None) -> None:
    """Close the idle connections of one datasource, or of all; those in use are closed on return."""
    with _lock:
        gone = [key for key in _entries if identity in (None, key, key.removesuffix(READ_ONLY))]
        engines = [_entries.pop(key).engine for key in gone]
    for engine in engines:
        engine.dispose()


@contextmanager
def _borrowed(target: Target) -> Iterator[Engine]:
    now = time.monotonic()
    with _lock:
        stale = [
            key
            for key, entry in _entries.items()
            if (key == target.identity and entry.revision != target.revision)
            or (entry.users == 0 and now - entry.used_at > IDLE_SECONDS)
        ]
        old = [_entries.pop(key).engine for key in stale]
        entry = _entries.setdefault(target.identity, _Entry(target.revision, _engine(target)))
        entry.users += 1
        entry.used_at = now
    for engine in old:
        engine.dispose()
    try:
        yield entry.engine
    finally:
        with _lock:
            entry.users -= 1
            entry.used_at = time.monotonic()
            is_orphan = _entries.get(target.identity) is not entry and entry.users == 0
        if is_orphan:
            entry.engine.dispose()


def _checked_out(engine: Engine, target: Target, stop: StopSignal | None, wait_seconds: float) -> Connection:
    deadline = time.monotonic() + wait_seconds
    token = _stop.set(stop)
    try:
        while True:
            if is_raised(stop):
                raise Stopped
            try:
                return engine.connect()
            except exc.TimeoutError:
                if time.monotonic() >= deadline:
                    raise NoFreeConnection(limit=target.max_connections, seconds=wait_seconds) from None
            except exc.DBAPIError as error:  # broke between the handshake and SQLAlchemy's first look
                raise ConnectError(message=str(error.orig).strip().partition("\n")[0]) from None
    finally:
        _stop.reset(token)


def _engine(target: Target) -> Engine:
    engine = create_engine(
        _URLS[target.kind],
        creator=lambda: connections.connect(target, stop=_stop.get()),
        poolclass=QueuePool,
        pool_size=target.max_connections,
        max_overflow=0,
        pool_timeout=_TURN_SECONDS,
        pool_pre_ping=target.kind is Kind.POSTGRESQL,
        pool_recycle=_RECYCLE_SECONDS,
        pool_reset_on_return=None if target.kind is Kind.POSTGRESQL else "rollback",
        hide_parameters=True,
    )
    if target.kind is Kind.POSTGRESQL:
        event.listen(engine, "reset", _discard_session)
    return engine


def _discard_session(connection: Any, record: Any, state: Any) -> None:
    """Forget what a run left in its session: settings, roles, temporary tables, locks, prepared statements."""
    if state.terminate_only:
        return
    connection.rollback()
    connection.autocommit = True
    try:
        with closing(connection.cursor()) as cursor:
            cursor.execute("DISCARD ALL")
    except psycopg2.Error:
        record.invalidate()
    else:
        connection.autocommit = False
