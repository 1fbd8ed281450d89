"""Keeps copies from being made of the template while it is being migrated."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.dispatch import receiver
from django_tenants.signals import schema_migrated, schema_pre_migration

from apps.tenants.domain.names import TEMPLATE_SCHEMA
from apps.tenants.services.clone import TEMPLATE_LOCK


@receiver(schema_pre_migration)
def lock_template(schema_name: str, **_: Any) -> None:
    """A lock of the session: it goes with the connection, which django-tenants closes after each schema."""
    if schema_name == TEMPLATE_SCHEMA:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])


@receiver(schema_migrated)
def unlock_template(schema_name: str, **_: Any) -> None:
    """Inside a caller's transaction the connection has stayed open, and with it the lock."""
    if schema_name == TEMPLATE_SCHEMA and connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [TEMPLATE_LOCK])
