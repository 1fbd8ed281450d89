"""What a row says of the reader's rights on it, for the price of a query a right and page."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm

from apps.accounts import selectors
from tests import clients, factories
from tests.api_cases import asked, permission

pytestmark = pytest.mark.django_db
JOBS, RUNS = "/api/v1/jobs/", "/api/v1/runs/"


@pytest.fixture
def reader(acme):
    return factories.user("reader")


def rights(row):
    return [row["can_operate"], row["can_change"], row["can_delete"]]


def test_rights_on_single_jobs_are_said_with_each(acme, reader):
    operated, changed, seen = (factories.job(name=name) for name in ("a", "b", "c"))
    group = Group.objects.create(name="editors")
    reader.groups.add(group)
    for job in (operated, changed, seen):
        assign_perm("jobs.view_job", reader, job)
    assign_perm("jobs.operate_job", reader, operated)
    assign_perm("jobs.change_job", group, changed)
    client = clients.browser(acme, reader)

    rows = client.get(JOBS, {"ordering": "name"}).json()["results"]

    assert [rights(row) for row in rows] == [
        [True, False, False],
        [False, True, False],
        [False, False, False],
    ]
    assert rights(client.get(f"{JOBS}{changed.pk}/").json()) == [False, True, False]


def test_model_wide_rights_are_rights_on_every_job(acme, reader):
    factories.job()
    for name in ("view_job", "delete_job"):
        reader.user_permissions.add(permission(f"jobs.{name}"))

    (row,) = clients.browser(acme, reader).get(JOBS).json()["results"]

    assert rights(row) == [False, False, True]


def test_an_answer_to_a_change_says_the_rights_too(acme):
    maker = factories.user("maker")
    maker.user_permissions.add(permission("jobs.add_job"))
    client = clients.browser(acme, maker)

    made = client.post(JOBS, {"name": "Load", "kind": "python", "definition": {"source": "1"}}).json()
    paused = client.post(f"{JOBS}{made['id']}/pause/").json()

    assert rights(made) == rights(paused) == [True, True, True]


def test_a_run_may_be_operated_by_who_may_operate_its_job(acme, reader):
    mine, other = factories.job(), factories.job()
    for job in (mine, other):
        assign_perm("jobs.view_job", reader, job)
    assign_perm("jobs.operate_job", reader, mine)
    runs = [factories.run(mine), factories.run(other)]
    client = clients.browser(acme, reader)

    shown = {row["id"]: row["can_operate"] for row in client.get(RUNS).json()["results"]}

    assert shown == {str(runs[0].pk): True, str(runs[1].pk): False}
    assert client.get(f"{RUNS}{runs[0].pk}/").json()["can_operate"] is True
    assert client.post(f"{RUNS}{runs[0].pk}/cancel/").json()["can_operate"] is True


@pytest.mark.parametrize(("path", "is_of_runs"), [(JOBS, False), (RUNS, True)])
def test_a_page_of_object_rights_costs_the_same_however_long(acme, reader, path, is_of_runs):
    def make():
        job = factories.job()
        for right in ("view_job", "operate_job", "change_job"):
            assign_perm(f"jobs.{right}", reader, job)
        if is_of_runs:
            factories.run(job)

    client = clients.browser(acme, reader)
    make()
    client.get(path)  # fills the caches of content types
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    for _ in range(5):
        make()
    with CaptureQueriesContext(connection) as many:
        rows = client.get(path).json()["results"]

    assert [row["can_operate"] for row in rows] == [True] * 6
    assert len(asked(many)) == len(asked(few)), "\n".join(asked(many))


def test_who_may_everything_and_who_may_nothing_cost_no_query(acme, reader, django_assert_num_queries):
    job, owner = factories.job(), factories.owner()
    reader.is_active = False

    with django_assert_num_queries(0):
        assert selectors.allowed(owner, "jobs.change_job", [job]) == {str(job.pk)}
        assert selectors.allowed(owner, "jobs.change_job", []) == set()
        assert selectors.allowed(reader, "jobs.change_job", [job]) == set()
