"""Tenants on the platform's admin pages."""

import re

import pytest
from django_tenants.utils import schema_exists

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.tenants.models import Tenant
from kernel.schemas import connection
from tests import clients

pytestmark = pytest.mark.django_db
LIST = "/admin/tenants/tenant/"


@pytest.fixture
def client(platform, admin):
    return clients.browser(platform, admin)


def post(client, url, **form):
    return client.post(url, form, format="multipart")


def url(tenant, page):
    return f"{LIST}{tenant.pk}/{page}/"


def test_the_pages_open_and_show_customers_only(client, acme):
    page = client.get(LIST).content.decode()

    assert "acme.localhost" in page
    assert "globex.localhost" in page
    assert "_template" not in page
    for one in (f"{LIST}add/", url(acme, "change"), url(acme, "delete"), "/admin/", "/admin/accounts/user/"):
        assert client.get(one).status_code == 200, one
    assert client.get(f"{LIST}{Tenant.objects.get(schema_name='public').pk}/change/").status_code == 302


def test_made_with_a_password_that_is_shown_once(client):
    form = {"name": "Initech", "slug": "initech", "time_zone": "UTC", "username": "owner", "email": ""}

    page = post(client, f"{LIST}add/", **form)

    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    found = re.search(r'id="first-password"[^>]*>(\w+)<', page.content.decode())
    assert found
    password = found[1]
    tenant = Tenant.objects.get(slug="initech")
    answer = clients.anyone(tenant).post("/api/v1/session/", {"username": "owner", "password": password})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"slug": "www"}, "The subdomain “www” is reserved."),
        ({"slug": "Initech"}, "A subdomain has lowercase letters"),
        ({"slug": "acme"}, "Tenant with this Subdomain already exists."),
        ({"time_zone": "Mars"}, "is not a known time zone."),
        ({"username": "no spaces"}, "Enter a valid username"),
    ],
)
def test_a_refusal_stands_beside_its_field(client, wrong, sentence):
    form = {
        "name": "Initech",
        "slug": "initech",
        "time_zone": "UTC",
        "username": "owner",
        "email": "",
        **wrong,
    }

    page = post(client, f"{LIST}add/", **form)

    assert page.status_code == 200
    assert sentence in page.content.decode()
    assert not Tenant.objects.filter(name="Initech").exists()


def test_suspended_and_resumed_by_dialog_and_from_the_list(client, acme):
    assert client.get(url(acme, "suspend")).status_code == 200
    acme.refresh_from_db()
    assert not acme.is_suspended, "asking is not doing"

    connection.set_schema_to_public()
    answer = client.post(
        url(acme, "suspend"), {"_form_submitted": "on"}, format="multipart", headers={"HX-Request": "true"}
    )
    assert (answer.status_code, answer["HX-Redirect"]) == (200, url(acme, "change"))
    acme.refresh_from_db()
    assert acme.is_suspended
    assert client.get(url(acme, "change")).status_code == 200

    post(client, LIST, action="resume_selected", _selected_action=[acme.pk])
    acme.refresh_from_db()
    assert not acme.is_suspended


def test_exported_from_its_page(client, acme):
    answer = client.get(url(acme, "export"))

    assert answer["Content-Type"] == "application/zip"
    assert b"".join(answer.streaming_content).startswith(b"PK")


def test_deleted_only_by_its_name(client, acme):
    page = post(client, url(acme, "delete"), confirm="acme")
    assert "confirm with its exact name" in page.content.decode()
    assert schema_exists("t_acme")

    answer = post(client, url(acme, "delete"), confirm="Acme")

    assert (answer.status_code, answer["Location"]) == (302, LIST)
    assert not schema_exists("t_acme")
    assert Entry.objects.filter(action="tenant.deleted", actor_name="admin").exists()


def test_many_can_not_be_deleted_at_once(client, acme):
    post(client, LIST, action="delete_selected", _selected_action=[acme.pk], post="yes")

    assert schema_exists("t_acme")


def test_staff_of_the_platform_are_not_its_masters(platform, acme):
    connection.set_schema_to_public()
    clerk = clients.browser(platform, User.objects.create_user("clerk", is_staff=True))

    for page in (
        LIST,
        f"{LIST}add/",
        url(acme, "change"),
        url(acme, "delete"),
        url(acme, "export"),
        url(acme, "suspend"),
    ):
        assert clerk.get(page).status_code in (302, 403), page
    assert post(clerk, url(acme, "delete"), confirm="Acme").status_code == 403
    assert post(clerk, url(acme, "suspend"), _form_submitted="on").status_code == 403
