"""Housekeeping, schema by schema: small transactions, within a time, and one tenant's trouble is its own."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final

import structlog
from django.db import transaction
from django_tenants.utils import tenant_context

from apps.tenants.domain import names
from apps.tenants.models import Tenant

log = structlog.get_logger(__name__)

SECONDS: Final = 60.0


def go(what: str, unit: Callable[[], int], *, on_platform: bool, seconds: float = SECONDS) -> int:
    """Call ``unit`` in each tenant's schema until it has nothing left to do there. Returns how many it moved.

    unit:        does at most one batch and says how many rows that were; each call is a transaction of its own.
    on_platform: in the public schema as well, for tables that are in every schema.
    seconds:     no unit begins after that time; what is left is for the next round. The order is by chance, so
                 that no tenant is always the one that is left.
    """
    until = time.monotonic() + seconds
    tenants = list(Tenant.objects.exclude(schema_name=names.TEMPLATE_SCHEMA))
    random.shuffle(tenants)
    moved, is_complete = 0, True
    for tenant in tenants:
        if not tenant.is_customer and not on_platform:
            continue
        here = 0
        try:
            with tenant_context(tenant):
                while (is_complete := time.monotonic() < until) and (count := _one(unit)):
                    here += count
        except Exception:
            log.exception("housekeeping.failed", what=what, tenant=tenant.schema_name)
        moved += here
        if here:
            log.info("housekeeping.moved", what=what, tenant=tenant.schema_name, moved=here)
        if not is_complete:
            break
    log.info("housekeeping.done", what=what, moved=moved, is_complete=is_complete)
    return moved


def _one(unit: Callable[[], int]) -> int:
    with transaction.atomic():
        return unit()
