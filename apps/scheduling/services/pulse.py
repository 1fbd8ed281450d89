"""What a beat does at each turn, and how long it may sleep until the next.

Every turn is safe to run twice at once. A beat sleeps until something is due and is woken by NOTIFY when
something earlier was written.
"""

from __future__ import annotations

import select
import time
from datetime import datetime
from typing import Final

import structlog
from django.db import connection, transaction

from apps.queue.selectors import waiting
from apps.queue.services import enqueue, leases
from apps.scheduling.services import fire, reap
from kernel.clock import database_now

log = structlog.get_logger(__name__)

SWEEP_SECONDS: Final = 1.0
REAP_SECONDS: Final = 2.0


class Pulse:
    """The scheduling half of a beat. Not thread-safe."""

    def __init__(self) -> None:
        self._swept_at = self._reaped_at = 0.0

    def turn(self) -> float:
        """Fire what is due, let delayed runs go, ring, reap. Returns the seconds until the next turn is due."""
        while fire.fire_due():
            pass
        self._promote()
        now = time.monotonic()
        if now - self._swept_at >= SWEEP_SECONDS:
            self._swept_at = now
            reap.sweep()
        if now - self._reaped_at >= REAP_SECONDS:
            self._reaped_at = now
            reap.reap()
        return self._seconds_until_next()

    def wait(self, seconds: float) -> None:
        """Sleep that long, or until something that may be due earlier was written."""
        until = time.monotonic() + seconds
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {enqueue.DUE_CHANNEL}")
        raw = connection.connection
        while (left := until - time.monotonic()) > 0:
            if raw.notifies:
                break
            select.select([raw], [], [], left)
            with connection.wrap_database_errors:  # a lost connection is to look like any other to the beat
                raw.poll()
        raw.notifies.clear()

    @staticmethod
    def _promote() -> None:
        with transaction.atomic():
            groups = leases.promote()
            for group in set(groups):
                enqueue.ring(group, groups.count(group))

    def _seconds_until_next(self) -> float:
        """At most until the next sweep: nothing depends on a NOTIFY that gets lost."""
        due: list[datetime] = [at for at in (fire.next_due_at(), waiting.next_delayed_at()) if at is not None]
        rest = SWEEP_SECONDS - (time.monotonic() - self._swept_at)
        if due:
            rest = min(rest, (min(due) - database_now()).total_seconds())
        return max(rest, 0.0)
