"""HTTP on a fixed pool of threads, under an event loop (docs/adr/0009-threads-beside-the-loop.md)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from typing import Any, Final

from a2wsgi import WSGIMiddleware

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_KEPT_BYTES: Final = 1024 * 1024
BODY_PATIENCE_SECONDS: Final = 30.0
_GONE: Final = "jiepai.gone"


class HttpOnThreads:
    """A2wsgi, and what keeps its threads free when clients are slow, gone, or the server is to stop.

    A thread is taken only when the request's body is there, or its first megabyte. One that answers somebody
    who has gone stops at the next piece, instead of waiting forever for a queue that nobody empties.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], *, threads: int) -> None:
        self._bridge: Any = WSGIMiddleware(_stoppable(app), workers=threads)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        gone = threading.Event()

        async def pass_on(message: Message) -> None:
            if not gone.is_set():
                try:
                    await send(message)
                except Exception:  # whatever it is, nobody can be told any more
                    gone.set()

        is_read = asyncio.Event()
        body = await _begun(receive, is_read)
        if body is None:
            return
        watcher = asyncio.ensure_future(_watch(receive, is_read, gone))
        work = asyncio.ensure_future(self._bridge({**scope, _GONE: gone}, body, pass_on))
        try:
            await asyncio.shield(work)
        finally:
            gone.set()
            watcher.cancel()

    def close(self) -> None:
        """Begin no more requests; those that run are not waited for."""
        self._bridge.executor.shutdown(wait=False, cancel_futures=True)


async def _watch(receive: Receive, is_read: asyncio.Event, gone: threading.Event) -> None:
    """Wait for the client to go away; the server tells it after the body, and says nothing when a piece is sent."""
    await is_read.wait()
    while (await receive())["type"] != "http.disconnect":
        pass
    gone.set()


async def _begun(receive: Receive, is_read: asyncio.Event) -> Receive | None:
    """Read the beginning of the body; gives what reads it all, and says when. None: the client went away."""
    held: list[Message] = []
    size, has_more = 0, True
    while has_more and size < BODY_KEPT_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        held.append(message)
        size += len(message.get("body", b""))
        has_more = message.get("more_body", False)
    held.reverse()
    if not has_more:
        is_read.set()

    async def read() -> Message:
        if held:
            return held.pop()
        try:
            async with asyncio.timeout(BODY_PATIENCE_SECONDS):
                message = await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        if not message.get("more_body", False):
            is_read.set()
        return message

    return read


def _stoppable(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    def call(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return _Answer(app(environ, start_response), environ["asgi.scope"][_GONE])

    return call


class _Answer:
    """A WSGI answer that ends when nobody takes it any more."""

    def __init__(self, answer: Iterable[bytes], gone: threading.Event) -> None:
        self._answer = answer
        self._gone = gone

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._answer:
            if self._gone.is_set():
                return
            yield piece

    def close(self) -> None:
        if hasattr(self._answer, "close"):
            self._answer.close()
