"""A job gets another owner."""

from __future__ import annotations

import pytest
from guardian.shortcuts import assign_perm

from apps.audit.models import Entry
from tests import clients, factories

pytestmark = pytest.mark.django_db
PATH = "/api/v1/jobs/"


def give(client, job, name):
    return client.patch(f"{PATH}{job.pk}/", {"owner": name})


def test_a_new_owner_gets_an_owners_rights_and_the_change_is_on_record(acme):
    job, heir = factories.job(), factories.user("heir")

    shown = give(clients.browser(acme, factories.owner()), job, "heir").json()

    assert (shown["owner"], shown["version"]) == ("heir", 1)
    seen = clients.browser(acme, heir).get(f"{PATH}{job.pk}/").json()
    assert [seen["can_operate"], seen["can_change"], seen["can_delete"]] == [True, True, True]
    assert Entry.objects.get(action="job.changed").detail == {
        "from": 1,
        "to": 1,
        "fields": ["owner"],
        "owner": "heir",
    }


def test_nobody_gives_rights_that_they_have_not(acme):
    """Else whoever may change a job could make themselves its owner, and delete it."""
    job, editor = factories.job(), factories.user("editor")
    for right in ("view_job", "change_job"):
        assign_perm(f"jobs.{right}", editor, job)
    client = clients.browser(acme, editor)

    shown = give(client, job, "editor").json()

    assert (shown["owner"], shown["can_delete"], shown["can_operate"]) == ("editor", False, False)
    assert client.delete(f"{PATH}{job.pk}/").status_code == 403


@pytest.mark.parametrize("name", ["nobody", "gone", "HEIR"])
def test_an_owner_is_somebody_who_can_sign_in(acme, name):
    factories.user("heir")
    factories.user("gone", is_active=False)
    job = factories.job()

    answer = give(clients.browser(acme, factories.owner()), job, name)

    assert (answer.status_code, answer.json()["code"]) == (400, "job.no_such_owner")
    assert answer.json()["errors"][0]["field"] == "owner"
    assert factories.owner() == job.owner


def test_an_owner_takes_the_right_to_change_and_can_not_be_left_empty(acme):
    job, reader = factories.job(), factories.user()
    for right in ("view_job", "operate_job"):
        assign_perm(f"jobs.{right}", reader, job)

    assert give(clients.browser(acme, reader), job, reader.username).status_code == 403
    for nothing in (None, ""):
        assert give(clients.browser(acme, factories.owner()), job, nothing).status_code == 400


def test_an_owner_who_is_the_owner_already_changes_nothing(acme):
    job = factories.job()

    give(clients.browser(acme, factories.owner()), job, "owner")

    assert Entry.objects.get(action="job.changed").detail["fields"] == []
