"""Gives each request an id, and tells the audit log and the log lines where a deed comes from."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponseBase

from apps.audit import services
from kernel.ids import new_id

HEADER = "X-Request-ID"
_PLAUSIBLE = re.compile(r"[A-Za-z0-9._-]{8,64}")


class OriginMiddleware:
    """Stands first. Keeps an id that a proxy in front has given, so that its log and ours can be joined.

    The address is the peer's: it is the server's business (uvicorn --forwarded-allow-ips) to put the
    browser's address there when the peer is a trusted proxy.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "")
        request_id = given if _PLAUSIBLE.fullmatch(given) else str(new_id())
        with (
            services.origin(ip=_address(request.META.get("REMOTE_ADDR", "")), request_id=request_id),
            structlog.contextvars.bound_contextvars(request_id=request_id),
        ):
            response = self.get_response(request)
        response.headers[HEADER] = request_id
        return response


def _address(text: str) -> str | None:
    """The address, or None where there is none (a unix socket)."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
