"""What Django answers by itself outside the API: pages for people, in their language, which need nothing else."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import path

from apps.tenants import selectors
from apps.tenants.models import Tenant
from config import spa
from tests import clients, factories

pytestmark = pytest.mark.django_db
CHINESE = {"Accept-Language": "zh-CN"}
PROBLEM = "application/problem+json"


def heading(answer) -> str:
    """The page's one heading. It holds nothing from elsewhere, and fits both schemes and a phone."""
    text = answer.content.decode()
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert not re.search(r"(src|href)=\"(https?:)?//|url\(|<script|@import", text)
    for needed in ("color-scheme: light dark", "prefers-color-scheme: dark", "width=device-width", "<main>"):
        assert needed in text
    (found,) = re.findall(r"<h1>(.*?)</h1>", text)
    return str(found)


def broken(request):
    raise ZeroDivisionError("the password is 1234")


def damaged(request):
    raise SuspiciousOperation("too many fields")


urlpatterns = [
    path("", spa.index),
    path("broken/", broken),
    path("damaged/", damaged),
    path("api/damaged/", damaged),
]
handler400 = "config.error_pages.bad_request"
handler500 = "config.error_pages.server_error"


@pytest.fixture
def faulty(settings):
    """A site whose pages break."""
    settings.ROOT_URLCONF = __name__


def test_an_address_of_the_admin_that_leads_nowhere(acme):
    client = clients.browser(acme, factories.owner())

    english, chinese = client.get("/admin/nothing/"), client.get("/admin/nothing/", headers=CHINESE)

    assert english.status_code == chinese.status_code == 404
    assert heading(english) == "There is nothing here"
    assert heading(chinese) == "这里什么也没有"
    assert 'href="/admin/"' in english.content.decode()


def test_what_one_may_not_see_in_the_admin(acme):
    reader = factories.user(is_staff=True)
    client = clients.browser(acme, reader)

    answer = client.get("/admin/audit/entry/")

    assert answer.status_code == 403
    assert heading(answer) == "You may not see this"
    assert "Ask an administrator" in answer.content.decode()


def test_a_form_without_its_token(acme):
    client = clients.anyone(acme, enforce_csrf_checks=True)

    answer = client.post("/admin/login/", {"username": "a", "password": "b"})

    assert answer.status_code == 403
    assert heading(answer) == "Your browser didn&#x27;t prove that this came from our own page."
    assert "reload the page and try again" in answer.content.decode()
    assert 'href="/admin/"' in answer.content.decode()


def test_what_nobody_foresaw_needs_no_database_and_tells_only_its_number(acme, faulty):
    client = clients.anyone(acme)
    client.raise_request_exception = False
    client.get("/damaged/")  # now the tenant is set, and known

    with CaptureQueriesContext(connection) as queries:
        answer = client.get("/broken/?next=1", HTTP_X_REQUEST_ID="0123456789ab")

    assert answer.status_code == 500
    assert heading(answer) == "Something broke on our side"
    text = answer.content.decode()
    assert "0123456789ab" in text
    assert 'href="/broken/?next=1"' in text
    assert "1234<" not in text
    assert "password" not in text
    assert [q for q in queries if "tenants_" not in q["sql"] and "search_path" not in q["sql"]] == []


def test_what_was_sent_in_vain_is_not_offered_again(acme, faulty):
    client = clients.anyone(acme)
    client.raise_request_exception = False

    assert b"Try again</a>" not in client.post("/broken/").content


def test_a_damaged_request_is_a_page_and_a_problem(acme, faulty):
    client = clients.anyone(acme)

    page, problem = client.get("/damaged/"), client.get("/api/damaged/")

    assert (page.status_code, heading(page)) == (400, "This request can&#x27;t be understood")
    assert (problem.status_code, problem["Content-Type"]) == (400, PROBLEM)
    assert problem.json()["code"] == "invalid"


def test_a_host_that_can_not_be_is_refused_in_the_browsers_language(acme):
    client = clients.anyone(acme, HTTP_HOST="evil.example.com")

    answer = client.get("/", headers=CHINESE)

    assert (answer.status_code, heading(answer)) == (400, "无法理解此请求")


def test_an_unknown_and_a_suspended_tenant_say_what_to_do(acme, globex):
    Tenant.objects.filter(pk=globex.pk).update(state="suspended")
    unknown = clients.anyone(acme, HTTP_HOST="nobody.localhost").get("/")
    suspended = clients.anyone(globex).get("/")

    assert (unknown.status_code, suspended.status_code) == (404, 403)
    assert heading(unknown) == "There is no tenant at this address."
    assert "typing mistakes" in unknown.content.decode()
    assert heading(suspended).startswith("This tenant is suspended.")
    assert "is kept" in suspended.content.decode()


def test_a_database_that_is_away_is_asked_for_again_by_the_page_itself(acme, monkeypatch):
    def away(host):
        raise OperationalError("gone")

    monkeypatch.setattr(selectors, "tenant_for_host", away)
    client = clients.anyone(acme)

    shown, sent = client.get("/admin/"), client.post("/admin/")

    assert (shown.status_code, shown["Retry-After"]) == (503, "5")
    assert heading(shown).startswith("The database can&#x27;t be reached.")
    assert '<meta http-equiv="refresh" content="5">' in shown.content.decode()
    assert b"refresh" not in sent.content
