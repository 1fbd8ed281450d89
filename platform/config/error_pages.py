"""What Django answers by itself: a problem document below /api/, a page for people elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from structlog.contextvars import get_contextvars

from kernel import pages
from kernel.problems import answer

View: TypeAlias = Callable[..., HttpResponse]


def _spoken(view: View) -> View:
    """In the browser's language, where the request was refused before anybody had asked for its language."""

    @wraps(view)
    def speaking(request: HttpRequest, *args: Any, **facts: Any) -> HttpResponse:
        if hasattr(request, "LANGUAGE_CODE"):
            return view(request, *args, **facts)
        with translation.override(translation.get_language_from_request(request)):
            return view(request, *args, **facts)

    return speaking


@_spoken
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """For a request that Django itself refuses: a damaged address, a host name that can't be."""
    if _is_api(request):
        return answer(status=400, code="invalid", detail=_("The request can't be served."))
    return pages.refusal(
        status=400,
        title=_("This request can't be understood"),
        hint=_("The address, or what was sent with it, is damaged. Go back and try again."),
    )


@_spoken
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        detail = _("You may see this, but you may not do that with it.")
        return answer(status=403, code="forbidden", detail=detail)
    return pages.refusal(
        status=403,
        title=_("You may not see this"),
        hint=_("Ask an administrator of your organization for the right to it."),
        home=_home_but(request),
    )


@_spoken
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """For a form that was sent without the token that proves it came from our own page."""
    detail = _("Your browser didn't prove that this came from our own page.")
    if _is_api(request):
        return answer(status=403, code="csrf_failed", detail=detail)
    return pages.refusal(
        status=403,
        title=detail,
        hint=_(
            "The page was open for long, or the browser sends no cookies. Go back, reload the page and try again."
        ),
        home=pages.home_of(request),
    )


@_spoken
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """For addresses that lead to no view."""
    if _is_api(request):
        detail = _("There is nothing here, or you may not see it.")
        return answer(status=404, code="not_found", detail=detail)
    return pages.refusal(
        status=404,
        title=_("There is nothing here"),
        hint=_("The address leads nowhere, or you may not see what it leads to."),
        home=_home_but(request),
    )


@_spoken
def server_error(request: HttpRequest) -> HttpResponse:
    """For what nobody foresaw. Django has logged it, under the request's id."""
    if _is_api(request):
        detail = _("Something broke on our side; it was logged. Try again, and tell the administrator.")
        return answer(status=500, code="platform.error", detail=detail)
    return pages.refusal(
        status=500,
        title=_("Something broke on our side"),
        hint=_("It was logged. Try again in a moment; if it breaks again, tell your administrator."),
        request_id=str(get_contextvars().get("request_id", "")),
        again=pages.again_of(request),
        home=_home_but(request),
    )


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _home_but(request: HttpRequest) -> str:
    """The start page of this part; of the whole site for whom this part's own has failed."""
    home = pages.home_of(request)
    return "/" if request.path == home else home
