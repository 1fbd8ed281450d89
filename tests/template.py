"""Fills the database that every test database is a copy of: migrated schemas, two tenants."""

from __future__ import annotations

import django
from django.core.management import call_command


def build() -> None:
    django.setup()
    from apps.tenants.models import Domain, Tenant

    call_command("migrate_schemas", schema_name="public", verbosity=0)
    Tenant.objects.create(schema_name="public", name="Platform", slug="public")
    for slug in ("acme", "globex"):
        tenant = Tenant(schema_name=slug, name=slug.title(), slug=slug)
        tenant.save()
        tenant.create_schema(check_if_exists=True, verbosity=0)
        Domain.objects.create(domain=f"{slug}.localhost", tenant=tenant, is_primary=True)


if __name__ == "__main__":
    build()
