"""This worker process as an executor: what it holds, and the threads that keep its leases alive."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError

from apps.executors.models import Executor
from apps.executors.services import presence
from apps.jobs.runners.sandbox import CancelToken, ForkServer
from apps.jobs.services.logs import LogWriter
from apps.queue.services import leases
from apps.tenants.models import Tenant
from kernel.schemas import connection

log = structlog.get_logger(__name__)
FLUSH_SECONDS: Final = 0.15
LOST: Final = "lost"
STOPPED: Final = "stopped"


@dataclass(slots=True)
class Held:
    """A run that this process holds. cancelled_by: who asked to stop it, once somebody has."""

    run_id: UUID
    epoch: int
    tenant: Tenant
    log: LogWriter
    cancel: CancelToken = field(default_factory=CancelToken)
    cancelled_by: str = ""


class Station:
    """Slots, leases and log flushing of one worker process.

    One thread renews all leases with one statement, hears requests to cancel, and kills what it has lost; one
    thread stores what running scripts have written.
    """

    def __init__(self, *, forks: ForkServer) -> None:
        env = settings.ENV
        self.forks = forks
        self.lease = timedelta(seconds=env.lease_seconds)
        self.grace_seconds: float = env.shutdown_grace_seconds
        self.group: str = env.worker_group
        self.tags: list[str] = env.worker_tags
        self.executor: Executor = presence.register(
            name=f"{socket.gethostname()}:{os.getpid()}",
            group=env.worker_group,
            tags=env.worker_tags,
            slots=env.worker_concurrency,
            facts={"sandbox": forks.report()},
        )
        self.is_stopping = threading.Event()
        self._takes_work = True  # until an administrator drains it
        self._slots = threading.Semaphore(env.worker_concurrency)
        self._rang = threading.Event()
        self._held: dict[UUID, Held] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep_leases, name="leases", daemon=True),
            threading.Thread(target=self._flush_logs, name="logs", daemon=True),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    @property
    def takes_work(self) -> bool:
        """False once it stops, and while it is drained."""
        return self._takes_work and not self.is_stopping.is_set()

    def stop_claiming(self) -> None:
        """Take no more work; what runs has the grace period, then it is killed and handed back."""
        if self.is_stopping.is_set():
            return
        self.is_stopping.set()
        timer = threading.Timer(self.grace_seconds, self._stop_all, [STOPPED])
        timer.daemon = True
        timer.start()

    def leave(self) -> None:
        """Leave the cluster; call it when no slot works any more."""
        self._ended.set()
        for thread in self._threads:
            thread.join(timeout=10)
        with contextlib.suppress(DatabaseError, InterfaceError):
            presence.leave(self.executor.pk)

    @contextlib.contextmanager
    def slot(self) -> Iterator[bool]:
        """A free slot, if there is one (False: there is none)."""
        is_free = self._slots.acquire(blocking=False)
        try:
            yield is_free
        finally:
            if is_free:
                self._slots.release()

    def heard(self) -> None:
        """A doorbell rang."""
        self._rang.set()

    def answer(self) -> bool:
        """Whether it rang since the last answer."""
        rang = self._rang.is_set()
        self._rang.clear()
        return rang

    @contextlib.contextmanager
    def holding(self, held: Held) -> Iterator[None]:
        """Keep the lease of a run alive meanwhile."""
        with self._lock:
            self._held[held.run_id] = held
        try:
            yield
        finally:
            with self._lock:
                self._held.pop(held.run_id, None)

    def _all(self) -> list[Held]:
        with self._lock:
            return list(self._held.values())

    def _stop_all(self, reason: str) -> None:
        for held in self._all():
            held.cancel.set(reason)

    # --- leases -----------------------------------------------------------------------------------

    def _keep_leases(self) -> None:
        period = self.lease.total_seconds() / 4
        renewed_at = time.monotonic()
        is_cut_off = False
        while not self._ended.is_set():
            try:
                if self.is_stopping.is_set():
                    presence.drain(self.executor.pk)
                presence.beat(self.executor.pk, busy=len(self._held))
                self._takes_work = presence.takes_work(self.executor.pk)
                began = time.monotonic()
                self._renew()
                renewed_at = began
                if is_cut_off:
                    log.info("station.database_is_back")
                    is_cut_off = False
                self._listen(until=time.monotonic() + period)
            except (DatabaseError, InterfaceError, OSError) as error:
                if not is_cut_off:
                    log.warning("station.database_unavailable", error=str(error).strip())
                    is_cut_off = True
                with contextlib.suppress(DatabaseError, InterfaceError):
                    connection.close()
                if time.monotonic() - renewed_at > self.lease.total_seconds():
                    self._stop_all(LOST)
                self._ended.wait(min(1.0, period))
        connection.close()

    def _renew(self) -> None:
        held = {one.run_id: one for one in self._all()}
        pairs = [(one.run_id, one.epoch) for one in held.values()]
        for renewal in leases.renew(owner=self.executor.pk, held=pairs, lease=self.lease):
            one = held[renewal.run_id]
            if renewal.cancelled_by:
                one.cancelled_by = renewal.cancelled_by
                one.cancel.set("cancelled")
            elif not renewal.is_held and one.run_id in self._held:
                one.cancel.set(LOST)

    def _listen(self, *, until: float) -> None:
        """Wait, and renew early when somebody asks to cancel a run that is held here."""
        with connection.cursor() as cursor:
            cursor.execute("LISTEN jiepai_cancel")
        raw = connection.connection
        while (left := until - time.monotonic()) > 0 and not self._ended.is_set():
            select.select([raw], [], [], min(left, 0.5))
            with connection.wrap_database_errors:  # a lost connection is to look like any other here
                raw.poll()
            asked = {UUID(note.payload) for note in raw.notifies}
            raw.notifies.clear()
            if asked & self._held.keys():
                self._renew()

    # --- logs -------------------------------------------------------------------------------------

    def _flush_logs(self) -> None:
        while not self._ended.wait(FLUSH_SECONDS):
            for held in self._all():
                if not held.log.is_dirty:
                    continue
                try:
                    if getattr(connection.tenant, "pk", None) != held.tenant.pk:
                        connection.set_tenant(held.tenant)
                    held.log.flush()
                except (DatabaseError, InterfaceError) as error:
                    log.warning("station.log_waits", run_id=str(held.run_id), error=str(error).strip())
                    with contextlib.suppress(DatabaseError, InterfaceError):
                        connection.close()
        connection.close()


_current: Station | None = None


def open_station(forks: ForkServer) -> Station:
    """Make this process an executor."""
    global _current
    _current = Station(forks=forks)
    _current.start()
    return _current


def current() -> Station:
    """This process's station. Raises RuntimeError in a process that is no worker."""
    if _current is None:
        raise RuntimeError("this process is not an executor")
    return _current
