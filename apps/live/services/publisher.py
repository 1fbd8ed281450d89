"""Telling the processes that hold sockets that something happened, without ever holding up who says so."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from apps.live.domain import bulletin
from apps.live.domain.bulletin import Change

log = structlog.get_logger(__name__)

MOST_WAITING: Final = 10_000
TIMEOUT_SECONDS: Final = 1.0
PAUSE_SECONDS: Final = 0.05
PAUSE_WHEN_UNHEARD_SECONDS: Final = 0.2
RETRY_SECONDS: Final = 1.0
WARN_EVERY_SECONDS: Final = 10.0


@dataclass(slots=True)
class _Notes:
    """What one tenant is told with one message."""

    events: list[tuple[UUID, UUID, int]] = field(default_factory=list)
    logs: list[UUID] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    has_gap: bool = False

    def bulletin(self) -> bytes:
        return bulletin.write(events=self.events, logs=self.logs, changes=self.changes, has_gap=self.has_gap)


class Publisher:
    """A thread that publishes what the others note, many notes at a time.

    A note costs a list's append. The first one leaves at once; those that come within the next moments
    leave together, as one message per tenant. What can't be sent is dropped, and told as a gap when Valkey is
    back: whoever listens then reads the state anew.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._reset()

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._events: list[tuple[str, UUID, UUID, int]] = []
        self._logs: dict[tuple[str, UUID], None] = {}
        self._changes: list[tuple[str, Change]] = []
        self._lost: set[str] = set()
        self._thread: threading.Thread | None = None
        self._client: redis.Redis | None = None
        self._is_closing = False
        self._warned_at = float("-inf")

    def run_moved(self, schema: str, run_id: UUID, job_id: UUID, event_id: int) -> None:
        with self._lock:
            if len(self._events) < MOST_WAITING:
                self._events.append((schema, run_id, job_id, event_id))
            else:
                self._lost.add(schema)
        self._ring()

    def log_grew(self, schema: str, run_id: UUID) -> None:
        with self._lock:
            if len(self._logs) < MOST_WAITING:
                self._logs[schema, run_id] = None
            else:
                self._lost.add(schema)
        self._ring()

    def changed(self, schema: str, change: Change) -> None:
        with self._lock:
            if len(self._changes) < MOST_WAITING:
                self._changes.append((schema, change))
            else:
                self._lost.add(schema)
        self._ring()

    def close(self, *, seconds: float = TIMEOUT_SECONDS) -> None:
        """Send what waits, if that is possible within the time."""
        self._is_closing = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(seconds)

    def _ring(self) -> None:
        if self._wake.is_set():
            return
        self._wake.set()
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._work, name="live-publisher", daemon=True)
                    self._thread.start()

    def _work(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            try:
                is_heard = self._publish()
            except (redis.RedisError, OSError) as error:
                self._warn(error)
                pause = RETRY_SECONDS
                self._wake.set()
            except Exception:
                log.exception("live.publisher_failed")
                pause = RETRY_SECONDS
            else:
                pause = PAUSE_SECONDS if is_heard else PAUSE_WHEN_UNHEARD_SECONDS
            if self._is_closing and not self._wake.is_set():
                return
            time.sleep(pause)

    def _publish(self) -> bool:
        """Send all that waits. Returns whether anybody heard it. What could not be sent is noted as lost."""
        with self._lock:
            events, self._events = self._events, []
            logs, self._logs = self._logs, {}
            changes, self._changes = self._changes, []
            lost, self._lost = self._lost, set()
        by_schema: defaultdict[str, _Notes] = defaultdict(_Notes)
        for schema in lost:
            by_schema[schema].has_gap = True
        for schema, run_id, job_id, event_id in events:
            by_schema[schema].events.append((run_id, job_id, event_id))
        for schema, run_id in logs:
            by_schema[schema].logs.append(run_id)
        for schema, change in changes:
            by_schema[schema].changes.append(change)
        if not by_schema:
            return False
        try:
            client = self._connection()
            database = int(client.connection_pool.connection_kwargs.get("db") or 0)
            with client.pipeline(transaction=False) as pipe:
                for schema, notes in by_schema.items():
                    pipe.publish(bulletin.channel(database, schema), notes.bulletin())
                return any(pipe.execute())
        except (redis.RedisError, OSError):
            with self._lock:
                self._lost |= by_schema.keys()
            raise

    def _connection(self) -> redis.Redis:
        if self._client is None:
            self._client = redis.Redis.from_url(
                self._url,
                socket_timeout=TIMEOUT_SECONDS,
                socket_connect_timeout=TIMEOUT_SECONDS,
                retry=Retry(NoBackoff(), 1),  # once: a connection that was cut while it was idle
                max_connections=1,
            )
        return self._client

    def _warn(self, error: Exception) -> None:
        if time.monotonic() - self._warned_at >= WARN_EVERY_SECONDS:
            self._warned_at = time.monotonic()
            log.warning("live.not_published", error=str(error))


publisher = Publisher(settings.ENV.redis_url)
os.register_at_fork(after_in_child=publisher._reset)
atexit.register(publisher.close)
