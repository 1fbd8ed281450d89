"""Sessions that know from where they are used; answers in the user's language and time zone."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.http import HttpRequest, HttpResponseBase

from apps.accounts import preferences
from apps.audit import services as audit


class SessionMiddleware(DjangoSessionMiddleware):
    """Stands after the audit's, which finds out the address."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.session.used_from(ip=audit.whence().ip, agent=request.headers.get("User-Agent", ""))  # type: ignore[attr-defined]


class PreferencesMiddleware:
    """Stands after the session's and the locale's. A request with a session cookie; one with a token is told apart later, by its authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        preferences.apply(request.user, tenant_zone=request.tenant.time_zone)  # type: ignore[attr-defined]
        return self.get_response(request)
