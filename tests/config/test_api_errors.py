"""Errors that no view has foreseen: a problem document below /api/, a page elsewhere."""

from __future__ import annotations

import pytest
from django.conf import settings

from apps.jobs.selectors import runs
from apps.tenants.models import Tenant
from tests import clients, factories

pytestmark = pytest.mark.django_db
PROBLEM = "application/problem+json"


def test_an_address_without_a_view_is_a_problem(acme):
    for tenant in (acme, Tenant.objects.get(schema_name="public")):
        answer = clients.anyone(tenant).get("/api/v1/nothing/")

        assert (answer.status_code, answer["Content-Type"]) == (404, PROBLEM)
        assert answer.json()["code"] == "not_found"


def test_an_address_without_its_last_slash_leads_on(acme):
    answer = clients.anyone(acme).get("/api/v1/runs?state=queued")

    assert (answer.status_code, answer["Location"]) == (301, "/api/v1/runs/?state=queued")


def test_what_nobody_foresaw_is_a_problem_that_tells_nothing(acme, monkeypatch):
    def broken(user):
        raise ZeroDivisionError("the password is 1234")

    monkeypatch.setattr(runs, "visible_to", broken)
    client = clients.browser(acme, factories.owner())
    client.raise_request_exception = False

    answer = client.get("/api/v1/runs/")

    assert (answer.status_code, answer["Content-Type"]) == (500, PROBLEM)
    assert answer.json()["code"] == "platform.error"
    assert b"1234" not in answer.content
    assert settings.DEBUG is False
