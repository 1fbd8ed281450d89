"""Fills the database that every test database is a copy of: migrated schemas, two tenants."""

from __future__ import annotations

import django
from django.core.management import call_command


def build() -> None:
    django.setup()
    from apps.tenants.services import platform, tenants

    call_command("migrate_schemas", schema_name="public", verbosity=0)
    platform.set_up()
    for slug in ("acme", "globex"):
        tenants.create(name=slug.title(), slug=slug, username="owner", email=f"owner@{slug}.example")


if __name__ == "__main__":
    build()
