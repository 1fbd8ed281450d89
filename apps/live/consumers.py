"""The socket of a browser tab, or of a program: /ws/. What is said over it is written down in docs/live.md."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any, Final

import structlog
from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from django.db import Error as DatabaseError
from django.http import HttpRequest
from django.utils import translation

from apps.live.domain import messages, topics
from apps.live.domain.handshake import Handshake
from apps.live.domain.messages import Join, Leave, Ping
from apps.live.domain.pace import Pace
from apps.live.domain.topics import Kind
from apps.live.errors import BadMessage, NoSuchTopic, SignedOut, TooManyTopics
from apps.live.selectors import rights
from apps.live.selectors.portions import Place
from apps.live.services import door, hub
from apps.live.services.listener import Listener
from apps.live.services.rooms import Room
from apps.live.services.words import said
from apps.tenants.errors import DatabaseUnavailable
from apps.tenants.models import Tenant
from kernel import problems
from kernel.errors import DomainError

log = structlog.get_logger(__name__)

MOST_TOPICS: Final = 100
MOST_LOGS: Final = 10
MOST_REPLIES: Final = 100
TEXT_ONLY: Final = 1003
TOO_BIG: Final = 1009


class LiveConsumer(AsyncConsumer):  # type: ignore[misc]
    """One socket: admitted at the door, then an ear in its tenant's room."""

    tenant: Tenant
    listener: Listener
    room: Room | None = None
    _sender: asyncio.Task[None] | None = None

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Without Channels' own look at database connections: those are in threads of ours."""
        match message["type"]:
            case "websocket.connect":
                await self._connect()
            case "websocket.receive":
                await self._receive(message)
            case "websocket.disconnect":
                await self._disconnect()
                raise StopConsumer

    async def _connect(self) -> None:
        handshake = Handshake.of(self.scope["headers"])
        try:
            if self.scope["path"] != "/ws/":
                raise NoSuchTopic
            await self._admit(handshake)
        except DomainError as error:
            await self._refuse(error, handshake)
            return
        except DatabaseError as error:
            log.error("live.database_unavailable", error=str(error).strip())
            await self._refuse(DatabaseUnavailable(), handshake)
            return
        self._pace = Pace(rate=20, burst=2 * MOST_TOPICS, clock=time.monotonic)
        await self.send({"type": "websocket.accept"})
        self._sender = asyncio.create_task(self._send_all())

    async def _admit(self, handshake: Handshake) -> None:
        if handshake.token is None and not handshake.cookie:
            raise SignedOut
        here = hub.here()
        self.tenant = await here.threads.run(None, door.tenant_at, handshake.host)
        self.listener = Listener(await here.threads.run(self.tenant, door.admit, handshake))
        self.room = await here.enter(self.tenant, self.listener)

    async def _refuse(self, error: DomainError, handshake: Handshake) -> None:
        """Answer with an HTTP status instead of a socket: a browser that can't come in then waits ever longer."""
        request = HttpRequest()
        request.META["HTTP_ACCEPT_LANGUAGE"] = handshake.accept_language
        detail = said(error, language=translation.get_language_from_request(request))
        if "websocket.http.response" not in (self.scope.get("extensions") or {}):
            await self.send({"type": "websocket.close", "code": 4000 + error.status})
            return
        answer = problems.answer(status=error.status, code=error.code, detail=detail)
        headers = [(b"content-type", problems.PROBLEM.encode()), (b"cache-control", b"no-store")]
        await self.send({"type": "websocket.http.response.start", "status": error.status, "headers": headers})
        await self.send({"type": "websocket.http.response.body", "body": answer.content})

    async def _receive(self, message: dict[str, Any]) -> None:
        text = message.get("text")
        if self.room is None or self.listener.farewell is not None:
            return
        if text is None:
            self.listener.end(TEXT_ONLY, "text only")
            return
        if len(text) > messages.MOST_BYTES or len(text.encode()) > messages.MOST_BYTES:
            self.listener.end(TOO_BIG, "message too big")
            return
        await self._slow_down()
        try:
            asked = messages.parse(text)
        except ValueError:
            self._tell("", BadMessage())
            return
        match asked:
            case Ping():
                self.listener.outbox.reply(messages.PONG)
            case Leave(topic):
                self.room.leave(self.listener, topic)
            case Join():
                await self._join(asked, self.room)

    async def _slow_down(self) -> None:
        """Who says too much, or does not listen to the answers, is not read for a while, and so loses nothing."""
        if wait := self._pace.wait_for_one():
            await asyncio.sleep(wait)
        assert self._sender is not None
        while self.listener.outbox.replies_waiting > MOST_REPLIES and not self._sender.done():
            await asyncio.sleep(0.05)

    async def _join(self, asked: Join, room: Room) -> None:
        try:
            topic = topics.parse(asked.topic)
            if topic is None:
                raise NoSuchTopic
            held = {name: one for name, one in self.listener.topics.items() if name != asked.topic}
            logs = sum(one.kind is Kind.LOG for one in held.values())
            if len(held) >= MOST_TOPICS or (topic.kind is Kind.LOG and logs >= MOST_LOGS):
                raise TooManyTopics(most=MOST_TOPICS, most_logs=MOST_LOGS)
            if not await hub.here().threads.run(
                self.tenant, rights.may_hear, self.listener.visitor.user_id, topic
            ):
                raise NoSuchTopic
        except DomainError as error:
            self._tell(asked.topic, error)
        except DatabaseError as error:
            log.error("live.database_unavailable", error=str(error).strip())
            self._tell(asked.topic, DatabaseUnavailable())
        else:
            place = Place(asked.attempt, asked.after, follows=asked.attempt is None)
            room.join(self.listener, topic, place=place)

    async def _disconnect(self) -> None:
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)
        if self.room is not None:
            await hub.here().exit(self.tenant, self.listener)
            self.room = None

    async def _send_all(self) -> None:
        """Send until the socket is to be closed, or is. Whoever reads slowly holds up nobody but themselves."""
        with contextlib.suppress(Exception):  # the client is gone: the server says so to the consumer as well
            while parcels := await self.listener.parcels():
                for parcel in parcels:
                    await self.send({"type": "websocket.send", "text": parcel.text})
                    if parcel.on_sent:
                        parcel.on_sent()
            assert self.listener.farewell is not None
            code, reason = self.listener.farewell.code, self.listener.farewell.reason
            await self.send({"type": "websocket.close", "code": code, "reason": reason})

    def _tell(self, topic: str, error: DomainError) -> None:
        detail = said(error, language=self.listener.visitor.language)
        self.listener.outbox.reply(messages.error(topic, code=error.code, detail=detail))
