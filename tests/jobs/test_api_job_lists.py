"""Lists of jobs: with their newest runs, narrowed, in order; and how many of which sort there are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm

from apps.jobs.domain.outcome import Outcome
from apps.jobs.domain.run_states import Reason, Source
from apps.jobs.models import Job, Run
from apps.jobs.services import jobs
from apps.scheduling.services import settle
from tests import clients, factories
from tests.api_cases import asked, permission

pytestmark = pytest.mark.django_db
PATH = "/api/v1/jobs/"


@pytest.fixture
def client(acme):
    return clients.browser(acme, factories.owner())


def names(client, **query):
    answer = client.get(PATH, {"ordering": "name", **query})
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


def ended(job, *, reason=Reason.NONE):
    run = factories.started(job)
    settle.settle(run, Outcome(reason=reason, exit_code=int(reason != Reason.NONE)))
    return Run.objects.get(pk=run.run_id)


def test_a_row_has_the_newest_runs_that_were_asked_for(client):
    busy, idle = factories.job(name="busy"), factories.job(name="idle")
    runs = [ended(busy), ended(busy, reason=Reason.EXIT_CODE), factories.run(busy)]
    Run.objects.filter(pk=factories.run(busy).pk).update(source=Source.TRIAL.value)
    Run.objects.filter(pk=runs[1].pk).update(finished_at=runs[1].started_at + timedelta(seconds=1.5))

    first, second = client.get(PATH, {"recent": 2, "ordering": "name"}).json()["results"]
    detail = client.get(f"{PATH}{busy.pk}/", {"recent": 50}).json()

    assert [run["id"] for run in first["recent_runs"]] == [str(runs[2].pk), str(runs[1].pk)]
    assert {key: first["recent_runs"][1][key] for key in ("state", "source", "duration_ms")} == {
        "state": "failed",
        "source": "manual",
        "duration_ms": 1500,
    }
    assert first["recent_runs"][0]["queued_at"]
    assert first["recent_runs"][0]["started_at"] is first["recent_runs"][0]["finished_at"] is None
    assert (second["id"], second["recent_runs"]) == (str(idle.pk), [])
    assert [run["id"] for run in detail["recent_runs"]] == [str(run.pk) for run in reversed(runs)]


def test_a_row_says_nothing_of_runs_that_were_not_asked_for(client):
    job = factories.job()

    assert "recent_runs" not in client.get(PATH).json()["results"][0]
    assert "recent_runs" not in client.get(f"{PATH}{job.pk}/").json()
    for bad in ("51", "-1", "many"):
        answer = client.get(PATH, {"recent": bad})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "recent")


def test_the_newest_runs_of_a_page_are_one_query(client):
    def page():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(PATH, {"recent": 10}).status_code == 200
        return asked(queries)

    factories.run()
    page()
    few = page()
    for _ in range(4):
        factories.run()
    many = page()

    assert len(many) == len(few), "\n".join(many)
    assert sum("jobs_run" in query for query in many) == 1


def test_a_list_is_narrowed_by_several_of_a_sort(client):
    factories.job(name="a", kind="python")
    factories.job(name="b", kind="shell")
    http = factories.job(name="c", kind="http", url="http://example.com")
    for name, tags in (("a", ["x", "y"]), ("b", ["x", "y,z"])):
        jobs.save(Job.objects.get(name=name).pk, by=factories.owner(), tags=tags)

    assert names(client, kind="shell,http") == names(client, kind=["shell", "http"]) == ["b", "c"]
    assert names(client, tag="x") == ["a", "b"]
    assert names(client, tag=["x", "y"]) == ["a"]
    assert names(client, tag="y,z") == ["b"]
    assert names(client, id=f"{http.pk},{Job.objects.get(name='a').pk}") == ["a", "c"]
    assert names(client, kind="") == ["a", "b", "c"]
    refused = client.get(PATH, {"id": [str(http.pk)] * 201})
    assert refused.json()["errors"] == [
        {"field": "id", "code": "too_many", "detail": "At most 200 values can be given."}
    ]
    assert client.get(PATH, {"id": "1"}).status_code == 400


def test_a_list_is_narrowed_by_how_the_newest_run_stands(client):
    good, bad, new, tried = (factories.job(name=name) for name in ("good", "bad", "new", "tried"))
    ended(good, reason=Reason.EXIT_CODE)
    ended(good)
    ended(bad, reason=Reason.EXIT_CODE)
    for job in (tried, bad):
        Run.objects.filter(pk=factories.run(job).pk).update(source=Source.TRIAL.value)

    assert names(client, last_state="succeeded") == ["good"]
    assert names(client, last_state="failed") == ["bad"]
    assert names(client, last_state="none") == ["new", "tried"]
    assert names(client, last_state="none,failed") == ["bad", "new", "tried"]
    assert names(client, last_state="queued") == []
    assert new.pk


def test_a_list_comes_in_the_order_that_was_asked_for(client):
    for name, kind in (("b", "python"), ("a", "shell"), ("c", "python")):
        factories.job(name=name, kind=kind)
    jobs.pause(Job.objects.get(name="a").pk, by=factories.owner())
    for age, name in enumerate("abc"):  # in a test's transaction, all changes are at one instant
        job = Job.objects.get(name=name)
        Job.objects.filter(pk=job.pk).update(updated_at=job.updated_at - timedelta(hours=age))

    assert names(client, ordering="-name") == ["c", "b", "a"]
    assert names(client, ordering="kind") == ["b", "c", "a"]
    assert names(client, ordering="-updated_at") == ["a", "b", "c"]
    assert names(client, ordering="created_at") == ["b", "a", "c"]


def test_a_summary_counts_what_the_filters_leave(client, acme):
    ada = factories.user("ada")
    ada.user_permissions.add(permission("jobs.add_job"))
    for name, by, tags in (
        ("a", ada, ["night", "sales"]), ("b", ada, ["night"]), ("c", factories.owner(), []),
    ):  # fmt: skip
        jobs.save(factories.job(name=name, by=by).pk, by=factories.owner(), tags=tags)
    orphan = factories.job(name="d", kind="shell")
    Job.objects.filter(pk=orphan.pk).update(owner=None)
    jobs.pause(orphan.pk, by=factories.owner())
    jobs.delete(factories.job().pk, by=factories.owner())

    assert client.get(f"{PATH}summary/").json() == {
        "total": 4,
        "paused": 1,
        "tags": [{"tag": "night", "count": 2}, {"tag": "sales", "count": 1}],
        "owners": [
            {"owner": "ada", "count": 2}, {"owner": None, "count": 1}, {"owner": "owner", "count": 1},
        ],
        "kinds": [{"kind": "python", "count": 3}, {"kind": "shell", "count": 1}],
    }  # fmt: skip
    narrowed = client.get(f"{PATH}summary/", {"tag": "sales", "last_state": "none"}).json()
    assert (narrowed["total"], narrowed["paused"]) == (1, 0)
    assert narrowed["tags"] == [{"tag": "night", "count": 1}, {"tag": "sales", "count": 1}]
    assert clients.browser(acme, factories.user()).get(f"{PATH}summary/").json()["total"] == 0


def test_a_summary_lists_the_hundred_largest_for_two_queries(client):
    job = factories.job()
    Job.objects.filter(pk=job.pk).update(tags=[f"t{number:03}" for number in range(150)])
    Job.objects.filter(pk=factories.job().pk).update(tags=["t149"])

    client.get(f"{PATH}summary/")
    with CaptureQueriesContext(connection) as queries:
        tags = client.get(f"{PATH}summary/").json()["tags"]

    assert len(tags) == 100
    assert [row["tag"] for row in tags[:2]] == ["t149", "t000"]
    assert sum('FROM "jobs_job"' in query for query in asked(queries)) == 2


def test_a_summary_counts_only_what_the_reader_may_see(acme):
    reader = factories.user()
    seen, _ = factories.job(name="seen"), factories.job(name="unseen")
    assign_perm("jobs.view_job", reader, seen)

    assert clients.browser(acme, reader).get(f"{PATH}summary/").json()["total"] == 1


@pytest.mark.parametrize(
    ("ordering", "index"), [("name", "jobs_live_by_name"), ("-updated_at", "jobs_live_by_change")]
)
def test_a_page_walks_an_index_instead_of_sorting_all_jobs(acme, ordering, index):
    owner = factories.owner()
    job = factories.job()
    Job.objects.bulk_create(
        Job(name=f"job {number:05}", kind="python", version=job.version, owner=owner)
        for number in range(10_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_job")
        sign = "-" if ordering.startswith("-") else ""
        rows = Job.objects.filter(deleted_at__isnull=True).order_by(ordering, f"{sign}pk")[:51]
        plan = rows.explain()
    assert index in plan, plan
