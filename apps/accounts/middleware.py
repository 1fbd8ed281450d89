"""Answers in the user's language and time zone. Stands after the session's and the locale's middleware."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from apps.accounts import preferences


class PreferencesMiddleware:
    """A request with a session cookie; one with a token is told apart later, by its authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        preferences.apply(request.user, tenant_zone=request.tenant.time_zone)  # type: ignore[attr-defined]
        return self.get_response(request)
