"""Fixtures that every test may use: a database with two tenants, and people in them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from kernel.schemas import connection
from tests import plugin
from tests.servers import closed_port, mariadb_authority, mariadb_root, mariadb_server, postgres_server

# Here and nowhere else: each place that imports a fixture of the session gets one, and a server, of its own.
__all__ = ["closed_port", "mariadb_authority", "mariadb_root", "mariadb_server", "postgres_server"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The worker's own database, a copy of the template."""
    name = settings.DATABASES["default"]["NAME"]
    plugin.create_database(name)
    yield
    with django_db_blocker.unblock():
        connection.close()
    plugin.drop_database(name)


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A database of the test's own, where commits are real: for races, several processes, LISTEN.

    Gives the database's name; ``JIEPAI_DATABASE_URL`` names it too while the test runs, for child processes.
    """
    own = settings.DATABASES["default"]["NAME"]
    name = f"{own}_committed"
    before = os.environ["JIEPAI_DATABASE_URL"]
    plugin.create_database(name)
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["NAME"] = name
        os.environ["JIEPAI_DATABASE_URL"] = plugin.database_url(name)
        try:
            yield name
        finally:
            connection.set_schema_to_public()
            connection.close()
            connection.settings_dict["NAME"] = own
            os.environ["JIEPAI_DATABASE_URL"] = before
            plugin.drop_database(name)


@pytest.fixture(scope="session", autouse=True)
def settings_for_tests() -> Iterator[None]:
    """Pages are rendered without collectstatic having run, and passwords are not made slow to guess."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    quick = "django.contrib.auth.hashers.MD5PasswordHasher"
    with override_settings(
        STORAGES={**settings.STORAGES, "staticfiles": plain},
        PASSWORD_HASHERS=[quick, *settings.PASSWORD_HASHERS],
    ):
        yield


@pytest.fixture
def acme(db: None):
    """The tenant acme, its schema set on the connection."""
    yield from _tenant("acme")


@pytest.fixture
def globex(db: None):
    """The tenant globex; asked for after ``acme``, the connection is on globex."""
    yield from _tenant("globex")


def _tenant(slug: str):
    from apps.tenants.models import Tenant

    tenant = Tenant.objects.get(slug=slug)
    connection.set_tenant(tenant)
    yield tenant
    connection.set_schema_to_public()
