"""Hears of tenants: a suspended one starts nothing, a deleted one leaves no counters."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.dispatch import receiver

from apps.queue.models import Limit
from apps.queue.services import limits
from apps.queue.services.enqueue import tenant_limit
from apps.tenants.signals import tenant_deleted, tenant_resumed, tenant_suspended


@receiver(tenant_suspended)
def on_suspended(*, tenant_id: int, **_: Any) -> None:
    limits.set_cap(tenant_limit(tenant_id), 0)


@receiver(tenant_resumed)
def on_resumed(*, tenant_id: int, **_: Any) -> None:
    limits.set_cap(tenant_limit(tenant_id), None)


@receiver(tenant_deleted)
def on_deleted(*, tenant_id: int, **_: Any) -> None:
    Limit.objects.filter(Q(key=tenant_limit(tenant_id)) | Q(key__startswith=f"job:{tenant_id}:")).delete()
