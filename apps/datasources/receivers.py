"""Takes part in the platform's key rotation."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django_tenants.utils import get_public_schema_name

from apps.datasources.services import datasources
from apps.tenants.signals import secrets_rotating
from kernel.schemas import connection


@receiver(secrets_rotating)
def rotate_passwords(keys: str, **_: Any) -> int:
    if connection.schema_name == get_public_schema_name():
        return 0  # the platform itself has no datasources, and no table of them
    return datasources.rotate_passwords(keys=keys)
