"""A lease is renewed, lost, reaped; a stale epoch is refused everywhere."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models.functions import Now

from apps.queue.errors import LeaseLost
from apps.queue.models import WorkItem
from apps.queue.services import leases, limits
from tests.queue.conftest import LEASE

pytestmark = pytest.mark.django_db


@pytest.fixture
def taken_over(put, claim):
    """A run whose first holder fell silent, and that a second one holds now."""
    run = put()
    first = uuid4()
    claim(owner=first)
    limits.free(leases.give_back(run, epoch=1))
    claim(owner=uuid4())
    return run, first


def test_a_stale_epoch_can_neither_release_nor_give_back_nor_renew(taken_over):
    run, first = taken_over

    with pytest.raises(LeaseLost):
        leases.release(run, epoch=1)
    with pytest.raises(LeaseLost):
        leases.give_back(run, epoch=1)
    (renewal,) = leases.renew(owner=first, held=[(run, 1)], lease=LEASE)

    assert renewal.is_held is False
    assert WorkItem.objects.get(pk=run).epoch == 2


def test_a_live_epoch_is_never_refused(taken_over):
    run, _ = taken_over

    assert leases.release(run, epoch=2)
    assert not WorkItem.objects.filter(pk=run).exists()


def test_renewing_answers_for_each_pair_in_order(put, claim):
    owner = uuid4()
    runs = [put() for _ in range(3)]
    for _ in runs:
        claim(owner=owner)
    limits.free(leases.release(runs[1], epoch=1))
    leases.request_cancel(runs[2], by="mei")

    answers = leases.renew(owner=owner, held=[(run, 1) for run in runs], lease=LEASE)

    assert [(a.run_id, a.is_held, a.cancelled_by) for a in answers] == [
        (runs[0], True, ""),
        (runs[1], False, ""),
        (runs[2], True, "mei"),
    ]


def test_only_leases_that_ran_out_are_found_and_a_renewed_one_is_left_alone(put, claim):
    run, owner = put(), uuid4()
    claim(owner=owner)
    assert leases.expired(limit=10) == []

    WorkItem.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert [found.run_id for found in leases.expired(limit=10)] == [run]

    # its holder comes back between the reaper's look and its deed
    leases.renew(owner=owner, held=[(run, 1)], lease=LEASE)
    assert leases.still_expired(run, epoch=1) is False


def test_nobody_to_ask_when_a_run_is_not_held(put):
    assert leases.request_cancel(put(), by="mei") is False


def test_a_request_to_cancel_is_known_to_who_settles(put, claim):
    run = put()
    claim()
    assert leases.cancel_asked(run, epoch=1) is None
    leases.request_cancel(run, by="mei")
    assert leases.cancel_asked(run, epoch=1) == "mei"
    with pytest.raises(LeaseLost):
        leases.cancel_asked(run, epoch=2)


def test_freeing_twice_is_refused_by_the_database(put, claim):
    from django.db import IntegrityError

    run = put()
    claim()
    keys = leases.release(run, epoch=1)
    limits.free(keys)
    with pytest.raises(IntegrityError):
        limits.free(keys)
