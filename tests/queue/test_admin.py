"""The live work on the platform's pages: nothing is edited but the cap of a limit."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.queue.models import Limit, WorkItem
from apps.queue.services import enqueue, limits
from apps.tenants.models import Tenant
from tests import clients
from tests.api_cases import asked

pytestmark = pytest.mark.django_db
ITEMS = "/admin/queue/workitem/"
LIMITS = "/admin/queue/limit/"


@pytest.fixture
def administrator():
    platform = Tenant.objects.get(schema_name="public")
    return clients.browser(platform, User.objects.create_superuser("root", "root@example.com"))


def key_of(slug):
    return enqueue.tenant_limit(Tenant.objects.get(slug=slug).pk)


def change(key):
    return f"{LIMITS}{key.replace(':', '_3A')}/change/"


def test_a_work_item_says_why_it_waits_and_is_not_edited(administrator, put):
    run_id = put("acme", group="etl")

    page = administrator.get(ITEMS).content.decode()
    one = administrator.get(f"{ITEMS}{run_id}/change/").content.decode()

    assert str(run_id) in page
    assert "Acme" in page
    assert "No executor of group &quot;etl&quot; is online." in one
    assert 'name="_save"' not in one
    assert administrator.get(f"{ITEMS}add/").status_code == 403
    assert administrator.post(f"{ITEMS}{run_id}/delete/", {"post": "yes"}).status_code == 403
    assert WorkItem.objects.filter(pk=run_id).exists()


def test_a_longer_list_of_items_costs_no_more_queries(administrator, put):
    put("acme")
    administrator.get(ITEMS)
    with CaptureQueriesContext(connection) as short:
        administrator.get(ITEMS)
    for _ in range(4):
        put("globex")
    with CaptureQueriesContext(connection) as longer:
        assert administrator.get(ITEMS).context["cl"].result_count == 5
    assert len(asked(longer)) == len(asked(short))


def test_the_limits_say_whose_they_are_and_which_are_full(administrator, put, claim):
    put("acme", limits={"pool:oracle": 1})
    claim()

    page = administrator.get(LIMITS).content.decode()
    full = administrator.get(LIMITS, {"full": "yes"}).context["cl"].result_list

    assert "Acme" in page
    assert [(limit.key, limit.used, limit.cap) for limit in full] == [("pool:oracle", 1, 1)]


def test_a_cap_is_changed_and_recorded_and_what_is_used_is_not(administrator, put, claim):
    put("acme")
    claim()
    key = key_of("acme")

    answer = administrator.post(change(key), {"cap": "5", "used": "0"}, format="multipart")

    assert answer.status_code == 302, answer.context["errors"]
    assert Limit.objects.values_list("used", "cap").get(pk=key) == (1, 5)
    assert Entry.objects.get(action="limit.changed").detail == {"from": None, "to": 5}
    administrator.post(change(key), {"cap": ""}, format="multipart")
    assert Limit.objects.get(pk=key).cap is None


def test_a_cap_below_nothing_is_refused(administrator, put):
    put("acme")

    answer = administrator.post(change(key_of("acme")), {"cap": "-1"}, format="multipart")

    assert list(answer.context["adminform"].form.errors) == ["cap"]


def test_limits_are_neither_made_nor_deleted_by_hand(administrator, put):
    put("acme")

    assert administrator.get(f"{LIMITS}add/").status_code == 403
    assert (
        administrator.post(
            f"{LIMITS}{key_of('acme').replace(':', '_3A')}/delete/", {"post": "yes"}
        ).status_code
        == 403
    )


def test_a_limit_that_a_work_item_names_is_not_forgotten(put):
    put("acme", limits={"pool:oracle": 1})
    limits.set_cap("pool:idle", 1)

    limits.forget(["pool:oracle", "pool:idle"])

    assert set(Limit.objects.filter(key__startswith="pool:").values_list("key", flat=True)) == {"pool:oracle"}
