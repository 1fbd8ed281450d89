from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from apps.queue.services import enqueue, leases
from apps.tenants.models import Tenant

LEASE = timedelta(seconds=60)


def tenant_id(slug: str) -> int:
    pk: int = Tenant.objects.values_list("pk", flat=True).get(slug=slug)
    return pk


@pytest.fixture
def put() -> Callable[..., Any]:
    """Enqueue one run; gives its id."""

    def _put(tenant: str = "acme", **needs: Any):
        needs.setdefault("job_id", uuid4())
        run_id = uuid4()
        enqueue.put([enqueue.Needs(run_id=run_id, tenant_id=tenant_id(tenant), **needs)])
        return run_id

    return _put


@pytest.fixture
def claim() -> Callable[..., leases.Claim | None]:
    """Claim as an executor of the default group."""

    def _claim(*, group: str = "default", tags: tuple[str, ...] = (), owner: Any = None):
        return leases.claim(group=group, tags=tags, owner=owner or uuid4(), lease=LEASE)

    return _claim
