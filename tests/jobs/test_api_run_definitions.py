"""What a run was made with; run again with other parameters."""

from __future__ import annotations

import json

import pytest

from apps.jobs.models import Run
from apps.jobs.services import jobs, trials
from tests import clients, factories

pytestmark = pytest.mark.django_db
PATH = "/api/v1/runs/"


@pytest.fixture
def client(acme):
    return clients.browser(acme, factories.owner())


def test_a_run_shows_the_definition_and_the_environment_that_it_had(client):
    job = factories.job(
        name="Load",
        source="print(1)",
        env={"REGION": "eu", "DB_PASSWORD": "geheim", "DB": "postgres://ada:geheim@db/sales"},
        parameters={"properties": {"day": {"type": "string"}, "api_token": {"type": "string"}}},
    )
    run = factories.run(job, params={"day": "monday", "api_token": "geheim"})
    jobs.save(job.pk, by=factories.owner(), definition={"source": "print(2)"})

    shown = client.get(f"{PATH}{run.pk}/definition/").json()

    assert (shown["version"], shown["is_trial"], shown["definition"]["source"]) == (1, False, "print(1)")
    assert shown["definition"]["timeout_seconds"] == 3600
    env = shown["env"]
    assert env["REGION"] == "eu"
    assert env["DB"] == shown["definition"]["env"]["DB"] == "postgres://•••@db/sales"
    assert env["DB_PASSWORD"] == shown["definition"]["env"]["DB_PASSWORD"] == "•••"
    assert (env["JIEPAI_PARAM_DAY"], env["JIEPAI_PARAM_API_TOKEN"]) == ("monday", "•••")
    assert json.loads(env["JIEPAI_PARAMS"]) == {"day": "monday", "api_token": "•••"}
    assert (env["JIEPAI_JOB"], env["JIEPAI_TENANT"], env["JIEPAI_ATTEMPT"]) == ("Load", "acme", "1")
    assert env["JIEPAI_RUN_ID"] == str(run.pk)
    assert env["JIEPAI_SCHEDULED_FOR"] == run.queued_at.isoformat()
    assert "geheim" not in client.get(f"{PATH}{run.pk}/definition/").content.decode()


def test_a_trials_definition_is_shown_as_such(client):
    trial = trials.request(factories.job(), definition={"source": "print(9)"}, by=factories.owner())

    shown = client.get(f"{PATH}{trial.pk}/definition/").json()

    assert (shown["version"], shown["is_trial"], shown["definition"]["source"]) == (0, True, "print(9)")


def test_an_http_request_has_no_environment_and_its_secrets_are_masked(client):
    job = factories.job(
        kind="http",
        url="https://ada:geheim@example.com/?token=geheim",
        headers={"Authorization": "Bearer geheim", "Accept": "*/*"},
    )

    shown = client.get(f"{PATH}{factories.run(job).pk}/definition/").json()

    assert shown["env"] == {}
    assert shown["definition"]["headers"] == {"Authorization": "•••", "Accept": "*/*"}
    assert shown["definition"]["url"] == "https://•••@example.com/?token=•••"


def test_who_may_not_see_the_job_may_not_see_what_a_run_was_made_with(acme):
    run = factories.run()

    answer = clients.browser(acme, factories.user()).get(f"{PATH}{run.pk}/definition/")

    assert answer.status_code == 404


def test_a_run_is_run_again_with_changes_that_the_job_as_it_is_today_must_take(client):
    job = factories.job(parameters={"properties": {"day": {"type": "string"}, "n": {"type": "integer"}}})
    first = factories.run(job, params={"day": "monday", "n": 1})
    url = f"{PATH}{first.pk}/rerun/"

    changed = client.post(url, {"params": {"day": "sunday"}, "priority": 9}).json()
    emptied = client.post(url, {"params": {}}).json()
    wrong = client.post(url, {"params": {"n": "one"}})

    assert (changed["params"], changed["priority"]) == ({"day": "sunday"}, 9)
    assert (emptied["params"], emptied["priority"]) == ({}, 5)
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "params.n")
    assert client.post(url, {"priority": 0}).status_code == 400
    assert client.post(url, {"params": [1]}).json()["code"] == "run.bad_parameters"
    assert Run.objects.filter(rerun_of=first).count() == 2
