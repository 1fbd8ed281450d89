"""Two addresses for load balancers and Kubernetes, answered on any host name before anything else."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponseBase, JsonResponse

log = structlog.get_logger(__name__)


class HealthMiddleware:
    """/healthz: the process answers. /readyz: it reaches the database and Valkey as well (503: it does not)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == "/healthz":
            return JsonResponse({"status": "ok"})
        if request.path == "/readyz":
            checks = {"database": _answers(_ask_database), "valkey": _answers(_ask_valkey)}
            is_ready = all(checks.values())
            return JsonResponse(
                {"status": "ok" if is_ready else "unavailable", "checks": checks},
                status=200 if is_ready else 503,
            )
        return self.get_response(request)


def _answers(ask: Callable[[], None]) -> bool:
    try:
        ask()
    except Exception as error:
        log.warning("health.unavailable", what=ask.__name__.removeprefix("_ask_"), error=str(error).strip())
        return False
    return True


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_valkey() -> None:
    cache.get("health")
