"""What one socket has yet to send: at most so much, and each topic only so often."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from apps.live.domain import messages

EVERY_SECONDS: Final = 0.25
MOST_EVENTS: Final = 500


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message. on_sent: called when it has left."""

    text: str
    on_sent: Callable[[], None] | None = None


@dataclass(slots=True)
class _Topic:
    due_at: float = 0.0
    events: list[str] = field(default_factory=list)
    has_gap: bool = False
    portion: Parcel | None = None

    @property
    def has_news(self) -> bool:
        return self.has_gap or bool(self.events) or self.portion is not None


class Outbox:
    """Replies go out at once. Events of a topic go out together: the first at once, the next after ``every`` seconds.

    When the client is slower than what happens, events are dropped and a gap is told instead: it then asks
    for the state, which is shorter than its history. Not thread-safe. clock: seconds, never going back.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        on_news: Callable[[], None],
        every: float = EVERY_SECONDS,
        most_events: int = MOST_EVENTS,
    ) -> None:
        self._clock = clock
        self._on_news = on_news
        self._every = every
        self._most_events = most_events
        self._replies: deque[str] = deque()
        self._topics: dict[str, _Topic] = {}

    @property
    def replies_waiting(self) -> int:
        return len(self._replies)

    def open(self, topic: str) -> None:
        """From here on the topic's news is kept. What was left over from before is forgotten."""
        due_at = self._topics[topic].due_at if topic in self._topics else 0.0
        self._topics[topic] = _Topic(due_at=due_at)

    def close(self, topic: str) -> None:
        self._topics.pop(topic, None)

    def reply(self, text: str) -> None:
        self._replies.append(text)
        self._on_news()

    def add(self, topic: str, events: Iterable[str]) -> None:
        held = self._topics.get(topic)
        if held is None or held.has_gap:  # whoever is told of the gap asks after it for all that came before
            return
        held.events.extend(events)
        if len(held.events) > self._most_events:
            self.gap(topic)
        elif held.events:
            self._on_news()

    def gap(self, topic: str) -> None:
        if held := self._topics.get(topic):
            held.has_gap = True
            held.events.clear()
            self._on_news()

    def put(self, topic: str, portion: Parcel) -> None:
        """Send this one message when the topic's time has come. The next is put when it has left."""
        if held := self._topics.get(topic):
            held.portion = portion
            self._on_news()

    def take(self) -> tuple[list[Parcel], float | None]:
        """What is to be sent now, and in how many seconds there is more (None: nothing waits)."""
        now = self._clock()
        taken = [Parcel(text) for text in self._replies]
        self._replies.clear()
        waits = None
        for name, held in self._topics.items():
            if not held.has_news:
                continue
            if held.due_at > now:
                waits = held.due_at - now if waits is None else min(waits, held.due_at - now)
                continue
            taken.append(_packed(name, held))
            held.due_at = now + self._every
            if held.has_news:
                waits = self._every if waits is None else min(waits, self._every)
        return taken, waits


def _packed(name: str, held: _Topic) -> Parcel:
    """The topic's next message."""
    if held.has_gap:
        held.has_gap = False
        return Parcel(messages.gap(name))
    if held.events:
        text = messages.events(name, held.events)
        held.events.clear()
        return Parcel(text)
    portion, held.portion = held.portion, None
    assert portion is not None
    return portion
