"""What someone is told whose sign-ins have failed too often: a page, or a problem document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from apps.accounts.errors import SignInLocked
from kernel import pages, problems


def answer(
    request: HttpRequest, original: HttpResponse | None = None, credentials: Mapping[str, Any] | None = None
) -> HttpResponse:
    """The setting AXES_LOCKOUT_CALLABLE."""
    wait = settings.AXES_COOLOFF_TIME
    error = SignInLocked(minutes=int(wait.total_seconds() // 60))
    detail = error.render(gettext)
    if request.path.startswith("/api/"):
        response = problems.answer(status=error.status, code=error.code, detail=detail)
    else:
        response = pages.refusal(status=error.status, title=detail)
    response.headers["Retry-After"] = str(int(wait.total_seconds()))
    return response
