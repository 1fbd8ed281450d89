"""Taking a new encryption key into use: every stored secret is encrypted again under the first key."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django_tenants.utils import tenant_context

from apps.tenants import signals
from apps.tenants.models import Tenant


def rotate() -> int:
    """Rotate the secrets of all schemas, one transaction each; returns how many were written.

    Can be run again after it broke half-way. Only when it has ended may the old key leave
    JIEPAI_ENCRYPTION_KEYS. Raises KeyLost when a secret's key has left already.
    """
    count = 0
    for tenant in Tenant.objects.order_by("pk"):
        with tenant_context(tenant), transaction.atomic():
            answers = signals.secrets_rotating.send(Tenant, keys=settings.ENV.encryption_keys)
            count += sum(int(written or 0) for _, written in answers)
    return count
