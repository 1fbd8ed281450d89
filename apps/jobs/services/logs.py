"""The log of a running attempt: taken from the child as fast as it writes, stored in chunks, capped."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import Final
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction

from apps.jobs.domain.log_lines import LineCutter, Stream
from apps.jobs.models import LogChunk
from apps.jobs.signals import log_grew
from kernel.errors import N_
from kernel.schemas import connection

log = structlog.get_logger(__name__)

FLUSH_BYTES: Final = 64 * 1024
RETRY_SECONDS: Final = 1.0
LEFT_OUT: Final = N_("… %(lines)d lines (%(bytes)d bytes) left out: the log is over its size limit …")


class LogWriter:
    """Collects the output of one attempt. ``write`` and ``flush`` may be called from different threads.

    A chunk is written when enough has come together, or when the process's flusher comes by (every 150 ms).
    Writing happens in the caller's thread, so a child that floods waits for the database. While the database is
    away, lines are kept, at most as many as the cap admits, and the child goes on.
    """

    def __init__(self, run_id: UUID, *, attempt: int, cap_bytes: int) -> None:
        began = time.monotonic()
        self.run_id = run_id
        self.attempt = attempt
        self._cutter = LineCutter(cap_bytes=cap_bytes, clock=lambda: time.monotonic() - began)
        self._lock = threading.Lock()
        self._lines: list[str] = []
        self._size = 0
        self._next_line = 1
        self._retry_at = 0.0
        #: A chunk was sent and its answer never came: it may be stored.
        self._is_unsure = False
        self._is_closed = False

    def write(self, stream: Stream, data: bytes) -> None:
        with self._lock:
            self._add(self._cutter.feed(stream, data))
            is_full = self._size >= FLUSH_BYTES and time.monotonic() >= self._retry_at
        if is_full:
            try:
                self.flush()
            except (OperationalError, InterfaceError) as error:
                log.warning("run.log_waits", run_id=str(self.run_id), error=str(error).strip())
                self._retry_at = time.monotonic() + RETRY_SECONDS
                connection.close()

    def say(self, template: str, **params: object) -> None:
        """Add a sentence of the platform's own."""
        with self._lock:
            self._add([self._cutter.say(template, **params)])

    def flush(self) -> None:
        """Store what has come together. The connection must be on the run's tenant."""
        with self._lock:
            self._store()

    def close(self) -> None:
        """Store the rest, before the attempt ends. Call it again when the database failed."""
        with self._lock:
            if not self._is_closed:
                self._is_closed = True
                self._add(self._cutter.close(LEFT_OUT))
            self._store()

    @property
    def is_dirty(self) -> bool:
        return bool(self._lines)

    def _add(self, lines: list[str]) -> None:
        self._lines.extend(lines)
        self._size += sum(map(len, lines))

    def _store(self) -> None:
        if self._is_unsure:
            self._forget_what_is_stored()
        if not self._lines:
            return
        self._is_unsure = True
        LogChunk.objects.create(
            run_id=self.run_id,
            attempt=self.attempt,
            first_line=self._next_line,
            lines=len(self._lines),
            text="".join(self._lines),
        )
        self._is_unsure = False
        transaction.on_commit(
            partial(
                log_grew.send_robust,
                LogChunk,
                run_id=self.run_id,
                attempt=self.attempt,
                first_line=self._next_line,
                lines=len(self._lines),
            )
        )
        self._next_line += len(self._lines)
        self._lines, self._size = [], 0

    def _forget_what_is_stored(self) -> None:
        """Let go of a chunk that was stored although the connection broke before it said so."""
        stored = (
            LogChunk.objects.filter(run_id=self.run_id, attempt=self.attempt, first_line=self._next_line)
            .values_list("lines", flat=True)
            .first()
        )
        if stored is not None:
            self._next_line += stored
            del self._lines[:stored]
            self._size = sum(map(len, self._lines))
        self._is_unsure = False
