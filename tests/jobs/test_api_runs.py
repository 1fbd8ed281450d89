"""Runs over HTTP: listed, filtered, cancelled, run again, explained."""

from __future__ import annotations

import gzip

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from guardian.shortcuts import assign_perm

from apps.executors.models import Executor
from apps.jobs.domain.outcome import Outcome
from apps.jobs.domain.run_states import Reason, RunState
from apps.jobs.models import Run
from apps.jobs.services import jobs
from apps.scheduling.services import settle
from tests import clients, factories
from tests.api_cases import Deed, ObjectCases, asked, permission

PATH = "/api/v1/runs/"


class TestRuns(ObjectCases):
    path = PATH
    view = "jobs.view_job"
    deeds = [
        Deed("post", "cancel/", "jobs.operate_job", status=202),
        Deed("post", "rerun/", "jobs.operate_job", status=201),
    ]

    def make(self):
        return factories.run()

    def guarded(self, obj):
        return obj.job


@pytest.fixture
def client(acme):
    return clients.browser(acme, factories.owner())


def test_a_run_that_waits_is_shown_whole(client):
    job = factories.job(name="Load")
    run = factories.run(job)

    shown = client.get(f"{PATH}{run.pk}/").json()

    assert shown.pop("queued_at")
    assert shown.pop("event") == run.event
    assert shown == {
        "id": str(run.pk),
        "job": {"id": str(job.pk), "name": "Load", "kind": "python"},
        "state": "queued",
        "source": "manual",
        "attempt": 0,
        "version": 1,
        "trigger": None,
        "scheduled_for": None,
        "started_at": None,
        "finished_at": None,
        "waiting_ms": None,
        "duration_ms": None,
        "params": {},
        "priority": 5,
        "requested_by": "owner",
        "cancelled_by": "",
        "rerun_of": None,
        "failures": 0,
        "losses": 0,
        "has_result": False,
        "exit_reason": "",
        "exit_code": None,
        "exit_signal": "",
        "message": "",
        "can_operate": True,
        "can_rerun": True,
    }


def test_a_run_that_failed_says_how(client):
    ended = factories.started()
    settle.settle(
        ended,
        Outcome(
            reason=Reason.EXIT_CODE,
            exit_code=3,
            template="The script ended with exit code %(exit_code)s.",
            params={"exit_code": 3},
        ),
    )

    shown = client.get(f"{PATH}{ended.run_id}/").json()

    assert (shown["state"], shown["exit_reason"], shown["exit_code"]) == ("failed", "exit_code", 3)
    assert shown["message"] == "The script ended with exit code 3."
    assert shown["waiting_ms"] >= 0
    assert shown["duration_ms"] >= 0


def test_a_queued_run_is_cancelled_and_a_cancelled_one_is_not(client):
    run = factories.run()

    answer = client.post(f"{PATH}{run.pk}/cancel/")
    again = client.post(f"{PATH}{run.pk}/cancel/")

    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["cancelled_by"]) == ("cancelled", "owner")
    assert (again.status_code, again.json()["code"]) == (409, "run.ended")


def test_a_run_is_run_again_with_its_parameters(client):
    job = factories.job(parameters={"properties": {"day": {"type": "string"}}})
    first = factories.run(job, params={"day": "monday"})

    again = client.post(f"{PATH}{first.pk}/rerun/").json()

    assert (again["rerun_of"], again["source"], again["params"]) == (
        str(first.pk), "rerun", {"day": "monday"},
    )  # fmt: skip


def test_the_runs_of_a_deleted_job_stay_to_be_read_and_can_not_be_run_again(client):
    run = factories.run(factories.job(name="Load"))
    jobs.delete(run.job_id, by=factories.owner())

    assert client.get(f"{PATH}{run.pk}/").json()["job"]["name"] == "Load"
    answer = client.post(f"{PATH}{run.pk}/rerun/")
    assert (answer.status_code, answer.json()["code"]) == (409, "job.deleted")


def test_the_list_is_narrowed(client):
    load, report = factories.job(name="Load"), factories.job(name="Report")
    waiting, done = factories.run(load), factories.run(report)
    client.post(f"{PATH}{done.pk}/cancel/")

    def ids(**query):
        answer = client.get(PATH, query)
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["results"]]

    now = timezone.now().isoformat()
    assert ids() == [str(done.pk), str(waiting.pk)]
    assert ids(state="queued") == [str(waiting.pk)]
    assert len(ids(state="queued,cancelled")) == len(ids(state=["queued", "cancelled"])) == 2
    assert ids(version=1) == ids(source=["manual", "trial"]) == ids()
    assert ids(version=2) == []
    assert ids(exit_reason="timeout,cancelled") == [str(done.pk)]
    assert ids(search=str(waiting.pk)) == [str(waiting.pk)]
    assert ids(job=report.pk) == [str(done.pk)]
    assert ids(source="cron") == []
    assert ids(exit_reason="cancelled") == [str(done.pk)]
    assert ids(search="LOA") == [str(waiting.pk)]
    assert ids(trigger=load.pk) == []
    assert ids(queued_after=now) == []
    assert len(ids(queued_before=now)) == 2
    page = client.get(PATH, {"page_size": 1}).json()
    assert [row["id"] for row in client.get(page["next"]).json()["results"]] == [str(waiting.pk)]
    again = client.post(f"{PATH}{done.pk}/rerun/").json()["id"]
    assert ids(rerun_of=done.pk) == [again]


def test_mine_are_the_runs_that_i_asked_for_and_those_of_my_jobs(acme):
    me, other = factories.user("me"), factories.user("other")
    for user in (me, other):
        user.user_permissions.add(permission("jobs.view_job"))
    of_my_job = factories.run(factories.job(by=me), by=other)
    asked_for = factories.run(factories.job(by=other), by=me)
    neither = factories.run(factories.job(by=other), by=other)
    client = clients.browser(acme, me)

    def ids(value):
        return [row["id"] for row in client.get(PATH, {"mine": value}).json()["results"]]

    assert ids("true") == [str(asked_for.pk), str(of_my_job.pk)]
    assert ids("false") == [str(neither.pk)]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("job=load", "job"),
        ("trigger=1", "trigger"),
        ("state=done", "state"),
        ("state=queued,done", "state"),
        ("version=-1", "version"),
        ("version=99999999999", "version"),
        ("source=x", "source"),
        ("queued_after=yesterday", "queued_after"),
    ],
)
def test_a_filter_that_makes_no_sense_is_named(client, query, field):
    answer = client.get(f"{PATH}?{query}")

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_what_happened_to_a_run_is_told_in_order(client):
    job = factories.job(retry={"strategy": "fixed", "max_attempts": 2, "base_seconds": 1})
    ended = factories.started(job)
    settle.settle(ended, Outcome(reason=Reason.EXIT_CODE, exit_code=1, template="Bad.", params={}))

    attempts = client.get(f"{PATH}{ended.run_id}/attempts/").json()["results"]
    events = client.get(f"{PATH}{ended.run_id}/events/").json()["results"]
    explained = client.get(f"{PATH}{ended.run_id}/explain/").json()

    assert [(a["number"], a["exit_reason"], a["exit_code"], a["message"]) for a in attempts] == [
        (1, "exit_code", 1, "Bad.")
    ]
    assert attempts[0]["executor"] == "test:1"
    assert [(e["state"], e["attempt"]) for e in events] == [("queued", 0), ("running", 1), ("queued", 1)]
    assert explained["state"] == RunState.QUEUED
    assert [reason["code"] for reason in explained["reasons"]] == ["delayed"]
    assert explained["reasons"][0]["detail"].startswith("It may not start before 20")


def test_a_run_that_nobody_can_take_says_so(client):
    run = factories.run(factories.job(group="gpu"))

    explained = client.get(f"{PATH}{run.pk}/explain/").json()

    assert explained["reasons"] == [
        {"code": "no_executor", "detail": 'No executor of group "gpu" is online.', "held_by": []}
    ]


def test_a_full_limit_is_named_with_the_runs_that_hold_it(client):
    job = factories.job(max_running=1)
    running = factories.started(job)
    Executor.objects.create(name="test:1", slots=4)
    run = factories.run(job)

    explained = client.get(f"{PATH}{run.pk}/explain/").json()

    assert explained["reasons"] == [
        {
            "code": "job_limit_full",
            "detail": "The job may run 1 times at once, and 1 of its runs are running.",
            "held_by": [str(running.run_id)],
        }
    ]


def test_a_page_costs_one_reader_of_some_jobs_no_more_than_another(acme):
    reader = factories.user()
    jobs_seen = [factories.job() for _ in range(3)]
    for job in jobs_seen:
        assign_perm("jobs.view_job", reader, job)
        factories.run(job)
    factories.run()
    client = clients.browser(acme, reader)
    client.get(PATH)  # fills the caches of content types

    with CaptureQueriesContext(connection) as few:
        assert len(client.get(PATH).json()["results"]) == 3
    for job in [*jobs_seen, *(factories.job() for _ in range(5))]:
        assign_perm("jobs.view_job", reader, job)
        factories.run(job)
    with CaptureQueriesContext(connection) as many:
        assert len(client.get(PATH).json()["results"]) == 11

    assert len(asked(many)) == len(asked(few)), "\n".join(asked(many))
    assert not any("definition" in query for query in asked(many))


def test_a_result_is_read_and_its_rows_downloaded(client):
    ended = factories.started()
    rows = "day,sum\nmonday,1\n" * 100_000
    settle.settle(ended, Outcome(result={"rows": 2}, rows_csv=gzip.compress(rows.encode())))

    result = client.get(f"{PATH}{ended.run_id}/result/")
    download = client.get(f"{PATH}{ended.run_id}/result/download/")

    assert result.json() == {"attempt": 1, "data": {"rows": 2}, "has_rows_csv": True}
    assert download["Content-Type"] == "text/csv; charset=utf-8"
    assert f'filename="{ended.run_id}.csv"' in download["Content-Disposition"]
    assert b"".join(download.streaming_content).decode() == rows
    assert client.get(f"{PATH}{ended.run_id}/").json()["has_result"] is True


@pytest.mark.parametrize("path", ["result/", "result/download/"])
def test_a_run_without_a_result_says_so(client, path):
    run = factories.run()

    answer = client.get(f"{PATH}{run.pk}/{path}")

    assert (answer.status_code, answer.json()["code"]) == (404, "run.no_result")


def test_a_message_that_does_not_fit_its_parameters_is_shown_as_it_is(client):
    run = factories.run()
    for stored in (
        {"template": "Took %(seconds)d s.", "params": {"seconds": "many"}},
        {"template": "Took %(seconds)d s.", "params": {"minutes": 1}},
        {"template": "100% of it %", "params": {"a": 1}},
        {"template": "Nothing %(a)s.", "params": "a"},
    ):
        Run.objects.filter(pk=run.pk).update(message=stored)
        assert client.get(f"{PATH}{run.pk}/").json()["message"] == stored["template"]
    Run.objects.filter(pk=run.pk).update(message={"template": 7})
    assert client.get(f"{PATH}{run.pk}/").json()["message"] == ""
