"""A definition is tried before it is saved, and no trace of it is left in the job."""

from __future__ import annotations

import pytest
from django.utils import timezone
from guardian.shortcuts import assign_perm

from apps.audit.models import Entry
from apps.datasources.services import datasources
from apps.jobs.domain.outcome import Outcome
from apps.jobs.domain.run_states import RunState
from apps.jobs.models import Job, JobVersion, LogChunk, Run
from apps.jobs.services import trials
from apps.queue.models import Limit, WorkItem
from apps.scheduling.services import settle
from tests import clients, factories
from tests.api_cases import Deed, ObjectCases

pytestmark = pytest.mark.django_db
JOBS, RUNS = "/api/v1/jobs/", "/api/v1/runs/"
NEW = {"source": "print('new')"}


@pytest.fixture
def client(acme):
    return clients.browser(acme, factories.owner())


def attempt(client, job, definition=NEW, **more):
    return client.post(f"{JOBS}{job.pk}/try/", {"definition": definition, **more})


def end(run):
    """The run has ended; its work item is gone."""
    WorkItem.objects.filter(pk=run.pk).delete()
    Run.objects.filter(pk=run.pk).update(state=RunState.SUCCEEDED.value, finished_at=timezone.now())


class TestTrying(ObjectCases):
    path = JOBS
    view = "jobs.view_job"
    deeds = [Deed("post", "try/", "jobs.operate_job", {"definition": NEW}, status=201)]

    def make(self):
        job = factories.job()
        for user in self.changers:
            assign_perm("jobs.change_job", user, job)
        return job

    changers: tuple = ()

    def test_what_is_allowed_is_done(self, acme, nobody):
        self.changers = (nobody,)
        super().test_what_is_allowed_is_done(acme, nobody)


def test_to_operate_is_not_enough_and_to_change_is_not(acme):
    for right in ("operate_job", "change_job"):
        job, user = factories.job(), factories.user()
        for name in ("view_job", right):
            assign_perm(f"jobs.{name}", user, job)
        answer = attempt(clients.browser(acme, user), job)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_trial_runs_what_was_sent_and_leaves_the_job_as_it_is(client):
    job = factories.job(parameters={"properties": {"day": {}}})
    before = client.get(f"{JOBS}{job.pk}/").json()

    definition = {**NEW, "group": "gpu", "priority": 7, "parameters": {"properties": {"hour": {}}}}
    shown = attempt(client, job, definition, params={"hour": 3}).json()

    assert {
        key: shown[key] for key in ("state", "source", "version", "params", "priority", "requested_by")
    } == {
        "state": "queued",
        "source": "trial",
        "version": 0,
        "params": {"hour": 3},
        "priority": 7,
        "requested_by": "owner",
    }
    run = Run.objects.get(pk=shown["id"])
    assert run.version.definition["source"] == "print('new')"
    assert WorkItem.objects.get(pk=run.pk).group == "gpu"
    assert client.get(f"{JOBS}{job.pk}/").json() == before
    assert [row["number"] for row in client.get(f"{JOBS}{job.pk}/versions/").json()["results"]] == [1]
    for path in ("versions/0/", "versions/0/diff/", "versions/1/diff/?against=0"):
        assert client.get(f"{JOBS}{job.pk}/{path}").status_code in (400, 404), path
    assert client.post(f"{JOBS}{job.pk}/versions/0/restore/").status_code == 404
    assert client.get(f"{RUNS}{run.pk}/").json() == shown
    entry = Entry.objects.get(action="run.requested")
    assert entry.detail == {"job": job.name, "trial": run.version.checksum}


def test_the_next_save_counts_on_from_the_versions(client):
    job = factories.job()
    attempt(client, job)
    attempt(client, job)

    saved = client.patch(f"{JOBS}{job.pk}/", {"definition": NEW, "expected_version": 1}).json()

    assert saved["version"] == 2
    assert JobVersion.objects.filter(job=job, number=0).count() == 2


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "required", "definition"),
        ({"definition": {"source": " "}}, "job.bad_definition", "source"),
        ({"definition": {**NEW, "colour": 1}}, "job.bad_definition", "colour"),
        ({"definition": "print"}, "job.bad_definition", "definition"),
        ({"definition": NEW, "params": {"x": 1}}, "run.bad_parameters", "params.x"),
        ({"definition": NEW, "priority": 10}, "max_value", "priority"),
    ],
)
def test_a_trial_is_checked_as_a_save_and_as_a_run(client, body, code, field):
    job = factories.job()

    answer = client.post(f"{JOBS}{job.pk}/try/", body)

    assert answer.status_code == 400
    assert [(error["code"], error["field"]) for error in answer.json()["errors"]] == [(code, field)]
    assert not Run.objects.exists()
    assert not JobVersion.objects.filter(number=0).exists()


def test_sql_is_tried_only_on_a_datasource_that_one_may_use(acme):
    source = datasources.create(by=factories.owner(), name="Sums", kind="sqlite", path="sums.db")
    job = factories.job(kind="sql", datasource=str(source.pk), statement="SELECT 1")
    user = factories.user()
    for right in ("view_job", "operate_job", "change_job"):
        assign_perm(f"jobs.{right}", user, job)

    answer = attempt(
        clients.browser(acme, user), job, {"datasource": str(source.pk), "statement": "DROP TABLE x"}
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "job.unknown_datasource")


def test_a_trial_stands_in_the_jobs_own_queue(client):
    """What it says itself of how many may run at once is for when it is saved."""
    job = factories.job(max_running=1)
    Limit.objects.filter(key__startswith="job:").delete()

    run = attempt(client, job, {**NEW, "max_running": 100}).json()

    (key,) = [key for key in WorkItem.objects.get(pk=run["id"]).limits if key.startswith("job:")]
    assert Limit.objects.get(key=key).cap == 1


def test_a_trial_counts_neither_as_the_last_run_nor_among_the_newest(client):
    job = factories.job()
    run = factories.run(job)
    attempt(client, job)

    (row,) = client.get(JOBS, {"recent": 5}).json()["results"]

    assert [recent["id"] for recent in row["recent_runs"]] == [str(run.pk)]
    assert len(client.get(RUNS, {"job": job.pk}).json()["results"]) == 2
    assert len(client.get(RUNS, {"job": job.pk, "version": 0}).json()["results"]) == 1


def test_a_trial_that_is_run_again_is_tried_again(client):
    job = factories.job()
    first = attempt(client, job, {**NEW, "parameters": {"properties": {"day": {}}}}, params={"day": 1}).json()

    again = client.post(f"{RUNS}{first['id']}/rerun/", {"params": {"day": 2}}).json()

    assert (again["source"], again["version"], again["rerun_of"], again["params"]) == (
        "trial", 0, first["id"], {"day": 2},
    )  # fmt: skip
    assert Run.objects.get(pk=again["id"]).version.definition["source"] == "print('new')"


def test_who_may_only_operate_can_not_have_a_trial_run_again_and_is_told_before(acme, client):
    job, user = factories.job(), factories.user()
    for right in ("view_job", "operate_job"):
        assign_perm(f"jobs.{right}", user, job)
    run, trial = factories.run(job), attempt(client, job).json()
    operator = clients.browser(acme, user)

    shown = {
        row["id"]: (row["can_operate"], row["can_rerun"]) for row in operator.get(RUNS).json()["results"]
    }

    assert shown == {str(run.pk): (True, True), trial["id"]: (True, False)}
    assert operator.post(f"{RUNS}{trial['id']}/rerun/").status_code == 403
    assert operator.post(f"{RUNS}{trial['id']}/cancel/").status_code == 202


def test_the_oldest_trial_makes_room_and_one_that_goes_on_does_not(client, monkeypatch):
    monkeypatch.setattr(trials, "KEPT", 3)
    job, other = factories.job(), factories.job()
    attempt(client, other)
    made = [Run.objects.get(pk=attempt(client, job, {"source": str(n)}).json()["id"]) for n in range(4)]
    assert JobVersion.objects.filter(job=job, number=0).count() == 4, "none has ended"
    for run in (made[1], made[3]):
        end(run)
    LogChunk.objects.create(run=made[1], attempt=1, first_line=1, lines=1, text="0 ox\n")

    fifth = attempt(client, job, {"source": "5"}).json()["id"]

    left = {str(pk) for pk in Run.objects.filter(job=job).values_list("pk", flat=True)}
    assert left == {str(made[0].pk), str(made[2].pk), str(made[3].pk), fifth}
    sources = Run.objects.filter(job=job).order_by("id").values_list("version__definition__source", flat=True)
    assert list(sources) == ["0", "2", "3", "5"]
    assert JobVersion.objects.filter(job=job, number=0).count() == 4
    assert not LogChunk.objects.exists()
    attempt(client, job, {"source": "6"})
    assert not Run.objects.filter(pk=made[3].pk).exists(), "the next oldest that has ended"
    assert Run.objects.filter(job=other).count() == 1


def test_a_refused_trial_removes_none(client, monkeypatch):
    monkeypatch.setattr(trials, "KEPT", 1)
    job = factories.job()
    first = Run.objects.get(pk=attempt(client, job).json()["id"])
    end(first)

    assert attempt(client, job, NEW, params={"x": 1}).status_code == 400

    assert Run.objects.get(job=job) == first
    assert first.version.definition["source"] == "print('new')"


def test_a_trial_is_carried_out_as_any_run(acme):
    job = factories.job()
    trial = trials.request(job, definition=NEW, by=factories.owner())

    ended = factories.started(trial)
    settle.settle(ended, Outcome())

    trial.refresh_from_db()
    assert (trial.state, trial.version.number) == ("succeeded", 0)
    assert factories.version(Job.objects.get(pk=job.pk)).number == 1
