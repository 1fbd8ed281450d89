"""Every error of the API as a problem document (RFC 9457), with a code that never changes."""

from __future__ import annotations

import math
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from django.utils.translation import gettext
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from kernel.errors import DomainError
from kernel.problems import PROBLEM, document

log = structlog.get_logger(__name__)


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: one shape for the house's errors, DRF's, Django's and the database's."""
    headers: dict[str, str] = {}
    if isinstance(error, DomainError):
        body = of_domain_error(error)
    elif isinstance(error, exceptions.ValidationError):
        fields = list(_flatten(error.get_full_details()))
        detail = gettext("The request has %(count)d invalid fields.") % {"count": len(fields)}
        if len(fields) == 1:
            detail = fields[0]["detail"]
        body = document(status=400, code="invalid", detail=detail, errors=fields)
    elif isinstance(error, Http404 | exceptions.NotFound):
        body = document(
            status=404, code="not_found", detail=gettext("There is nothing here, or you may not see it.")
        )
    elif isinstance(error, PermissionDenied):
        body = document(
            status=403, code="forbidden", detail=gettext("You may see this, but you may not do that with it.")
        )
    elif isinstance(error, exceptions.APIException):
        body = document(status=error.status_code, code=_code_of(error), detail=str(error.detail))
        if wait := getattr(error, "wait", None):
            headers["Retry-After"] = str(math.ceil(wait))
        if header := getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = header
    elif isinstance(error, OperationalError):
        log.error("api.database_unavailable", error=str(error).strip())
        body = document(
            status=503,
            code="database.unavailable",
            detail=gettext("The database can't be reached. Nothing was lost; try again in a moment."),
        )
        headers["Retry-After"] = "5"
    else:
        return None
    set_rollback()
    return Response(body, status=body["status"], headers=headers, content_type=PROBLEM)


def of_domain_error(error: DomainError) -> dict[str, Any]:
    detail = error.render(gettext)
    if error.status >= 500:
        log.error("api.platform_error", code=error.code, detail=error.message)
    errors = [{"field": error.field, "code": error.code, "detail": detail}] if error.field else None
    body = document(status=error.status, code=error.code, detail=detail, errors=errors)
    return {**body, **{name: error.params[name] for name in error.members}}


def _code_of(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    return codes if isinstance(codes, str) else error.default_code


def _flatten(details: Any, path: str = "") -> Any:
    if isinstance(details, dict) and set(details) == {"message", "code"}:
        yield {"field": path, "code": str(details["code"]), "detail": str(details["message"])}
    elif isinstance(details, dict):
        for key, value in details.items():
            yield from _flatten(value, f"{path}.{key}" if path else str(key))
    elif isinstance(details, list):
        for number, value in enumerate(details):
            is_leaf = isinstance(value, dict) and set(value) == {"message", "code"}
            yield from _flatten(value, path if is_leaf else f"{path}.{number}")
