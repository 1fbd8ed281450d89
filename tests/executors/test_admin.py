"""Executors on the platform's pages: looked at, drained and put back, never edited."""

from __future__ import annotations

import pytest

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.executors.models import Executor
from apps.executors.services import presence
from apps.tenants.models import Tenant
from tests import clients
from tests.api_cases import permission

pytestmark = pytest.mark.django_db
LIST = "/admin/executors/executor/"


@pytest.fixture
def platform():
    return Tenant.objects.get(schema_name="public")


@pytest.fixture
def administrator(platform):
    return clients.browser(platform, User.objects.create_superuser("root", "root@example.com"))


@pytest.fixture
def executor():
    return presence.register(
        name="host7:4711", group="etl", tags=["gpu"], slots=8, facts={"sandbox": {"level": "strict"}}
    )


def act(client, action, *executors):
    chosen = [str(executor.pk) for executor in executors]
    return client.post(LIST, {"action": action, "_selected_action": chosen}, format="multipart", follow=True)


def test_the_pages_show_load_and_facts_and_offer_no_editing(administrator, executor):
    presence.beat(executor.pk, busy=3)

    page = administrator.get(LIST).content.decode()
    one = administrator.get(f"{LIST}{executor.pk}/change/").content.decode()

    for shown in ("host7:4711", "etl", "gpu", "3 / 8", "online"):
        assert shown in page
    assert "sandbox.level" in one
    assert "strict" in one
    assert 'name="_save"' not in one
    assert administrator.get(f"{LIST}add/").status_code == 403


def test_an_executor_is_drained_and_put_back_and_both_are_recorded(administrator, executor):
    assert "1 executor is drained." in act(administrator, "drain", executor).content.decode()
    executor.refresh_from_db()
    assert executor.state == Executor.State.DRAINING
    assert not presence.takes_work(executor.pk)

    assert "1 executor is online." in act(administrator, "put_back", executor).content.decode()
    executor.refresh_from_db()
    assert executor.state == Executor.State.ONLINE
    assert presence.takes_work(executor.pk)
    deeds = Entry.objects.filter(object_id=str(executor.pk)).order_by("id")
    assert list(deeds.values_list("action", flat=True)) == [
        "executor.drained",
        "executor.resumed",
    ]


def test_a_lost_executor_is_not_put_back_by_hand(administrator, executor):
    Executor.objects.update(state=Executor.State.LOST)

    assert "0 executors are online." in act(administrator, "put_back", executor).content.decode()

    assert Executor.objects.get().state == Executor.State.LOST


def test_who_may_only_look_drains_nothing(platform, executor):
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(permission("executors.view_executor"))
    client = clients.browser(platform, viewer)

    assert "host7:4711" in client.get(LIST).content.decode()
    act(client, "drain", executor)

    assert Executor.objects.get().state == Executor.State.ONLINE


def test_a_tenants_site_has_no_such_page(acme):
    owner = User.objects.get(username="owner")

    assert clients.browser(acme, owner).get(LIST).status_code == 404
