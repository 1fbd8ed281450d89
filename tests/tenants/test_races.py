"""Tenants as races: real commits, several threads."""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from threading import Barrier

import psycopg2
import pytest
from django.core.management import call_command
from django.db import connection
from django_tenants.signals import schema_pre_migration

from apps.tenants.domain.names import TEMPLATE_SCHEMA
from apps.tenants.errors import NameTaken
from apps.tenants.models import Tenant
from apps.tenants.services import tenants
from apps.tenants.services.clone import TEMPLATE_LOCK
from tests import plugin


def test_four_at_once_with_one_name_make_one_tenant(committed):
    gate = Barrier(4)

    def attempt(number):
        gate.wait()
        try:
            return type(tenants.create(name="Initech", slug="initech", username=f"owner{number}"))
        except NameTaken as taken:
            return type(taken)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(attempt, range(4)))

    assert sorted(result.__name__ for result in results) == ["Created", "NameTaken", "NameTaken", "NameTaken"]
    assert Tenant.objects.filter(slug="initech").count() == 1


def test_a_tenant_is_not_cloned_while_the_template_is_being_migrated(committed):
    # Given a migration of the template that is under way
    migration = psycopg2.connect(plugin.database_url(committed))
    migration.autocommit = True
    with migration.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])

    def attempt():
        try:
            return tenants.create(name="Initech", slug="initech", username="owner")
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        # When a tenant is made
        making = pool.submit(attempt)

        # Then it waits for the migration's end
        with pytest.raises(NotYet):
            making.result(timeout=1.5)
        migration.close()
        assert making.result(timeout=20).tenant.slug == "initech"


def test_the_template_is_migrated_before_any_customer_and_under_its_lock(committed):
    seen = []

    def look(schema_name, **_):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            seen.append((schema_name, cursor.fetchone()[0]))

    schema_pre_migration.connect(look)
    try:
        call_command("migrate_schemas", verbosity=0)
    finally:
        schema_pre_migration.disconnect(look)

    assert seen == [("public", 0), (TEMPLATE_SCHEMA, 1), ("t_acme", 0), ("t_globex", 0)]
