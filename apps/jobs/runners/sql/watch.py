"""The eye on a run: hears the cancel token and the clocks while the run's own thread waits on the server."""

from __future__ import annotations

import os
import selectors
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, repeat
from typing import Final, Literal

import structlog

from apps.datasources.domain.target import Target
from apps.datasources.services import connections
from kernel.errors import JobError
from kernel.network import Stopped, StopSignal, is_raised

log = structlog.get_logger(__name__)

Cause = Literal["cancelled", "timeout", "statement_timeout"]

SEVER_AFTER_SECONDS: Final = 5.0
_PAUSES: Final = (0.1, 0.2, 0.4, 0.8)


class Watch:
    """From ``with`` to its end one thread watches; once there is a cause to stop, it stays.

    It asks the server to cancel, again and again until the run's thread lets go (a request that comes
    between two statements hits nothing), and cuts the connection when the server does not answer.
    As a stop signal (``fileno``) it is readable from the moment there is a cause.
    """

    def __init__(self, *, cancel: StopSignal, timeout_seconds: float | None) -> None:
        self.cause: Cause | None = None
        self._cancel = cancel
        self._deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        self._statement_deadline: float | None = None
        self._held: tuple[connections.AnyConnection, Target] | None = None
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="sql-watch", daemon=True)

    def __enter__(self) -> Watch:
        self._raised = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._nudge = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        os.eventfd_write(self._nudge, 1)
        self._thread.join()
        os.close(self._raised)
        os.close(self._nudge)

    def fileno(self) -> int:
        return self._raised

    def check(self) -> None:
        """Raises Stopped when there is a cause to stop, also one that the watching thread has not come to see yet."""
        if self.cause is None and is_raised(self._cancel):
            self.cause = "cancelled"
        if self.cause is not None:
            raise Stopped

    @contextmanager
    def holding(self, connection: connections.AnyConnection, target: Target) -> Iterator[None]:
        """Between enter and exit the connection is the one to cancel; at exit nobody is cancelling it any more."""
        with self._lock:
            self._held = (connection, target)
        try:
            yield
        finally:
            with self._lock:  # waits for a cancel that is under way
                self._held = None

    @contextmanager
    def statement(self, seconds: float) -> Iterator[None]:
        """Stop the run with cause "statement_timeout" unless the statement is done by then."""
        self._statement_deadline = time.monotonic() + seconds
        os.eventfd_write(self._nudge, 1)
        try:
            yield
        finally:
            self._statement_deadline = None

    def _look(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._cancel.fileno(), selectors.EVENT_READ, "cancelled")
            selector.register(self._nudge, selectors.EVENT_READ)
            while not self._over.is_set():
                ready = selector.select(self._seconds_left())
                if self._over.is_set():
                    return
                if any(key.data for key, _ in ready):
                    self.cause = "cancelled"
                elif ready:
                    os.eventfd_read(self._nudge)
                    continue
                else:
                    self.cause = self._overdue()
                if self.cause is not None:
                    os.eventfd_write(self._raised, 1)
                    self._interrupt()
                    return

    def _seconds_left(self) -> float | None:
        deadlines = [d for d in (self._deadline, self._statement_deadline) if d is not None]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def _overdue(self) -> Cause | None:
        now = time.monotonic()
        if self._deadline is not None and now >= self._deadline:
            return "timeout"
        deadline = self._statement_deadline
        return "statement_timeout" if deadline is not None and now >= deadline else None

    def _interrupt(self) -> None:
        begun = time.monotonic()
        for pause in chain(_PAUSES, repeat(_PAUSES[-1])):
            with self._lock:
                if self._held is not None:
                    self._stop_server(is_late=time.monotonic() - begun > SEVER_AFTER_SECONDS)
            if self._over.wait(pause):
                return

    def _stop_server(self, *, is_late: bool) -> None:
        assert self._held is not None
        connection, target = self._held
        try:
            if is_late:
                connections.sever(connection)
            else:
                connections.cancel(connection, target)
        except (JobError, OSError, *connections.DRIVER_ERRORS) as error:
            log.info("sql.cancel_failed", datasource=target.identity, error=str(error))
