"""The sockets of one tenant in this process: what is heard of it is read once and given to all of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import Final

import structlog
from django.db import Error as DatabaseError

from apps.live.domain import messages
from apps.live.domain.bulletin import Bulletin, Change
from apps.live.domain.topics import Kind, Topic
from apps.live.selectors import changes, news
from apps.live.selectors.news import News
from apps.live.selectors.portions import Place
from apps.live.services import door
from apps.live.services.feeds import LogFeed
from apps.live.services.listener import NO_TENANT, SIGNED_OUT, SUSPENDED, Listener
from apps.live.services.sights import Sights
from apps.live.services.threads import TenantThreads
from apps.tenants.models import Tenant

log = structlog.get_logger(__name__)

PAUSE_SECONDS: Final = 0.1
MOST_EVENTS_AT_ONCE: Final = 2000
_RUNS: Final = str(Kind.RUNS)
_CHANGES: Final = str(Kind.CHANGES)


class Room:
    def __init__(self, tenant: Tenant, threads: TenantThreads) -> None:
        self.tenant = tenant
        self._threads = threads
        self._listeners: set[Listener] = set()
        self._by_topic: dict[str, set[Listener]] = {}
        self._feeds: dict[str, LogFeed] = {}
        self._jobs = Sights()
        self._datasources = Sights()
        self._pending: dict[int, None] = {}
        self._changes: list[Change] = []
        self._teller: asyncio.Task[None] | None = None

    @property
    def is_empty(self) -> bool:
        return not self._listeners

    def sockets_of(self, user_id: int) -> int:
        return Counter(one.visitor.user_id for one in self._listeners)[user_id]

    def enter(self, listener: Listener) -> None:
        self._listeners.add(listener)

    def exit(self, listener: Listener) -> None:
        for name in list(listener.topics):
            self.leave(listener, name)
        self._listeners.discard(listener)
        if self.is_empty and self._teller is not None:
            self._teller.cancel()
            self._teller = None

    def join(self, listener: Listener, topic: Topic, *, place: Place | None = None) -> None:
        """Hear of the topic from now on. place: where to begin in a log. Joining again begins anew."""
        name = str(topic)
        listener.topics[name] = topic
        listener.outbox.open(name)
        listener.outbox.reply(messages.joined(name))
        self._by_topic.setdefault(name, set()).add(listener)
        if topic.kind is Kind.LOG:
            assert topic.id is not None
            assert place is not None
            run = str(topic.id)
            if run not in self._feeds:
                self._feeds[run] = LogFeed(self.tenant, topic.id, self._threads)
            self._feeds[run].join(listener, place)

    def leave(self, listener: Listener, name: str) -> None:
        topic = listener.topics.pop(name, None)
        if topic is None:
            return
        listener.outbox.close(name)
        heard_by = self._by_topic.get(name, set())
        heard_by.discard(listener)
        if not heard_by:
            self._by_topic.pop(name, None)
        if topic.kind is Kind.LOG and (feed := self._feeds.get(str(topic.id))):
            feed.leave(listener)
            if not feed.is_followed:
                del self._feeds[str(topic.id)]

    def hear(self, bulletin: Bulletin) -> None:
        for run, job, event in bulletin.events:
            if any(name in self._by_topic for name in (_RUNS, f"job:{job}", f"run:{run}")):
                self._pending[event] = None
            self._log_grew(run)  # an attempt that begins or ends may be all that is heard of its log
        for run in bulletin.logs:
            self._log_grew(run)
        if _CHANGES in self._by_topic:
            self._changes.extend(bulletin.changes)
        if bulletin.has_gap or len(self._pending) + len(self._changes) > MOST_EVENTS_AT_ONCE:
            self.missed()
        if (self._pending or self._changes) and self._teller is None:
            self._teller = asyncio.create_task(self._tell(), name=f"live {self.tenant.schema_name}")

    def missed(self) -> None:
        """Something may have happened that was not heard of."""
        self._pending.clear()
        self._changes.clear()
        for name, listeners in self._by_topic.items():
            if not name.startswith(Kind.LOG):
                for listener in listeners:
                    listener.outbox.gap(name)
        for feed in self._feeds.values():
            feed.grew()

    async def audit(self) -> None:
        """Close the sockets of whoever is signed in no longer, and the topics that are theirs no longer."""
        present = list(self._listeners)
        topics: dict[int, set[Topic]] = {}
        for one in present:
            topics.setdefault(one.visitor.user_id, set()).update(one.topics.values())
        found = await self._threads.run(
            self.tenant, door.audit, self.tenant.pk, {one.visitor for one in present}, topics
        )
        for one in present:
            if found.tenant_is_gone:
                one.end(NO_TENANT, "no such tenant")
            elif found.tenant_is_suspended:
                one.end(SUSPENDED, "suspended")
            elif one.visitor in found.out:
                one.end(SIGNED_OUT, "signed out")
            else:
                hidden = found.topics.get(one.visitor.user_id, frozenset())
                for name in [name for name, topic in one.topics.items() if topic in hidden]:
                    self.leave(one, name)
                    one.refuse(name)

    def _log_grew(self, run: str) -> None:
        if feed := self._feeds.get(run):
            feed.grew()

    async def _tell(self) -> None:
        """Read and pass on what was heard, until nothing is left; what comes meanwhile waits for the next round."""
        while self._pending or self._changes:
            events, self._pending = self._pending, {}
            done, self._changes = self._changes, []
            try:
                if events:
                    await self._pass_on(events)
                if done:
                    await self._pass_on_changes(done)
            except DatabaseError as error:
                log.warning("live.events_not_read", error=str(error).strip())
                self.missed()
            except Exception:
                log.exception("live.events_not_told")
                self.missed()
            await asyncio.sleep(PAUSE_SECONDS)
        self._teller = None

    async def _pass_on(self, event_ids: dict[int, None]) -> None:
        found, answers = await self._threads.run(
            self.tenant, news.read, list(event_ids), self._jobs.known(self._users_at(_RUNS))
        )
        self._jobs.learn(answers, {one.job for one in found})
        for one in list(self._by_topic.get(_RUNS, ())):
            user = one.visitor.user_id
            one.outbox.add(_RUNS, [it.text for it in found if self._jobs.sees(user, it.job)])
        self._give(found)

    async def _pass_on_changes(self, done: list[Change]) -> None:
        users = self._users_at(_CHANGES)
        told, of_jobs, of_datasources = await self._threads.run(
            self.tenant, changes.read, done, self._jobs.known(users), self._datasources.known(users)
        )
        self._jobs.learn(of_jobs, {one.guard for one in told if one.is_of_job})
        self._datasources.learn(of_datasources, {one.guard for one in told if not one.is_of_job})
        for one in list(self._by_topic.get(_CHANGES, ())):
            user = one.visitor.user_id
            one.outbox.add(
                _CHANGES,
                [
                    it.text
                    for it in told
                    if (self._jobs if it.is_of_job else self._datasources).sees(user, it.guard)
                ],
            )

    def _users_at(self, topic: str) -> set[int]:
        return {one.visitor.user_id for one in self._by_topic.get(topic, ())}

    def _give(self, found: Iterable[News]) -> None:
        """To those who listen to one job or one run."""
        by_name: dict[str, list[str]] = {}
        for it in found:
            for name in (f"job:{it.job}", f"run:{it.run}"):
                if name in self._by_topic:
                    by_name.setdefault(name, []).append(it.text)
        for name, texts in by_name.items():
            for one in self._by_topic[name]:
                one.outbox.add(name, texts)
