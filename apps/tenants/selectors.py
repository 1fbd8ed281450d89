"""Finding tenants."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.tenants.errors import NoSuchTenant
from apps.tenants.models import Tenant


def customers() -> QuerySet[Tenant]:
    """All tenants but the platform's own rows, with their host names."""
    return Tenant.objects.customers().prefetch_related("domains")


def tenant_for_host(host: str) -> Tenant | None:
    """Whose host name this is, with or without a port; suspended or not. None when it is nobody's.

    One query on a unique index, and works in whichever schema the connection is: tenants are in none
    but the public one. It is asked anew for each request, so that a suspension counts at once.
    """
    name = host.partition(":")[0].rstrip(".").lower()
    return Tenant.objects.filter(domains__domain=name).first()


def tenant_of_slug(slug: str) -> Tenant:
    """Raises NoSuchTenant; the platform's own rows are not found."""
    try:
        return Tenant.objects.customers().get(slug=slug)
    except Tenant.DoesNotExist:
        raise NoSuchTenant from None
