"""What people change, from the service in one process to a client of another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from guardian.shortcuts import assign_perm

from apps.accounts.models import User
from apps.accounts.selectors import granted
from apps.datasources.services import datasources
from apps.jobs.services import jobs
from apps.live.domain.bulletin import Change
from apps.live.selectors import changes
from apps.scheduling.services import triggers
from tests import factories
from tests.live.conftest import Restricted, inside, key_of
from tests.live.ears import Ear, Message, listening
from tests.processes import Processes


def source(name: str) -> Any:
    return datasources.create(by=factories.owner(), name=name, kind="sqlite", path="sums.db")


def tells_of(obj: Any, what: str) -> Callable[[Message], bool]:
    return lambda said: any(
        event["id"] == str(obj.pk) and event["what"] == what for event in said.get("events", ())
    )


def told(ear: Ear) -> list[tuple[str, str]]:
    return [(event["kind"], event["what"]) for event in ear.events("changes")]


@pytest.mark.processes
def test_an_open_page_hears_what_others_change(processes: Processes) -> None:
    address = processes.web()
    by = factories.owner()
    User.objects.filter(pk=by.pk).update(display_name="Ada Lovelace")
    with listening(address, token=key_of(by)) as ear:
        ear.join("changes")
        job = factories.job()
        jobs.save(job.pk, by=by, definition={"source": "print(2)"})
        trigger = factories.trigger(job)
        triggers.pause(trigger.pk, by=by)
        sums = source("Sums")
        key = sums.pk
        datasources.delete(key, by=by)
        jobs.delete(job.pk, by=by)
        ear.until(tells_of(job, "deleted"))

    assert told(ear) == [
        ("job", "created"),
        ("job", "changed"),
        ("trigger", "created"),
        ("trigger", "paused"),
        ("datasource", "created"),
        ("datasource", "deleted"),
        ("job", "deleted"),
    ]
    _created, changed, _made, paused, _of_source, gone, _deleted = ear.events("changes")
    assert changed.pop("at").endswith("Z")
    assert changed == {
        "kind": "job",
        "id": str(job.pk),
        "job": None,
        "what": "changed",
        "version": 2,
        "by": "Ada Lovelace",
    }
    assert (paused["id"], paused["job"], paused["version"]) == (str(trigger.pk), str(job.pk), None)
    assert (gone["id"], gone["job"]) == (str(key), None)


@pytest.mark.processes
def test_only_changes_of_what_is_visible_are_told(processes: Processes, restricted: Restricted) -> None:
    address = processes.web()
    by = factories.owner()
    shown, kept = source("Shown"), source("Kept")
    readers = Group.objects.create(name="readers")
    restricted.user.groups.add(readers)
    assign_perm("datasources.view_datasource", readers, shown)
    with inside("globex"):
        foreign = factories.job()

    with listening(address, token=key_of(restricted.user)) as ear:
        ear.join("changes")
        with inside("globex"):
            jobs.pause(foreign.pk, by=factories.owner())
        for job in (restricted.hidden, restricted.seen):
            factories.trigger(job)
            jobs.pause(job.pk, by=by)
            jobs.delete(job.pk, by=by)
        for one in (kept, shown):
            datasources.update(one.pk, by=by, description="new")
            key = one.pk
            datasources.delete(key, by=by)
            one.pk = key
        ear.until(tells_of(shown, "deleted"))

    assert told(ear) == [
        ("trigger", "created"),
        ("job", "paused"),
        ("job", "deleted"),
        ("datasource", "changed"),
        ("datasource", "deleted"),
    ]
    ids = {event["job"] or event["id"] for event in ear.events("changes")}
    assert ids == {str(restricted.seen.pk), str(shown.pk)}


@pytest.mark.django_db
def test_many_changes_cost_as_many_queries_as_one(acme, django_assert_num_queries):
    ada, bob = factories.user(), factories.user()
    sums = source("Sums")
    job = factories.job()
    assign_perm("jobs.view_job", ada, job)

    def change(kind: str, obj: Any, by: User) -> Change:
        return Change(kind, str(obj.pk), None, "changed", None, by.pk, "2026-11-25T02:00:00+00:00")

    def cost(done: list[Change], queries: int) -> Any:
        with django_assert_num_queries(queries):
            return changes.read(done, {ada.pk: frozenset()}, {ada.pk: frozenset()})

    one = [change("job", job, ada), change("datasource", sums, ada)]
    cost(one, 9)
    _told, of_jobs, of_sources = cost(one + [change("job", factories.job(), bob) for _ in range(9)], 9)
    assert of_jobs == {ada.pk: frozenset({str(job.pk)})}
    assert of_sources == {ada.pk: frozenset()}


@pytest.mark.django_db
def test_what_was_granted_on_an_object_outlives_it(acme):
    ada = factories.user()
    sums = source("Sums")
    key = str(sums.pk)
    assign_perm("datasources.view_datasource", ada, sums)
    datasources.delete(sums.pk, by=factories.owner())

    assert granted(ada, "datasources.view_datasource", [key, str(uuid4())]) == {key}
    assert granted(ada, "datasources.use_datasource", [key]) == frozenset()
    assert granted(ada, "jobs.view_job", [key]) == frozenset()
