"""The ASGI application: HTTP on threads, websockets on the event loop (docs/adr/0009-threads-beside-the-loop.md)."""

from __future__ import annotations

from typing import Any

from a2wsgi import WSGIMiddleware
from django.conf import settings

from config.wsgi import application as wsgi

http = WSGIMiddleware(wsgi, workers=settings.ENV.web_threads)


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] in ("http", "lifespan"):
        await http(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1000})
