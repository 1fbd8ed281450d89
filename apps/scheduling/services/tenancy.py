"""Going from tenant to tenant in a process that works for all of them."""

from __future__ import annotations

from functools import lru_cache

from apps.tenants.models import State, Tenant
from kernel.schemas import connection


@lru_cache(maxsize=4096)
def tenant(tenant_id: int) -> Tenant:
    """A tenant by its id, for its schema and name, which never change; its state may be old."""
    found: Tenant = Tenant.objects.get(pk=tenant_id)
    return found


def enter(tenant_id: int) -> Tenant:
    """Set this thread's connection on a tenant, and leave it there: the next run is likely its, too."""
    found = tenant(tenant_id)
    if getattr(connection.tenant, "pk", None) != tenant_id:
        connection.set_tenant(found)
    return found


def is_suspended(tenant_id: int) -> bool:
    return Tenant.objects.filter(pk=tenant_id, state=State.SUSPENDED).exists()
