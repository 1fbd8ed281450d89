"""The description of the API is whole, and the copy in docs/ is what the code says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command

from apps.jobs.domain import definition
from apps.tenants.models import Tenant
from tests import clients, factories

COPY = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
COMMAND = "DJANGO_SETTINGS_MODULE=tests.settings .venv/bin/python manage.py openapi"


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The description as the code gives it now. A warning of its generator is a failure."""
    path = tmp_path_factory.mktemp("openapi") / "openapi.json"
    call_command("openapi", file=str(path))
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def operations(described: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_copy_is_up_to_date(described):
    assert json.loads(COPY.read_text()) == described, f"docs/openapi.json is stale. Run: {COMMAND}"


def test_every_operation_says_what_it_answers(described):
    for name, operation in operations(described):
        good = {code: answer for code, answer in operation["responses"].items() if code.startswith("2")}
        assert good, name
        for code, answer in good.items():
            assert code == "204" or answer.get("content"), name


def test_every_operation_says_how_it_refuses(described):
    for name, operation in operations(described):
        refusals = {code for code, answer in operation["responses"].items() if "$ref" in answer}
        assert {"401", "429"} <= refusals, name
        if "{id}" in name:
            assert "404" in refusals, name
    problem = described["components"]["responses"]["Problem404"]
    assert problem["content"] == {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
    }


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("KindEnum", ["python", "shell", "sql", "http"]),
        ("StateEnum", ["queued", "running", "succeeded", "failed", "cancelled", "skipped"]),
        ("SourceEnum", ["cron", "interval", "once", "manual", "api", "rerun", "trial"]),
        ("StreamEnum", ["out", "err", "system"]),
        ("LanguageEnum", ["zh-hans", "en"]),
    ],
)
def test_the_enumerations_keep_their_names(described, name, values):
    assert described["components"]["schemas"][name]["enum"] == values


def test_an_exit_reason_may_be_empty(described):
    reasons = described["components"]["schemas"]["ExitReasonEnum"]["enum"]

    assert reasons[:2] == ["", "exit_code"]
    run = described["components"]["schemas"]["Run"]
    assert run["properties"]["exit_reason"] == {"$ref": "#/components/schemas/ExitReasonEnum"}
    assert set(run["required"]) == set(run["properties"])


def test_both_ways_to_sign_in_are_described(described):
    schemes = described["components"]["securitySchemes"]

    assert (schemes["cookieAuth"]["in"], schemes["token"]["in"]) == ("cookie", "header")


@pytest.mark.parametrize(
    ("kind", "needed", "component"),
    [
        ("python", {"source": "print(1)"}, "ScriptDefinition"),
        ("shell", {"source": "echo 1"}, "ScriptDefinition"),
        ("sql", {"datasource": str(uuid4()), "statement": "SELECT 1"}, "SqlDefinition"),
        ("http", {"url": "https://example.com"}, "HttpDefinition"),
    ],
)
def test_a_definition_is_described_as_it_is_stored(described, kind, needed, component):
    stored = definition.complete(kind, needed)

    schemas = described["components"]["schemas"]
    assert set(schemas[component]["properties"]) == set(stored)
    assert set(schemas[component]["required"]) == set(stored)
    for name in {"retry", "limits"} & set(stored):
        assert set(schemas[name.title()]["properties"]) == set(stored[name])


@pytest.mark.django_db
def test_each_host_describes_its_own_api(acme):
    tenants = clients.anyone(acme).get("/api/v1/schema/").json()
    platforms = clients.anyone(Tenant.objects.get(schema_name="public")).get("/api/v1/schema/").json()

    assert "/api/v1/runs/" in tenants["paths"]
    assert "/api/v1/tenants/" not in tenants["paths"]
    assert "/api/v1/tenants/" in platforms["paths"]
    assert "/api/v1/runs/" not in platforms["paths"]


@pytest.mark.django_db
def test_the_description_speaks_the_readers_language(acme):
    client = clients.anyone(acme)

    def trigger(answer):
        return answer.json()["components"]["schemas"]["Run"]["properties"]["attempt"]["description"]

    english = trigger(client.get("/api/v1/schema/?lang=en"))
    assert english == "The latest attempt, counted from 1; 0 before the first."
    assert trigger(client.get("/api/v1/schema/?lang=../../etc")) == english


@pytest.mark.django_db
def test_the_page_loads_nothing_from_elsewhere(acme):
    page = clients.browser(acme, factories.owner()).get("/api/v1/docs/")

    text = page.content.decode()
    assert page.status_code == 200
    assert "swagger-ui-bundle.js" in text
    assert "http://" not in text.replace("http://acme.localhost", "")
    assert "https://" not in text
    assert "/api/v1/schema/" in text
