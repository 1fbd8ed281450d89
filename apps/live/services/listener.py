"""One socket as the rest of the house sees it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from apps.live.domain import messages
from apps.live.domain.outbox import Outbox, Parcel
from apps.live.domain.topics import Topic
from apps.live.errors import NoSuchTopic
from apps.live.services.door import Visitor
from apps.live.services.words import said

# Codes from 4000 on are free for applications; docs/live.md lists them.
SIGNED_OUT: Final = 4401
SUSPENDED: Final = 4403
NO_TENANT: Final = 4404


@dataclass(frozen=True, slots=True)
class Farewell:
    code: int
    reason: str


class Listener:
    """Who listens to what, and what is on its way to them. Lives on the event loop."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.topics: dict[str, Topic] = {}
        self.farewell: Farewell | None = None
        self._news = asyncio.Event()
        self.outbox = Outbox(clock=time.monotonic, on_news=self._news.set)

    def end(self, code: int, reason: str) -> None:
        """Close the socket with this code, as soon as what is being sent has left."""
        if self.farewell is None:
            self.farewell = Farewell(code, reason)
            self._news.set()

    def refuse(self, topic: str) -> None:
        """A topic that was joined is not theirs to hear any more."""
        error = NoSuchTopic()
        self.outbox.reply(
            messages.error(topic, code=error.code, detail=said(error, language=self.visitor.language))
        )

    async def parcels(self) -> list[Parcel]:
        """What is to be sent next, when there is something; nothing once the socket is to be closed."""
        while self.farewell is None:
            self._news.clear()
            parcels, wait = self.outbox.take()
            if parcels:
                return parcels
            try:
                async with asyncio.timeout(wait):
                    await self._news.wait()
            except TimeoutError:
                continue
        return []
