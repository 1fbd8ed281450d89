"""This process's ear at Valkey: one connection, one subscription for each tenant that somebody here listens to."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Any, Final
from weakref import WeakKeyDictionary

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from redis import asyncio as aioredis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from apps.live.domain import bulletin
from apps.live.errors import TooManySockets
from apps.live.services.listener import Listener
from apps.live.services.rooms import Room
from apps.live.services.threads import TenantThreads
from apps.tenants.models import Tenant

log = structlog.get_logger(__name__)

THREADS: Final = 4
MOST_SOCKETS_OF_A_USER: Final = 50
AUDIT_EVERY_SECONDS: Final = 10.0
ASK_AFTER_SECONDS: Final = 4.0
RETRY_SECONDS: Final = 1.0
GAP_EVERY_SECONDS: Final = 10.0


class Hub:
    """Lives on one event loop, from its first socket on.

    A connection to Valkey that was lost may have cost bulletins, so its return is a gap for everybody; while
    it is away there is a gap every ten seconds: pages then keep themselves fresh by asking.
    """

    def __init__(self, url: str) -> None:
        self.threads = TenantThreads(THREADS)
        self._client = aioredis.Redis.from_url(
            url,
            socket_connect_timeout=2.0,
            socket_timeout=5.0,
            retry=Retry(NoBackoff(), 0),  # the client must not reconnect behind our back
        )
        self._database = int(self._client.connection_pool.connection_kwargs.get("db") or 0)
        self._rooms: dict[str, Room] = {}
        self._subscribed: dict[str, asyncio.Event] = {}
        self._pubsub: Any = None
        self._tasks: list[asyncio.Task[None]] = []

    async def enter(self, tenant: Tenant, listener: Listener) -> Room:
        """Take a socket in; when this returns, whatever happens from then on is heard.

        Without Valkey it returns after a moment nevertheless: the gap that follows its return makes up for it.
        Raises TooManySockets.
        """
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(self._listen(), name="live hub"),
                asyncio.create_task(self._audit(), name="live audit"),
            ]
        channel = bulletin.channel(self._database, tenant.schema_name)
        room = self._rooms.setdefault(channel, Room(tenant, self.threads))
        if room.sockets_of(listener.visitor.user_id) >= MOST_SOCKETS_OF_A_USER:
            raise TooManySockets
        room.enter(listener)
        try:
            if channel not in self._subscribed:
                self._subscribed[channel] = asyncio.Event()
                await self._send("subscribe", channel)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY_SECONDS):
                    await self._subscribed[channel].wait()
        except BaseException:
            await self.exit(tenant, listener)
            raise
        return room

    async def exit(self, tenant: Tenant, listener: Listener) -> None:
        channel = bulletin.channel(self._database, tenant.schema_name)
        room = self._rooms.get(channel)
        if room is None:
            return
        room.exit(listener)
        if room.is_empty:
            del self._rooms[channel]
            self._subscribed.pop(channel, None)
            await self._send("unsubscribe", channel)

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self._hang_up()
        await self._client.aclose()
        await self.threads.aclose()

    async def _send(self, command: str, channel: str) -> None:
        """Subscribe or unsubscribe now, if there is a connection; a new one begins with all that is wanted."""
        if self._pubsub is not None:
            with contextlib.suppress(RedisError, OSError):  # the listening task hears of it, too
                await getattr(self._pubsub, command)(channel)

    async def _listen(self) -> None:
        last_gap = asyncio.get_running_loop().time()
        was_lost = False
        while True:
            try:
                await self._connect()
                if was_lost:
                    log.info("live.valkey_is_back")
                    self._missed()
                    was_lost = False
                await self._hear()
            except (RedisError, OSError, TimeoutError) as error:
                if not was_lost:
                    log.warning("live.valkey_is_away", error=str(error))
                was_lost = True
            except Exception:
                log.exception("live.hub_failed")
                was_lost = True
            await self._hang_up()
            now = asyncio.get_running_loop().time()
            if now - last_gap >= GAP_EVERY_SECONDS:
                last_gap = now
                self._missed()
            await asyncio.sleep(RETRY_SECONDS * random.uniform(0.5, 1))

    async def _connect(self) -> None:
        """A connection that is subscribed to every room's channel, and to one of its own, so that it is one at all."""
        for confirmed in self._subscribed.values():
            confirmed.clear()
        pubsub = self._client.pubsub()
        await pubsub.subscribe(bulletin.channel(self._database, ""), *self._subscribed)
        self._pubsub = pubsub
        for channel in self._subscribed.keys() - {name.decode() for name in pubsub.channels}:
            await pubsub.subscribe(channel)  # wanted while we were connecting
        wanted = list(self._subscribed)
        async with asyncio.timeout(ASK_AFTER_SECONDS):
            while not all(self._subscribed[name].is_set() for name in wanted if name in self._subscribed):
                self._take(await pubsub.get_message(timeout=ASK_AFTER_SECONDS))

    async def _hear(self) -> None:
        """Take what comes. After a silence ask for a sign; without one the connection is dead, whatever TCP believes."""
        has_asked = False
        while True:
            message = await self._pubsub.get_message(timeout=ASK_AFTER_SECONDS)
            if message is not None:
                has_asked = False
                self._take(message)
            elif has_asked:
                raise TimeoutError("Valkey does not answer")
            else:
                has_asked = True
                await self._pubsub.ping()

    def _take(self, message: dict[str, Any] | None) -> None:
        if message is None or message["type"] not in ("message", "subscribe"):
            return
        channel = message["channel"].decode()
        confirmed, room = self._subscribed.get(channel), self._rooms.get(channel)
        if confirmed is None or room is None:
            return
        if message["type"] == "message":
            try:
                room.hear(bulletin.read(message["data"]))
            except ValueError as error:
                log.warning("live.bad_bulletin", error=str(error))
        elif confirmed.is_set():
            room.missed()  # subscribed a second time: the client has connected anew by itself
        else:
            confirmed.set()

    async def _hang_up(self) -> None:
        pubsub, self._pubsub = self._pubsub, None
        if pubsub is not None:
            with contextlib.suppress(RedisError, OSError):
                await pubsub.aclose()

    def _missed(self) -> None:
        for room in self._rooms.values():
            room.missed()

    async def _audit(self) -> None:
        while True:
            await asyncio.sleep(AUDIT_EVERY_SECONDS * random.uniform(0.8, 1))
            for room in list(self._rooms.values()):
                try:
                    await room.audit()
                except DatabaseError as error:
                    log.warning("live.not_audited", error=str(error).strip())
                except Exception:
                    log.exception("live.audit_failed")


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def here() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub(settings.ENV.redis_url)
    return _hubs[loop]


async def close() -> None:
    """End the running loop's hub, if it has one."""
    if found := _hubs.pop(asyncio.get_running_loop(), None):
        await found.aclose()
