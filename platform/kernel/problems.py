"""Errors of the API as problem documents, with a code that never changes.

Source: RFC 9457, "Problem Details for HTTP APIs".
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse, JsonResponse

PROBLEM = "application/problem+json"


def document(
    *, status: int, code: str, detail: str, errors: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """The body of a problem. errors: what is wrong with which field: ``field``, ``code``, ``detail``."""
    body: dict[str, Any] = {
        "type": f"about:blank#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    return body


def answer(*, status: int, code: str, detail: str) -> HttpResponse:
    """A problem document from outside DRF."""
    return JsonResponse(
        document(status=status, code=code, detail=detail), status=status, content_type=PROBLEM
    )
