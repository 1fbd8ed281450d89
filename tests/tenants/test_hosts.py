"""The host name decides: whose data, which pages, or a refusal."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from apps.accounts.models import User
from apps.tenants import selectors
from apps.tenants.middleware import enter
from apps.tenants.services import tenants
from tests import clients

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("host", "slug"),
    [
        ("acme.localhost", "acme"),
        ("acme.localhost:8000", "acme"),
        ("ACME.localhost", "acme"),
        ("acme.localhost.", "acme"),
        ("localhost", "public"),
        ("localhost:8000", "public"),
    ],
)
def test_a_host_leads_to_its_tenant(host, slug):
    found = selectors.tenant_for_host(host)
    assert found
    assert found.slug == slug


@pytest.mark.parametrize(
    "host",
    [
        "initech.localhost",
        "www.localhost",
        "_template.localhost",
        "template.localhost",
        "",
        ":80",
        "a.acme.localhost",
    ],
)
def test_other_hosts_lead_nowhere(host):
    assert selectors.tenant_for_host(host) is None


def test_finding_a_tenant_is_one_query_from_any_schema(acme):
    with CaptureQueriesContext(connection) as queries:
        found = selectors.tenant_for_host("globex.localhost")

    assert found
    assert found.slug == "globex"

    assert len([query for query in queries if "SELECT" in query["sql"]]) == 1


def test_an_unknown_subdomain_is_404_as_page_and_as_problem(acme):
    client = clients.anyone(acme, HTTP_HOST="nobody.localhost")

    page, problem = client.get("/"), client.get("/api/v1/session/")

    assert (page.status_code, page["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "There is no tenant at this address." in page.content.decode()
    assert (problem.status_code, problem["Content-Type"]) == (404, "application/problem+json")
    assert problem.json()["code"] == "tenant.unknown"


def test_a_refusal_speaks_the_browsers_language(acme):
    client = clients.anyone(acme, HTTP_HOST="nobody.localhost")

    page = client.get("/", headers={"Accept-Language": "zh-CN,zh;q=0.9"})

    assert '<html lang="zh-hans">' in page.content.decode()


def test_a_suspension_counts_from_the_next_request(acme):
    client = clients.browser(acme, User.objects.create_superuser("root"))
    assert client.get("/api/v1/session/").status_code == 200

    tenants.suspend(acme.pk)

    problem, page = client.get("/api/v1/session/"), client.get("/admin/")
    assert (problem.status_code, problem.json()["code"]) == (403, "tenant.suspended")
    assert page.status_code == 403
    assert "suspended" in page.content.decode()

    tenants.resume(acme.pk)
    assert client.get("/api/v1/session/").status_code == 200


def test_the_bare_domain_has_the_platforms_pages_and_a_tenant_has_not(platform, acme):
    anyone_there, anyone_here = clients.anyone(platform), clients.anyone(acme)

    assert anyone_there.get("/api/v1/tenants/").status_code == 401
    assert anyone_here.get("/api/v1/tenants/").status_code == 404


def test_a_kept_connection_carries_nothing_over_to_the_next_tenant(acme, globex):
    with tenant_context(acme):
        ada = User.objects.create_user("ada")
    with tenant_context(globex):
        grace = User.objects.create_user("grace")
    here, there = clients.browser(acme, ada), clients.browser(globex, grace)

    for _ in range(3):
        assert here.get("/api/v1/session/").json()["user"]["username"] == "ada"
        assert there.get("/api/v1/session/").json()["user"]["username"] == "grace"
        assert clients.anyone(acme, HTTP_HOST="nobody.localhost").get("/").status_code == 404


def test_a_foreign_host_is_refused_before_any_query(acme):
    assert clients.anyone(acme, HTTP_HOST="evil.example").get("/").status_code == 400


def test_staying_in_a_schema_sets_nothing_again(acme):
    User.objects.exists()
    with CaptureQueriesContext(connection) as queries:
        enter(acme)
        User.objects.exists()

    assert [query["sql"] for query in queries if "search_path" in query["sql"]] == []
