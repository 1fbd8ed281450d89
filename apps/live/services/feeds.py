"""One log that somebody in this process follows: read once, sent to all who are at the same place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

import structlog
from django.db import Error as DatabaseError

from apps.live.domain import messages
from apps.live.domain.outbox import Parcel
from apps.live.selectors import portions
from apps.live.selectors.portions import Place
from apps.live.services.listener import Listener
from apps.live.services.threads import TenantThreads
from apps.tenants.models import Tenant

log = structlog.get_logger(__name__)

PAUSE_SECONDS: Final = 0.1
RETRY_SECONDS: Final = 2.0


@dataclass(slots=True, eq=False)
class _Reader:
    """read_to: what the feed had heard of when this one last read to the end; -1: it has not."""

    listener: Listener
    place: Place
    read_to: int = -1
    is_sending: bool = False


class LogFeed:
    """Each reader has a place in the log, and gets the next portion when the last has left.

    So nothing is kept for slow ones, and there is neither a hole nor a double between what was stored before
    and what comes: it is all read from the same table. A bulletin only says that there is more to read.
    """

    def __init__(self, tenant: Tenant, run_id: UUID, threads: TenantThreads) -> None:
        self._tenant = tenant
        self._run_id = run_id
        self._threads = threads
        self._topic = f"log:{run_id}"
        self._readers: dict[Listener, _Reader] = {}
        self._heard = 0
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_followed(self) -> bool:
        return bool(self._readers)

    def join(self, listener: Listener, place: Place) -> None:
        """Begin, or begin anew, at this place."""
        self._readers[listener] = _Reader(listener, place)
        self._wake.set()
        if self._task is None:
            self._task = asyncio.create_task(self._pump(), name=self._topic)

    def leave(self, listener: Listener) -> None:
        self._readers.pop(listener, None)
        if not self._readers and self._task is not None:
            self._task.cancel()
            self._task = None

    def grew(self) -> None:
        """There may be more than was read."""
        self._heard += 1
        self._wake.set()

    async def _pump(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            pause = PAUSE_SECONDS
            for place, language in {(one.place, one.listener.visitor.language) for one in self._behind()}:
                try:
                    await self._serve(place, language)
                except DatabaseError as error:
                    log.warning("live.log_not_read", run_id=str(self._run_id), error=str(error).strip())
                    pause = RETRY_SECONDS
                    self._wake.set()
                except Exception:
                    log.exception("live.log_not_told", run_id=str(self._run_id))
                    pause = RETRY_SECONDS
            await asyncio.sleep(pause)

    async def _serve(self, place: Place, language: str) -> None:
        """Read on from one place for all who are there."""
        heard = self._heard
        portion = await self._threads.run(self._tenant, portions.read, self._run_id, place, language=language)
        parcel_text = messages.events(self._topic, portion.blocks) if portion.blocks else ""
        for reader in self._behind():
            if reader.place != place or reader.listener.visitor.language != language:
                continue
            reader.place = portion.place
            if not portion.has_more:
                reader.read_to = heard
            if portion.blocks:
                reader.is_sending = True
                reader.listener.outbox.put(self._topic, Parcel(parcel_text, self._when_sent(reader)))
            elif portion.has_more:
                self._wake.set()

    def _behind(self) -> list[_Reader]:
        return [one for one in self._readers.values() if not one.is_sending and one.read_to < self._heard]

    def _when_sent(self, reader: _Reader) -> Callable[[], None]:
        return partial(self._sent, reader)

    def _sent(self, reader: _Reader) -> None:
        reader.is_sending = False
        if reader.read_to < self._heard:
            self._wake.set()
