"""The ASGI application: HTTP on threads, websockets on the event loop (docs/adr/0009-threads-beside-the-loop.md)."""

from __future__ import annotations

from django.conf import settings

from config.bridge import HttpOnThreads, Message, Receive, Send
from config.wsgi import application as wsgi

from apps.jobs.runners.sandbox import harden_process  # isort: skip
from apps.live import consumers  # isort: skip
from apps.live.services import hub  # isort: skip  (they need the applications that wsgi has loaded)

harden_process()
http = HttpOnThreads(wsgi, threads=settings.ENV.web_threads)
websocket = consumers.LiveConsumer.as_asgi()


async def application(scope: Message, receive: Receive, send: Send) -> None:
    match scope["type"]:
        case "http":
            await http(scope, receive, send)
        case "websocket":
            await websocket(scope, receive, send)
        case "lifespan":
            await _live_and_die(receive, send)


async def _live_and_die(receive: Receive, send: Send) -> None:
    """By the time of the end the server has closed all sockets, with code 1012: it comes back."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await hub.close()
    http.close()
    await send({"type": "lifespan.shutdown.complete"})
