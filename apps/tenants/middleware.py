"""The host name decides whose schema a request works in."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation

from apps.tenants import selectors
from apps.tenants.domain.names import PUBLIC_SCHEMA
from apps.tenants.errors import DatabaseUnavailable, NoSuchTenant, TenantSuspended
from apps.tenants.models import Tenant
from kernel import pages, problems
from kernel.schemas import connection

log = structlog.get_logger(__name__)

RETRY_SECONDS = 5  # after which a database that was away may be back


class TenantMiddleware:
    """Sets ``request.tenant``, the schema and the URL configuration; refuses who has none.

    HTTP runs on a fixed pool of threads, whose connections are kept: the schema that the last request
    has left is replaced before anything else asks the database. It is not reset at the end, because
    an answer may still be streaming then.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        host = request.get_host()
        try:
            tenant = selectors.tenant_for_host(host)
        except OperationalError as error:
            log.error("tenant.database_unavailable", error=str(error).strip())
            answer = _refusal(request, DatabaseUnavailable())
            answer.headers["Retry-After"] = str(RETRY_SECONDS)
            return answer
        if tenant is None or tenant.is_suspended:
            connection.set_schema_to_public()
            return _refusal(request, NoSuchTenant() if tenant is None else TenantSuspended())
        enter(tenant)
        request.tenant = tenant  # type: ignore[attr-defined]
        if tenant.schema_name == PUBLIC_SCHEMA:
            request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
        return self.get_response(request)


def enter(tenant: Tenant) -> None:
    """Set this thread's connection to the tenant's schema.

    Where it is there already, nothing is set: django-tenants would set the search path again, and
    forget the content types, which here are the same for all tenants.
    """
    if connection.schema_name == tenant.schema_name and connection.include_public_schema:
        connection.tenant = tenant
    else:
        connection.set_tenant(tenant)


def _refusal(
    request: HttpRequest, error: NoSuchTenant | TenantSuspended | DatabaseUnavailable
) -> HttpResponse:
    with translation.override(translation.get_language_from_request(request)):
        detail = error.render(translation.gettext)
        if request.path.startswith("/api/"):
            return problems.answer(status=error.status, code=error.code, detail=detail)
        is_away = isinstance(error, DatabaseUnavailable)
        hint = translation.gettext(error.hint)
        again = pages.again_of(request) if is_away else ""
        return pages.refusal(
            status=error.status,
            title=detail,
            hint=hint,
            again=again,
            refresh_seconds=RETRY_SECONDS if again else None,
        )
