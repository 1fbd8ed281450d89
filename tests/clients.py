"""HTTP as a browser or a program sends it to one tenant's host."""

from __future__ import annotations

import random
from typing import Any

from django.conf import settings
from django_tenants.utils import tenant_context
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.tenants.models import Tenant


def anyone(tenant: Tenant, *, enforce_csrf_checks: bool = False, **defaults: Any) -> APIClient:
    """A client that is not signed in, at an address of its own: throttles of tests do not add up."""
    host = settings.ENV.base_domain if not tenant.is_customer else f"{tenant.slug}.{settings.ENV.base_domain}"
    address = f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}"
    return APIClient(
        enforce_csrf_checks=enforce_csrf_checks, **{"HTTP_HOST": host, "REMOTE_ADDR": address, **defaults}
    )


def browser(tenant: Tenant, user: User, **defaults: Any) -> APIClient:
    """A client with a session of ``user``, who lives in ``tenant``."""
    client = anyone(tenant, **defaults)
    with tenant_context(tenant):
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def program(tenant: Tenant, key: str) -> APIClient:
    """A client with an API token."""
    return anyone(tenant, HTTP_AUTHORIZATION=f"Token {key}")
