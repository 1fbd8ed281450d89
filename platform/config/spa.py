"""The single-page application's one page: every address that is nobody else's gets it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe


@require_safe
@never_cache
@ensure_csrf_cookie
def index(request: HttpRequest) -> HttpResponse:
    """The page itself; its scripts lie under /static/spa/ and their names change with their content."""
    page = settings.FRONTEND_DIST / "index.html"
    try:
        return HttpResponse(_read(page, page.stat().st_mtime_ns))
    except FileNotFoundError:
        return HttpResponse(
            _("The web application isn't built. Run: make run"),
            status=503,
            content_type="text/plain; charset=utf-8",
        )


@lru_cache(maxsize=2)
def _read(page: Path, _changed: int) -> bytes:
    return page.read_bytes()
