"""Two who edit one job are told of each other, for as long as their pages say so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import override_settings
from django_tenants.utils import tenant_context
from guardian.shortcuts import assign_perm

from apps.accounts.models import User
from apps.jobs.services import editing, jobs
from kernel.schemas import connection
from tests import clients, factories
from tests.api_cases import Deed, ObjectCases

pytestmark = pytest.mark.django_db


class TestEditing(ObjectCases):
    path = "/api/v1/jobs/"
    view = "jobs.view_job"
    deeds = [
        Deed("put", "editing/", "jobs.change_job", body={"tab": "t1", "is_dirty": False}),
        Deed("delete", "editing/?tab=t1", "jobs.change_job", status=204),
    ]

    def make(self):
        return factories.job()


@pytest.fixture
def job(acme):
    return factories.job()


@pytest.fixture
def tab_of(acme, job):
    """A page of this user, as what it says and hears."""

    def tab(user, name):
        for right in ("view_job", "change_job"):
            assign_perm(right, user, job)
        client = clients.browser(acme, user)
        url = f"/api/v1/jobs/{job.pk}/editing/"

        def say(*, is_dirty=False, leaves=False):
            if leaves:
                return client.delete(f"{url}?tab={name}").status_code
            return client.put(url, {"tab": name, "is_dirty": is_dirty}).json()

        return say

    return tab


def test_two_editors_see_each_other_and_what_is_not_saved(job, tab_of):
    ada, bob = (
        tab_of(factories.user("ada", display_name="Ada L."), "a"),
        tab_of(factories.user("bob"), "b"),
    )

    assert ada() == {"others": [], "version": 1}
    (seen,) = bob(is_dirty=True)["others"]
    assert (seen["name"], seen["is_dirty"], seen["is_you"]) == ("Ada L.", False, False)
    assert datetime.now(UTC) - datetime.fromisoformat(seen["since"]) < timedelta(minutes=1)

    (seen,) = ada()["others"]
    assert (seen["name"], seen["is_dirty"]) == ("bob", True)
    since = seen["since"]
    bob(is_dirty=False)
    (seen,) = ada()["others"]
    assert (seen["since"], seen["is_dirty"]) == (since, False)

    assert bob(leaves=True) == 204
    assert bob(leaves=True) == 204
    assert ada()["others"] == []


def test_ones_own_second_tab_is_another_editor(job, tab_of):
    user = factories.user("ada")
    first, second = tab_of(user, "a"), tab_of(user, "b")

    first(is_dirty=True)
    (seen,) = second()["others"]
    assert (seen["name"], seen["is_you"], seen["is_dirty"]) == ("ada", True, True)


def test_the_version_that_is_current_is_told_along(job, tab_of):
    ada = tab_of(factories.user("ada"), "a")
    jobs.save(job.pk, by=factories.owner(), definition={"source": "print(2)"})

    assert ada()["version"] == 2


def test_a_tab_that_says_nothing_more_is_gone_by_itself(job, tab_of, monkeypatch):
    monkeypatch.setattr(editing, "LIFE_SECONDS", 1)
    ada, bob = tab_of(factories.user("ada"), "a"), tab_of(factories.user("bob"), "b")
    ada()
    (place,) = [key for key in editing._places(job.pk) if cache.get(key)]
    assert len(bob()["others"]) == 1

    cache.touch(place, 0)

    assert bob()["others"] == []


def test_editors_of_other_jobs_and_other_tenants_are_not_seen(acme, globex):
    job_id = uuid4()
    editing.tell(job_id, by=factories.user("theirs"), tab="a", is_dirty=True)

    with tenant_context(acme):
        ada = factories.user("ada")
        editing.tell(uuid4(), by=ada, tab="a", is_dirty=True)
        assert editing.tell(job_id, by=ada, tab="b", is_dirty=False) == []


def test_a_user_can_take_five_places_and_all_together_twenty(acme, job):
    ada = factories.user("ada")
    for number in range(9):
        seen = editing.tell(job.pk, by=ada, tab=f"a{number}", is_dirty=False)
    assert len(seen) == 5

    for number in range(9):
        user = factories.user()
        for tab in "xyz":
            seen = editing.tell(job.pk, by=user, tab=f"{tab}{number}", is_dirty=False)
    assert len(seen) == editing.MOST_TABS
    assert seen == sorted(seen, key=lambda one: one.since)


def test_eight_who_come_at_once_all_get_a_place(acme, job):
    users = [factories.user() for _ in range(8)]
    together = Barrier(8)

    def tell(user: User) -> None:
        connection.set_tenant(
            acme
        )  # each thread has a connection of its own, by whose schema the cache is told apart
        together.wait()
        editing.tell(job.pk, by=user, tab="a", is_dirty=False)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(tell, users))

    names = {one.name for one in editing.tell(job.pk, by=factories.user("last"), tab="z", is_dirty=False)}
    assert names == {user.username for user in users}


def test_without_the_cache_nobody_is_seen_and_nobody_is_held_up(acme, job, tab_of, closed_port):
    ada = tab_of(factories.user("ada"), "a")
    away = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"redis://127.0.0.1:{closed_port}/0",
    }
    with override_settings(CACHES={"default": away}):
        assert ada() == {"others": [], "version": 1}
        assert ada(leaves=True) == 204


@pytest.mark.parametrize(
    ("body", "field"),
    [({"is_dirty": True}, "tab"), ({"tab": "a b", "is_dirty": True}, "tab"), ({"tab": "a"}, "is_dirty")],
)
def test_a_tab_has_a_plain_name(acme, job, body, field):
    client = clients.browser(acme, factories.owner())
    answer = client.put(f"/api/v1/jobs/{job.pk}/editing/", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    assert client.delete(f"/api/v1/jobs/{job.pk}/editing/").status_code == 400
