"""One deed on many jobs: each by its own right, with its own error."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm

from apps.audit.models import Entry
from apps.jobs.models import Job, Run
from apps.jobs.services import jobs
from tests import clients, factories
from tests.api_cases import asked

pytestmark = pytest.mark.django_db
PATH = "/api/v1/jobs/bulk/"


@pytest.fixture
def client(acme):
    return clients.browser(acme, factories.owner())


def do(client, action, *of, **more):
    ids = [str(getattr(one, "pk", one)) for one in of]
    answer = client.post(PATH, {"action": action, "ids": ids, **more})
    assert answer.status_code == 200, answer.content
    assert [row["id"] for row in answer.json()["results"]] == ids
    return answer.json()["results"]


def test_jobs_are_paused_and_resumed_together_and_each_is_on_record(client):
    first, second = factories.job(), factories.job()
    jobs.pause(second.pk, by=factories.owner())

    done = do(client, "pause", first, second)

    assert [(row["name"], row["ok"], row["code"], row["detail"], row["run"]) for row in done] == [
        (first.name, True, "", "", None),
        (second.name, True, "", "", None),
    ]
    assert Job.objects.filter(is_paused=True).count() == 2
    assert Entry.objects.filter(action="job.paused", object_id=str(first.pk)).count() == 1
    do(client, "resume", first, second)
    assert not Job.objects.filter(is_paused=True).exists()


def test_each_job_that_is_run_answers_with_its_run_and_one_that_fails_stops_no_other(client):
    good, needy, other = (
        factories.job(),
        factories.job(parameters={"properties": {"day": {"type": "string"}}, "required": ["day"]}),
        factories.job(),
    )

    ran, refused, also = do(client, "run", good, needy, other)

    assert (refused["ok"], refused["code"], refused["run"]) == (False, "run.bad_parameters", None)
    assert refused["detail"] == 'Parameter "day" is required.'
    assert {ran["run"], also["run"]} == {str(pk) for pk in Run.objects.values_list("pk", flat=True)}
    assert Run.objects.get(pk=ran["run"]).source == "manual"
    assert Entry.objects.filter(action="run.requested").count() == 2


def test_what_one_may_not_see_is_not_there_and_what_one_may_not_do_is_not_done(acme):
    reader = factories.user()
    mine, seen, unseen = factories.job(), factories.job(), factories.job(name="secret")
    for job in (mine, seen):
        assign_perm("jobs.view_job", reader, job)
    for right in ("delete_job", "operate_job"):
        assign_perm(f"jobs.{right}", reader, mine)
    client = clients.browser(acme, reader)

    for action, more in (("delete", {}), ("add_tags", {"tags": ["x"]})):
        rows = do(client, action, seen, unseen, uuid4(), **more)
        assert [(row["name"], row["code"]) for row in rows] == [
            (seen.name, "forbidden"),
            ("", "not_found"),
            ("", "not_found"),
        ]
    assert do(client, "add_tags", mine, tags=["x"])[0]["code"] == "forbidden"
    assert do(client, "delete", mine)[0]["ok"] is True
    assert list(Job.objects.filter(deleted_at__isnull=False)) == [mine]
    assert do(client, "run", mine)[0]["code"] == "not_found"


def test_tags_are_added_and_removed_beside_what_is_there(client):
    plain, tagged = factories.job(), factories.job()
    jobs.save(tagged.pk, by=factories.owner(), tags=["b", "old"])
    before = Entry.objects.count()

    do(client, "add_tags", plain, tagged, tags=["b", "a"])
    do(client, "remove_tags", plain, tagged, tags=["old", "unknown"])

    assert Job.objects.get(pk=plain.pk).tags == Job.objects.get(pk=tagged.pk).tags == ["a", "b"]
    assert Entry.objects.count() == before + 3  # nothing is on record that changed nothing
    Job.objects.filter(pk=plain.pk).update(tags=[f"t{number:02}" for number in range(50)])
    refused, done = do(client, "add_tags", plain, tagged, tags=["one more"])
    assert (refused["code"], done["ok"]) == ("job.too_many_tags", True)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "burn", "ids": [str(uuid4())]}, "action"),
        ({"action": "pause", "ids": []}, "ids"),
        ({"action": "pause", "ids": ["x"]}, "ids.0"),
        ({"action": "pause", "ids": [str(uuid4())] * 201}, "ids"),
        ({"action": "pause"}, "ids"),
        ({"action": "pause", "ids": "all"}, "ids"),
        ({"action": "add_tags", "ids": [str(uuid4())]}, "tags"),
        ({"action": "run", "ids": [str(uuid4())], "tags": ["x"]}, "tags"),
        ({"action": "add_tags", "ids": [str(uuid4())], "tags": ["x" * 51]}, "tags.0"),
        ([], ""),
    ],
)
def test_what_makes_no_sense_is_named(client, body, field):
    answer = client.post(PATH, body)

    assert answer.status_code == 400, answer.content
    (error,) = answer.json()["errors"]
    assert error["field"] in (field, "non_field_errors")


def test_a_job_that_is_named_twice_is_done_once(client):
    job = factories.job()

    answer = client.post(PATH, {"action": "run", "ids": [str(job.pk), str(job.pk)]})

    assert len(answer.json()["results"]) == Run.objects.count() == 1


def test_the_rights_on_many_jobs_are_asked_for_once(acme):
    reader = factories.user()
    made = [factories.job() for _ in range(6)]
    for job in made:
        for right in ("view_job", "operate_job"):
            assign_perm(f"jobs.{right}", reader, job)
    client = clients.browser(acme, reader)
    do(client, "resume", *made)  # not paused: nothing to do

    with CaptureQueriesContext(connection) as queries:
        do(client, "resume", *made)

    assert sum("guardian" in query for query in asked(queries)) == 2
