"""Which work item is taken next, and by whom."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection, transaction

from apps.executors.services import presence
from apps.queue.models import Limit, WorkItem
from apps.queue.selectors import waiting
from apps.queue.services import enqueue, leases, limits
from tests.queue.conftest import tenant_id

pytestmark = pytest.mark.django_db


def test_the_highest_priority_goes_first_then_the_oldest(put, claim):
    old, urgent, new = put(priority=5), put(priority=9), put(priority=5)

    assert [claim().run_id for _ in range(3)] == [urgent, old, new]
    assert claim() is None


def test_among_equals_the_tenant_that_runs_least_goes_first(put, claim):
    # Given acme came first with three runs, and globex later with one
    first = put("acme")
    put("acme")
    put("acme")
    theirs = put("globex")

    # Then globex waits for one run of acme, not for three
    assert [claim().run_id for _ in range(2)] == [first, theirs]


def test_an_executor_takes_only_what_its_tags_and_group_allow(put, claim):
    gpu, elsewhere = put(tags=("gpu", "linux")), put(group="batch")

    assert claim(tags=("linux",)) is None
    assert claim(tags=("gpu", "linux", "big")).run_id == gpu
    assert claim(group="batch").run_id == elsewhere


def test_a_full_limit_holds_back_its_own_lane_only(put, claim):
    job = uuid4()
    first = put(job_id=job, limits={"job:x": 1}, priority=9)
    second = put(job_id=job, limits={"job:x": 1}, priority=9)
    other = put(priority=1)

    assert claim().run_id == first
    assert claim().run_id == other  # the more urgent one waits for its limit
    assert claim() is None
    limits.free(leases.release(first, epoch=1))
    assert claim().run_id == second


def test_limits_raised_before_a_full_one_are_given_back(put, claim):
    # Given a run that needs a free counter and, later in the order of keys, one that fills up
    # between the choice of the lane and the raising of its counters
    put(limits={"a": 5, "b": 1})
    Limit.objects.filter(key="b").update(used=1)

    assert claim() is None
    assert Limit.objects.get(key="a").used == 0


def test_a_delayed_item_waits_until_it_is_promoted(put, claim):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT clock_timestamp() - interval '1 second', clock_timestamp() + interval '1 hour'"
        )
        past, future = cursor.fetchone()
    due, later = put(available_at=past), put(available_at=future)

    assert claim() is None
    assert leases.promote() == ["default"]
    assert claim().run_id == due
    assert claim() is None
    assert WorkItem.objects.get(pk=later).state == "delayed"


def test_each_claim_bumps_the_epoch(put, claim):
    run = put()

    assert claim().epoch == 1
    limits.free(leases.give_back(run, epoch=1))
    assert claim().epoch == 2


def test_a_lowered_cap_admits_nobody_until_enough_have_ended(put, claim):
    runs = [put(limits={"pool": 3}) for _ in range(4)]
    for _ in range(3):
        claim()
    limits.set_cap("pool", 1)

    for run in runs[:2]:
        limits.free(leases.release(run, epoch=1))
        assert claim() is None
    limits.free(leases.release(runs[2], epoch=1))
    assert claim().run_id == runs[3]


def test_a_claim_that_is_rolled_back_leaves_no_trace(put, claim):
    run = put()
    with transaction.atomic():
        assert claim().run_id == run
        transaction.set_rollback(True)

    assert WorkItem.objects.get(pk=run).epoch == 0
    assert Limit.objects.get(key=enqueue.tenant_limit(tenant_id("acme"))).used == 0


def test_the_cost_of_a_claim_does_not_grow_with_what_waits_behind_a_full_limit(put, claim):
    # Given 2000 runs behind a full limit, and one that may go
    waiting = [
        enqueue.Needs(
            run_id=uuid4(), tenant_id=tenant_id("acme"), job_id=uuid4(), limits={"full": 0}, priority=9
        )
        for _ in range(2000)
    ]
    enqueue.put(waiting)
    free = put(priority=1)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE queue_workitem")
    before = _rows_read()

    # When a worker claims
    taken = claim()

    # Then it read a handful of rows, not two thousand
    assert taken.run_id == free
    assert _rows_read() - before < 100


def _rows_read() -> int:
    """Rows of the queue that this transaction has read so far, by any way."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)"
            " FROM pg_stat_xact_user_tables WHERE relname = 'queue_workitem'"
        )
        (rows,) = cursor.fetchone()
    return int(rows)


def test_withdraw_takes_a_waiting_item_but_never_a_held_one(put, claim):
    waiting, held = put(priority=1), put(priority=9)
    claim()

    assert enqueue.withdraw(waiting) is True
    assert enqueue.withdraw(held) is False
    assert enqueue.withdraw(uuid4()) is False


def test_a_group_without_executors_is_not_rung(put, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        put()
    assert callbacks == []


def test_who_waits_in_line_is_told_of_its_own_tenants_runs_only(put):
    presence.register(name="one", group="default", tags=[], slots=1, facts={})
    put("acme")
    for _ in range(3):
        put("globex", priority=9)
    last = put("acme", priority=1)

    (reason,) = waiting.explain(last)

    assert (reason.code, reason.params) == ("in_line", {"group": "default", "before": 1})
