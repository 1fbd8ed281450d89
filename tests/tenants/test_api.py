"""The platform's API of tenants: for its administrators, on the bare domain, and nobody else."""

import io
import json
import zipfile

import pytest
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_exists, tenant_context

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.tenants.models import Tenant
from apps.tenants.services import tenants
from kernel.schemas import connection
from tests import clients
from tests.api_cases import asked

pytestmark = pytest.mark.django_db
PATH = "/api/v1/tenants/"


@pytest.fixture
def client(platform, admin):
    return clients.browser(platform, admin)


def url(tenant, deed=""):
    return f"{PATH}{tenant.pk}/{deed}"


def test_the_list_has_customers_only(client):
    rows = client.get(PATH).json()["results"]

    assert {row["slug"] for row in rows} == {"acme", "globex"}
    assert set(rows[0]) == {"id", "name", "slug", "state", "time_zone", "created_at", "domains"}


def test_a_longer_list_costs_no_more_queries(client):
    client.get(PATH)
    with CaptureQueriesContext(connection) as short:
        client.get(PATH)
    for slug in ("one", "two"):
        tenants.create(name=slug, slug=slug, username="owner")
    with CaptureQueriesContext(connection) as longer:
        assert len(client.get(PATH).json()["results"]) == 4

    assert len(asked(longer)) == len(asked(short))


@pytest.mark.parametrize("facts", [{}, {"is_staff": True}])
def test_who_is_no_superuser_of_the_platform_is_refused(platform, acme, facts):
    connection.set_schema_to_public()
    client = clients.browser(platform, User.objects.create_user("clerk", **facts))

    for answer in (
        client.get(PATH),
        client.post(PATH, {"name": "X", "slug": "x"}),
        client.post(url(acme, "suspend/")),
        client.post(url(acme, "export/")),
        client.delete(url(acme), {"confirm": "Acme"}),
    ):
        assert answer.status_code == 403
    assert schema_exists("t_acme")


def test_a_tenants_superuser_is_nobody_here(platform, acme):
    root = User.objects.create_superuser("root")
    client = clients.browser(acme, root)
    client.defaults["HTTP_HOST"] = "localhost"

    assert client.get(PATH).status_code == 401


def test_created_with_a_password_that_is_shown_once(client):
    answer = client.post(
        PATH, {"name": "Initech", "slug": "initech", "username": "owner", "email": "o@initech.example"}
    )

    assert answer.status_code == 201
    body = answer.json()
    assert body["tenant"]["domains"] == ["initech.localhost"]
    tenant = Tenant.objects.get(slug="initech")
    assert "password" not in client.get(url(tenant)).json()
    owner = clients.anyone(tenant)
    assert (
        owner.post("/api/v1/session/", {"username": "owner", "password": body["password"]}).status_code == 200
    )


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"name": "X", "slug": "www"}, 400, "tenant.bad_slug", "slug"),
        ({"name": "X", "slug": "acme"}, 409, "tenant.taken", "slug"),
        ({"name": "X", "slug": "x" * 41}, 400, "max_length", "slug"),
        ({"slug": "x"}, 400, "required", "name"),
        ({"name": "X", "slug": "x", "time_zone": "Mars"}, 400, "invalid", "time_zone"),
    ],
)
def test_bad_input_names_field_and_code(client, body, status, code, field):
    answer = client.post(PATH, body)

    assert answer.status_code == status
    assert answer.json()["errors"][0]["field"] == field
    assert answer.json()["errors"][0]["code"] == code


def test_suspend_and_resume(client, acme):
    assert client.post(url(acme, "suspend/")).json()["state"] == "suspended"
    assert client.post(url(acme, "resume/")).json()["state"] == "active"
    connection.set_schema_to_public()
    assert Entry.objects.filter(action="tenant.suspended", actor_name="admin").exists()


def test_deleted_by_name_only(client, acme):
    assert client.delete(url(acme), {}).json()["errors"][0]["code"] == "required"
    refused = client.delete(url(acme), {"confirm": "acme"})
    assert (refused.status_code, refused.json()["code"]) == (400, "tenant.not_confirmed")

    assert client.delete(url(acme), {"confirm": "Acme"}).status_code == 204
    assert not schema_exists("t_acme")
    assert client.get(url(acme)).status_code == 404


@pytest.mark.parametrize("schema", ["public", "_template"])
def test_the_platforms_own_rows_are_not_there(client, schema):
    own = Tenant.objects.get(schema_name=schema)

    assert client.get(url(own)).status_code == 404
    assert client.delete(url(own), {"confirm": own.name}).status_code == 404


def test_an_export_is_complete_and_opens_nothing(client, acme, globex):
    with tenant_context(acme):
        ada = User.objects.create_user("ada", "ada@acme.example", "correct horse battery")
        browser = clients.browser(acme, ada)
        key = browser.post("/api/v1/tokens/", {"name": "ci", "expires_in_days": 1}).json()["key"]
    with tenant_context(globex):
        User.objects.create_user("grace")

    answer = client.post(url(acme, "export/"))

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/zip"
    assert 'filename="acme-' in answer["Content-Disposition"]
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    files = {name: archive.read(name).decode() for name in archive.namelist()}
    manifest = json.loads(files["manifest.json"])
    people = [json.loads(line) for line in files["tenant/accounts_user.jsonl"].splitlines()]
    assert {person["username"] for person in people} == {"owner", "ada"}
    assert all("password" not in person for person in people)
    assert json.loads(files["platform/tenants_domain.jsonl"])["domain"] == "acme.localhost"
    assert manifest["tenant"]["slug"] == "acme"
    assert {f"{name}.jsonl" for name in manifest["rows"]} == set(files) - {"manifest.json"}
    assert manifest["rows"]["tenant/accounts_user"] == 2
    assert "audit.0002_append_only" in manifest["migrations"]

    everything = "".join(files.values())
    for secret in (
        ada.password.rpartition("$")[2],
        key,
        key[:15],
        browser.cookies["sessionid"].value,
        "grace",
    ):
        assert secret not in everything
    for closed in ("accounts_session", "accounts_apitoken", "axes_"):
        assert not any(closed in name for name in files)
    connection.set_schema_to_public()
    assert Entry.objects.filter(action="tenant.exported", object_name="Acme", actor_name="admin").exists()
