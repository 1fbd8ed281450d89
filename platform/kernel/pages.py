"""Refusals as pages for people, outside the single-page application.

They need no database, no session and no file but their template: they are shown when these are gone.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string


def refusal(
    *,
    status: int,
    title: str,
    hint: str = "",
    home: str = "",
    again: str = "",
    request_id: str = "",
    refresh_seconds: int | None = None,
) -> HttpResponse:
    """The page. title and hint: sentences in the reader's language, as is the active translation.

    home, again: addresses to go to next. refresh_seconds: it asks again by itself.
    """
    page = render_to_string(
        "refusal.html",
        {
            "status": status,
            "title": title,
            "hint": hint,
            "home": home,
            "again": again,
            "request_id": request_id,
            "refresh_seconds": refresh_seconds,
        },
    )
    return HttpResponse(page, status=status)


def home_of(request: HttpRequest) -> str:
    """The start page of the part of the site that the request was for."""
    return "/admin/" if request.path.startswith("/admin/") else "/"


def again_of(request: HttpRequest) -> str:
    """The same address, where asking twice does no harm."""
    return request.get_full_path() if request.method in ("GET", "HEAD") else ""
