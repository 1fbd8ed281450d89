"""A program that listens at /ws/ of a tenant's host."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from websockets.sync.client import ClientConnection, connect

Message = dict[str, Any]


class Ear:
    """A socket and all that was heard over it, each with when (``heard_at``)."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.heard: list[tuple[float, Message]] = []

    def say(self, **message: Any) -> None:
        self.connection.send(json.dumps(message))

    def join(self, topic: str, **more: Any) -> None:
        self.say(join=topic, **more)
        assert self.next(topic=topic) == {"topic": topic, "joined": True}

    def next(self, *, seconds: float = 10, **parts: Any) -> Message:
        """The next message that has these parts; others are passed over."""
        deadline = time.monotonic() + seconds
        while True:
            message: Message = json.loads(
                self.connection.recv(timeout=max(0.001, deadline - time.monotonic()))
            )
            self.heard.append((time.monotonic(), message))
            if all(message.get(name) == value for name, value in parts.items()):
                return message

    def until(self, holds: Callable[[Message], Any], *, seconds: float = 10) -> Message:
        deadline = time.monotonic() + seconds
        while not holds(message := self.next(seconds=deadline - time.monotonic())):
            pass
        return message

    def nothing(self, *, seconds: float) -> bool:
        """Whether nothing at all is heard for so long."""
        try:
            self.next(seconds=seconds)
        except TimeoutError:
            return True
        return False

    def events(self, topic: str) -> list[Message]:
        return [
            event
            for _, message in self.heard
            if message.get("topic") == topic
            for event in message.get("events", ())
        ]


@contextmanager
def listening(
    address: str, host: str = "acme.localhost", *, token: str = "", session: str = "", **options: Any
) -> Iterator[Ear]:
    """A socket on this tenant's host, with a token or a session's cookie; a browser's page is from there, too."""
    parts = urlsplit(address)
    headers = {}
    if token:
        headers["Authorization"] = f"Token {token}"
    if session:
        headers["Cookie"] = f"sessionid={session}"
        options.setdefault("origin", f"http://{host}:{parts.port}")
    with connect(
        f"ws://{host}:{parts.port}{options.pop('path', '/ws/')}",
        sock=socket.create_connection((str(parts.hostname), int(parts.port or 0))),
        additional_headers=headers,
        **options,
    ) as connection:
        yield Ear(connection)
