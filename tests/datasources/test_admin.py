"""The datasources of the admin: it writes through the services, and shows no password."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.urls import reverse
from guardian.shortcuts import assign_perm

from apps.audit.models import Entry
from apps.datasources.models import Datasource
from apps.datasources.services import datasources
from kernel import crypto
from kernel.schemas import connection
from tests import clients, factories

FORM = {
    "name": "Sales",
    "description": "",
    "kind": "postgresql",
    "host": "db.example.com",
    "port": "",
    "database": "sales",
    "username": "analyst",
    "password": "s3cret!",
    "path": "",
    "options": '{"ssl_mode": "require"}',
    "statement_timeout_seconds": "60",
    "max_rows": "100",
    "max_connections": "2",
}
PRESSED = {"_form_submitted": "True"}  # the dialog's own mark
LIST = "/admin/datasources/datasource/"


@pytest.fixture
def browser(acme):
    return clients.browser(acme, factories.owner())


def stored(acme):
    connection.set_tenant(acme)
    return Datasource.objects.get(name="Sales")


def password_of(datasource):
    return crypto.decrypt(datasource.password_token, keys=settings.ENV.encryption_keys)


def submit(browser, url, **changes):
    return browser.post(url, {**FORM, **changes}, format="multipart")


def test_a_datasource_is_made_once_recorded_and_shown_without_its_password(browser, acme):
    answer = submit(browser, f"{LIST}add/")
    assert answer.status_code == 302, answer.context["errors"]

    made = stored(acme)
    assert (made.port, made.owner.username, password_of(made)) == (5432, "owner", "s3cret!")
    assert [e.action for e in Entry.objects.filter(object_id=str(made.pk))] == ["datasource.created"]
    for page in (LIST, f"{LIST}{made.pk}/change/"):
        content = browser.get(page).content
        assert b"db.example.com" in content
        assert b"s3cret!" not in content
        assert made.password_token.encode() not in content


def test_an_empty_password_field_keeps_the_stored_one(browser, acme):
    submit(browser, f"{LIST}add/")
    url = f"{LIST}{stored(acme).pk}/change/"

    assert submit(browser, url, password="", max_rows="7").status_code == 302

    assert (stored(acme).max_rows, password_of(stored(acme))) == (7, "s3cret!")
    assert [e.detail for e in Entry.objects.filter(action="datasource.changed")] == [{"fields": ["max_rows"]}]


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"host": "/tmp"}, "host", "A UNIX socket can&#x27;t be the host: jobs reach databases by TCP only."),
        ({"options": '{"x": 1}'}, "options", "is not an option of a postgresql datasource."),
        ({"username": ""}, "username", "The user name is missing."),
    ],
)
def test_what_the_service_refuses_stands_at_its_field(browser, acme, change, field, sentence):
    answer = submit(browser, f"{LIST}add/", **change)

    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert sentence in answer.content.decode()
    connection.set_tenant(acme)
    assert not Datasource.objects.exists()


def test_what_was_typed_into_fields_of_another_kind_is_left_out(browser, acme):
    answer = submit(browser, f"{LIST}add/", kind="sqlite", path="sales.db", options="{}")

    assert answer.status_code == 302, answer.context["errors"]
    assert (stored(acme).path, stored(acme).host, stored(acme).password_token) == ("sales.db", "", "")


def test_another_host_needs_the_password_again(browser, acme):
    submit(browser, f"{LIST}add/")
    answer = submit(browser, f"{LIST}{stored(acme).pk}/change/", password="", host="evil.example.com")

    assert answer.context["adminform"].form.errors["password"] == [
        "With another host, port, user or encryption the password must be given again."
    ]
    assert stored(acme).host == "db.example.com"


def test_the_button_tests_the_connection(browser, acme):
    source = datasources.create(by=factories.owner(), name="Files", kind="sqlite", path="none.db")
    connection.set_tenant(acme)
    url = reverse(
        "admin:datasources_datasource_test_connection", args=[source.pk], urlconf="config.urls.tenant"
    )

    assert b"Test connection" in browser.get(f"{LIST}{source.pk}/change/").content
    answer = browser.post(url, PRESSED, format="multipart", follow=True)

    assert b"There is no file &quot;none.db&quot; in the tenant&#x27;s folder." in answer.content
    connection.set_tenant(acme)
    assert Entry.objects.filter(action="datasource.tested").count() == 1


def test_the_button_is_for_who_may_use_the_datasource(acme):
    user = factories.user(is_staff=True)
    source = datasources.create(by=factories.owner(), name="Files", kind="sqlite", path="none.db")
    assign_perm("datasources.view_datasource", user, source)
    url = reverse(
        "admin:datasources_datasource_test_connection", args=[source.pk], urlconf="config.urls.tenant"
    )
    browser = clients.browser(acme, user)

    assert browser.post(url, PRESSED, format="multipart").status_code == 403
    connection.set_tenant(acme)
    assign_perm("datasources.use_datasource", user, source)
    assert browser.post(url, PRESSED, format="multipart").status_code == 302


def test_a_datasource_is_deleted_and_recorded(browser, acme):
    submit(browser, f"{LIST}add/")
    made = stored(acme)

    browser.post(f"{LIST}{made.pk}/delete/", {"post": "yes"}, format="multipart")

    connection.set_tenant(acme)
    assert not Datasource.objects.exists()
    assert Entry.objects.filter(action="datasource.deleted", object_id=str(made.pk)).exists()
