"""Executors over HTTP: what a tenant is told of the machines that are everyone's."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.executors.services import presence
from tests import clients, factories
from tests.api_cases import asked

PATH = "/api/v1/executors/"


def register(**facts):
    return presence.register(
        **{
            "name": "host7.internal:4711",
            "group": "default",
            "tags": ["gpu", "eu"],
            "slots": 8,
            "facts": {"kernel": "6.1.0"},
            **facts,
        }
    )


@pytest.fixture
def client(acme):
    return clients.browser(acme, factories.user())


def test_a_tenant_sees_groups_tags_and_load_but_neither_machines_nor_versions(client):
    executor = register()
    presence.beat(executor.pk, busy=3)

    answer = client.get(PATH)

    (row,) = answer.json()["results"]
    assert row.pop("seen_at") is not None
    assert row == {
        "id": str(executor.pk),
        "group": "default",
        "state": "online",
        "tags": ["eu", "gpu"],
        "slots": 8,
        "busy": 3,
    }
    one = client.get(f"{PATH}{executor.pk}/")
    assert one.json()["busy"] == 3
    for shown in (answer, one):
        assert b"host7" not in shown.content
        assert b"6.1.0" not in shown.content


def test_the_list_is_narrowed_by_group_and_state(client):
    here, there = register(), register(group="etl")
    presence.drain(here.pk)

    assert [row["id"] for row in client.get(PATH, {"group": "etl"}).json()["results"]] == [str(there.pk)]
    assert [row["id"] for row in client.get(PATH, {"state": "draining"}).json()["results"]] == [str(here.pk)]


def test_nobody_changes_an_executor_here(client):
    url = f"{PATH}{register().pk}/"

    assert client.patch(url, {"slots": 1}).status_code == 405
    assert client.delete(url).status_code == 405
    assert client.post(PATH, {"name": "x"}).status_code == 405


def test_who_is_not_signed_in_gets_401(acme):
    assert clients.anyone(acme).get(PATH).status_code == 401


def test_a_longer_list_costs_no_more_queries(client):
    register()
    client.get(PATH)
    with CaptureQueriesContext(connection) as short:
        client.get(PATH)
    for _ in range(5):
        register()
    with CaptureQueriesContext(connection) as longer:
        assert len(client.get(PATH).json()["results"]) == 6
    assert len(asked(longer)) == len(asked(short))
