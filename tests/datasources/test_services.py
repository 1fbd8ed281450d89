"""What the services hold that no address shows: keys that rotate, the platform's own database, who needs a source."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import settings

from apps.accounts.selectors import may
from apps.audit.models import Entry
from apps.datasources.errors import OwnDatabase, StillUsed
from apps.datasources.models import Datasource
from apps.datasources.services import datasources, targets
from apps.datasources.signals import datasource_deleting
from apps.tenants.services import secrets
from kernel import crypto
from kernel.errors import NotFound
from kernel.schemas import connection
from tests import factories

SALES: dict[str, Any] = {
    "name": "Sales",
    "kind": "postgresql",
    "host": "127.0.0.1",
    "database": "jiepai",
    "username": "analyst",
}


@contextmanager
def own_database_at(host, port="5432", name="jiepai"):
    own = settings.DATABASES["default"]
    before = {key: own[key] for key in ("HOST", "PORT", "NAME")}
    own.update(HOST=host, PORT=port, NAME=name)
    try:
        yield
    finally:
        own.update(before)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_platforms_own_database_is_refused_by_address_not_by_spelling(acme, host):
    with own_database_at("localhost"), pytest.raises(OwnDatabase) as caught:
        datasources.create(by=factories.owner(), **{**SALES, "host": host})

    assert caught.value.message == "This is the platform's own database; jobs may not connect to it."
    assert caught.value.field == "host"


def test_another_database_of_the_platforms_server_is_not_the_platforms(acme):
    with own_database_at("localhost"):
        datasources.create(by=factories.owner(), **{**SALES, "database": "warehouse"})


def test_a_datasource_that_came_to_mean_the_platforms_database_is_refused_when_used(acme):
    source = datasources.create(by=factories.owner(), **SALES)

    with own_database_at("localhost"), pytest.raises(OwnDatabase):
        targets.target_of(source)


def test_passwords_are_rotated_with_all_other_secrets(acme):
    source = datasources.create(by=factories.owner(), password="s3cret!", **SALES)
    old = settings.ENV.encryption_keys
    new = Fernet.generate_key().decode()

    assert datasources.rotate_passwords(keys=f"{new},{old}") == 1

    source.refresh_from_db()
    assert crypto.decrypt(source.password_token, keys=new) == "s3cret!"


def test_the_platforms_rotation_reaches_the_datasources_of_every_tenant(acme, globex):
    datasources.create(by=factories.owner(), password="theirs", **SALES)
    connection.set_tenant(acme)
    datasources.create(by=factories.owner(), password="ours", **SALES)

    assert secrets.rotate() == 2


def test_a_datasource_that_is_needed_stays(acme):
    source = datasources.create(by=factories.owner(), **SALES)

    def needs_it(datasource_id, **_):
        if datasource_id == source.pk:
            raise StillUsed

    datasource_deleting.connect(needs_it)
    try:
        with pytest.raises(StillUsed):
            datasources.delete(source.pk, by=factories.owner())
    finally:
        datasource_deleting.disconnect(needs_it)

    assert Datasource.objects.filter(pk=source.pk).exists()
    assert not Entry.objects.filter(action="datasource.deleted").exists()


def test_what_is_gone_is_not_found(acme):
    gone = factories.job().pk

    with pytest.raises(NotFound):
        datasources.update(gone, by=factories.owner(), name="x")
    with pytest.raises(NotFound):
        datasources.delete(gone, by=factories.owner())


def test_nothing_that_changes_nothing_is_recorded(acme):
    source = datasources.create(by=factories.owner(), **SALES)
    before = source.updated_at

    after = datasources.update(source.pk, by=factories.owner(), name="Sales")

    assert after.updated_at == before
    assert not Entry.objects.filter(action="datasource.changed").exists()


def test_who_makes_a_datasource_may_see_change_use_and_delete_it(acme):
    maker, other = factories.user(), factories.user()
    made = datasources.create(by=maker, name="mine", kind="sqlite", path="mine.db")

    rights = ("view", "change", "use", "delete")
    assert all(may(maker, f"datasources.{right}_datasource", made) for right in rights)
    assert not any(may(other, f"datasources.{right}_datasource", made) for right in rights)
