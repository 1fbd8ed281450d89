"""The log of a running attempt: taken from the child as fast as it writes, stored in chunks, capped."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import Final
from uuid import UUID

from django.db import transaction

from apps.jobs.domain.log_lines import LineCutter, Stream
from apps.jobs.models import LogChunk
from apps.jobs.signals import log_grew
from kernel.errors import N_

FLUSH_BYTES: Final = 64 * 1024
LEFT_OUT: Final = N_("… %(lines)d lines (%(bytes)d bytes) left out: the log is over its size limit …")


class LogWriter:
    """Collects the output of one attempt. ``write`` and ``flush`` may be called from different threads.

    A chunk is written when enough has come together, or when the process's flusher comes by (every 150 ms).
    Writing happens in the caller's thread, so a child that floods waits for the database.
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

    def write(self, stream: Stream, data: bytes) -> None:
        with self._lock:
            self._add(self._cutter.feed(stream, data))
            is_full = self._size >= FLUSH_BYTES
        if is_full:
            self.flush()

    def say(self, template: str, **params: object) -> None:
        """Add a sentence of the platform's own."""
        with self._lock:
            self._add([self._cutter.say(template, **params)])

    def flush(self) -> None:
        """Store what has come together. The connection must be on the run's tenant."""
        with self._lock:
            self._store()

    def close(self) -> None:
        """Store the rest; call it in the transaction that ends the attempt."""
        with self._lock:
            self._add(self._cutter.close(LEFT_OUT))
            self._store()

    @property
    def is_dirty(self) -> bool:
        return bool(self._lines)

    def _add(self, lines: list[str]) -> None:
        self._lines.extend(lines)
        self._size += sum(map(len, lines))

    def _store(self) -> None:
        if not self._lines:
            return
        text = "".join(self._lines)
        LogChunk.objects.create(
            run_id=self.run_id,
            attempt=self.attempt,
            first_line=self._next_line,
            lines=len(self._lines),
            text=text,
        )
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
