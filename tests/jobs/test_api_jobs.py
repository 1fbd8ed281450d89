"""Jobs over HTTP: made, changed, paused, restored, compared, run."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from guardian.shortcuts import assign_perm

from apps.accounts.services import tokens
from apps.datasources.services import datasources
from apps.jobs.models import Job, Run
from apps.jobs.services import jobs
from apps.queue.models import WorkItem
from apps.tenants.models import Tenant
from kernel.schemas import connection
from tests import clients, factories
from tests.api_cases import Deed, ObjectCases, permission

PATH = "/api/v1/jobs/"
SCRIPT = {"source": "print('hello')"}


class TestJobs(ObjectCases):
    path = PATH
    view = "jobs.view_job"
    deeds = [
        Deed("patch", "", "jobs.change_job", body={"description": "of 2026"}),
        Deed("post", "pause/", "jobs.operate_job"),
        Deed("post", "resume/", "jobs.operate_job"),
        Deed("post", "runs/", "jobs.operate_job", status=201),
        Deed("post", "versions/1/restore/", "jobs.change_job"),
        Deed("delete", "", "jobs.delete_job", status=204),
    ]

    def make(self):
        return factories.job()


@pytest.fixture
def client(acme):
    return clients.browser(acme, factories.owner())


def create(client: Any, **facts: Any) -> Any:
    return client.post(PATH, {"name": "Load", "kind": "python", "definition": SCRIPT, **facts})


def test_creating_needs_the_right_to(acme):
    answer = create(clients.browser(acme, factories.user()))

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert not Job.objects.exists()


def test_who_makes_a_job_owns_it(acme):
    maker = factories.user("maker")
    maker.user_permissions.add(permission("jobs.add_job"))
    client = clients.browser(acme, maker)

    made = create(client, tags=["b", "a"], description="Nightly.", note="first").json()

    shown = client.get(f"{PATH}{made['id']}/").json()
    assert shown == made
    assert {key: shown[key] for key in ("name", "kind", "owner", "tags", "version", "note", "is_paused")} == {
        "name": "Load",
        "kind": "python",
        "owner": "maker",
        "tags": ["a", "b"],
        "version": 1,
        "note": "first",
        "is_paused": False,
    }
    assert shown["definition"]["source"] == "print('hello')"
    assert shown["definition"]["timeout_seconds"] == 3600


def test_a_list_says_nothing_of_the_definitions(client):
    create(client)

    (row,) = client.get(PATH).json()["results"]

    assert row["name"] == "Load"
    assert "definition" not in row


def test_each_changed_definition_is_a_new_version(client):
    url = f"{PATH}{create(client, note='first').json()['id']}/"

    changed = client.patch(url, {"definition": {"source": "print(2)"}, "note": "louder"}).json()
    renamed = client.patch(url, {"name": "Load all"}).json()

    assert (changed["version"], changed["note"], changed["definition"]["source"]) == (2, "louder", "print(2)")
    assert (renamed["version"], renamed["name"]) == (2, "Load all")
    versions = client.get(f"{url}versions/").json()["results"]
    assert [(v["number"], v["note"], v["author"]) for v in versions] == [
        (2, "louder", "owner"),
        (1, "first", "owner"),
    ]
    assert client.get(f"{url}versions/1/").json()["definition"]["source"] == "print('hello')"


def test_a_save_on_top_of_somebody_elses_is_refused(client):
    url = f"{PATH}{create(client).json()['id']}/"
    client.patch(url, {"definition": {"source": "print(2)"}, "expected_version": 1})

    answer = client.patch(url, {"definition": {"source": "print(3)"}, "expected_version": 1})

    assert (answer.status_code, answer.json()["code"]) == (409, "job.changed_meanwhile")
    assert client.get(url).json()["definition"]["source"] == "print(2)"


def test_a_version_is_compared_with_the_one_before_or_another(client):
    made = create(client, definition={"source": "a\nb\nc\n", "priority": 5}).json()
    url = f"{PATH}{made['id']}/"
    client.patch(url, {"definition": {"source": "a\nB\nc\n", "priority": 5}})
    client.patch(url, {"definition": {"source": "a\nB\nc\n", "priority": 9, "retry": {"strategy": "fixed"}}})

    assert client.get(f"{url}versions/2/diff/").json() == [
        {
            "field": "source",
            "before": "a\nb\nc\n",
            "after": "a\nB\nc\n",
            "diff": "--- a/source\n+++ b/source\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n",
        }
    ]
    assert [
        (change["field"], change["before"], change["after"], change["diff"])
        for change in client.get(f"{url}versions/3/diff/").json()
    ] == [("priority", 5, 9, None), ("retry.strategy", "none", "fixed", None)]
    far = client.get(f"{url}versions/3/diff/?against=1").json()
    assert [change["field"] for change in far] == ["priority", "retry.strategy", "source"]


def test_restoring_a_version_makes_it_the_newest(client):
    url = f"{PATH}{create(client).json()['id']}/"
    client.patch(url, {"definition": {"source": "print(2)"}})

    restored = client.post(f"{url}versions/1/restore/").json()

    assert (restored["version"], restored["definition"]["source"]) == (3, "print('hello')")


@pytest.mark.parametrize("path", ["versions/9/", "versions/9/diff/", "versions/1/diff/?against=9"])
def test_a_version_that_is_not_there_is_404(client, path):
    url = f"{PATH}{create(client).json()['id']}/"

    answer = client.get(f"{url}{path}")

    assert (answer.status_code, answer.json()["code"]) == (404, "job.no_such_version")
    assert answer.json()["detail"] == "The job has no version 9."


def test_a_deleted_job_is_gone_and_its_name_is_free(client):
    url = f"{PATH}{create(client).json()['id']}/"

    assert client.delete(url).status_code == 204

    assert client.get(url).status_code == 404
    assert client.get(PATH).json()["results"] == []
    assert create(client).status_code == 201


def test_a_paused_job_can_still_be_run_by_hand(client):
    url = f"{PATH}{create(client).json()['id']}/"

    assert client.post(f"{url}pause/").json()["is_paused"] is True
    assert client.post(f"{url}runs/").status_code == 201
    assert client.post(f"{url}resume/").json()["is_paused"] is False


def test_the_list_is_filtered_and_ordered(client):
    create(client, name="b", tags=["nightly"], description="of sales")
    create(client, name="a", kind="shell", definition={"source": "echo"})
    paused = create(client, name="c").json()
    client.post(f"{PATH}{paused['id']}/pause/")

    def names(query):
        answer = client.get(f"{PATH}?{query}")
        assert answer.status_code == 200, answer.content
        return [row["name"] for row in answer.json()["results"]]

    assert names("ordering=name") == ["a", "b", "c"]
    assert names("ordering=-name") == ["c", "b", "a"]
    assert names("kind=shell") == ["a"]
    assert names("is_paused=true") == ["c"]
    assert names("tag=nightly") == ["b"]
    assert names("search=SALES") == ["b"]
    assert names("owner=nobody") == []
    assert names("owner=owner&kind=python&ordering=name") == ["b", "c"]
    page = client.get(f"{PATH}?ordering=name&page_size=2").json()
    assert [row["name"] for row in client.get(page["next"]).json()["results"]] == ["c"]


def test_a_program_asks_for_a_run_with_parameters(acme):
    job = factories.job(parameters={"properties": {"day": {"type": "string"}}})
    _, key = tokens.issue(user=factories.owner(), name="ci", lifetime=timedelta(days=1))

    answer = clients.program(acme, key).post(
        f"{PATH}{job.pk}/runs/", {"params": {"day": "monday"}, "priority": 9}
    )

    run = answer.json()
    assert answer.status_code == 201, run
    assert (run["source"], run["params"], run["priority"], run["requested_by"]) == (
        "api", {"day": "monday"}, 9, "owner",
    )  # fmt: skip


def test_a_repeated_key_answers_with_the_first_run(client):
    url = f"{PATH}{create(client).json()['id']}/"
    first = client.post(f"{url}runs/", headers={"Idempotency-Key": "k1"})
    client.patch(
        url,
        {"definition": {**SCRIPT, "parameters": {"properties": {"day": {"default": "today"}}}}},
    )

    second = client.post(f"{url}runs/", headers={"Idempotency-Key": "k1"})

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == first.json()
    assert client.get(f"/api/v1/runs/{first.json()['id']}/").json() == first.json()
    assert Run.objects.count() == 1
    other = client.post(f"{url}runs/", {"params": {"day": "monday"}}, headers={"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["code"]) == (400, "run.bad_parameters")
    elsewhere = client.post(f"{PATH}{factories.job().pk}/runs/", headers={"Idempotency-Key": "k1"})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "run.idempotency_key_reused")


def test_requests_with_one_key_at_the_same_time_make_one_run(committed):
    connection.set_tenant(Tenant.objects.get(slug="acme"))
    tenant, owner = connection.tenant, factories.owner()
    path = f"{PATH}{factories.job().pk}/runs/"
    senders = [clients.browser(tenant, owner) for _ in range(8)]
    gate = threading.Barrier(8)

    def send(client: Any) -> tuple[int, str]:
        try:
            gate.wait()
            answer = client.post(path, headers={"Idempotency-Key": "nightly"})
            return answer.status_code, answer.json()["id"]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, senders))

    assert sorted(status for status, _ in answers) == [200] * 7 + [201]
    connection.set_tenant(tenant)
    assert {run for _, run in answers} == {str(Run.objects.get().pk)}
    assert WorkItem.objects.count() == 1


def test_sql_runs_only_where_its_author_may(acme):
    source = datasources.create(by=factories.owner(), name="Sales", kind="sqlite", path="sales.db")
    author = factories.user()
    author.user_permissions.add(permission("jobs.add_job"))
    client = clients.browser(acme, author)
    facts = {"kind": "sql", "definition": {"datasource": str(source.pk), "statement": "SELECT 1"}}

    refused = create(client, **facts)
    assign_perm("datasources.use_datasource", author, source)

    assert (refused.status_code, refused.json()["code"]) == (400, "job.unknown_datasource")
    assert refused.json()["errors"][0]["field"] == "datasource"
    assert create(client, **facts).status_code == 201


def test_a_datasource_tells_which_jobs_run_on_it_now(acme, client):
    one, other = (
        datasources.create(by=factories.owner(), name=name, kind="sqlite", path="sales.db")
        for name in ("one", "other")
    )

    def create_on(name, source):
        definition = {"datasource": str(source.pk), "statement": "SELECT 1"}
        return create(client, name=name, kind="sql", definition=definition).json()

    create_on("stays", one)
    leaves = create_on("leaves", one)
    create(client, name="script")
    definition = {**leaves["definition"], "datasource": str(other.pk)}
    assert (
        client.patch(f"{PATH}{leaves['id']}/", {"name": "leaves", "definition": definition}).status_code
        == 200
    )

    def names(source):
        return [row["name"] for row in client.get(f"{PATH}?datasource={source.pk}").json()["results"]]

    assert names(one) == ["stays"]
    assert names(other) == ["leaves"]


def test_who_may_not_use_the_datasource_can_not_change_its_sql(acme):
    source = datasources.create(by=factories.owner(), name="Sales", kind="sqlite", path="sales.db")
    job = jobs.create(
        name="Sum",
        kind="sql",
        definition={"datasource": str(source.pk), "statement": "SELECT 1"},
        by=factories.owner(),
    )
    editor = factories.user()
    for right in ("jobs.view_job", "jobs.change_job"):
        assign_perm(right, editor, job)
    client = clients.browser(acme, editor)
    theirs = {"datasource": str(source.pk), "statement": "DROP TABLE sales"}

    assert client.patch(f"{PATH}{job.pk}/", {"definition": theirs}).json()["code"] == "job.unknown_datasource"
    assert client.patch(f"{PATH}{job.pk}/", {"description": "of sales"}).status_code == 200
