"""The queue against a model of it: random arrivals, claims, ends, crashes, expiries and changed caps.

The model is a dictionary and arithmetic. After every step the counters in the database must be what the model counts,
and what was claimed must be what the rules allow, and the best of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from apps.queue.errors import LeaseLost
from apps.queue.models import Limit, WorkItem
from apps.queue.services import enqueue, leases, limits
from tests.queue.conftest import LEASE, tenant_id

POOLS = ("pool:a", "pool:b")
TAGS = ("gpu", "linux")
tags = st.sets(st.sampled_from(TAGS))


@dataclass
class Item:
    """What the model knows of a work item. state: "waiting", "delayed" or "leased"."""

    tenant: int
    priority: int
    tags: frozenset[str]
    limits: frozenset[str]
    state: str = "waiting"
    epoch: int = 0
    owner: UUID | None = None


class Queue(RuleBasedStateMachine):
    held = Bundle("held")

    @initialize()
    def empty(self) -> None:
        WorkItem.objects.all().delete()
        Limit.objects.all().delete()
        self.items: dict[UUID, Item] = {}
        self.caps: dict[str, int | None] = {}
        self.tenants = [tenant_id("acme"), tenant_id("globex")]

    def used(self, key: str) -> int:
        return sum(item.state == "leased" and key in item.limits for item in self.items.values())

    def is_full(self, key: str) -> bool:
        cap = self.caps.get(key)
        return cap is not None and self.used(key) >= cap

    # --- what happens -----------------------------------------------------------------------------

    @rule(
        tenant=st.integers(0, 1),
        priority=st.sampled_from([1, 5, 9]),
        tags=tags,
        pools=st.sets(st.sampled_from(POOLS)),
    )
    def arrive(self, tenant: int, priority: int, tags: set[str], pools: set[str]) -> None:
        run, own = uuid4(), self.tenants[tenant]
        enqueue.put(
            [
                enqueue.Needs(
                    run_id=run,
                    tenant_id=own,
                    job_id=uuid4(),
                    tags=tuple(tags),
                    priority=priority,
                    limits=dict.fromkeys(pools, 2),
                )
            ]
        )
        for key in pools:
            self.caps.setdefault(key, 2)
        self.items[run] = Item(own, priority, frozenset(tags), frozenset({enqueue.tenant_limit(own), *pools}))

    @rule(target=held, tags=tags)
    def claim(self, tags: set[str]) -> object:
        eligible = {
            run: (-item.priority, self.used(enqueue.tenant_limit(item.tenant)))
            for run, item in self.items.items()
            if item.state == "waiting" and item.tags <= tags and not any(map(self.is_full, item.limits))
        }
        owner = uuid4()
        taken = leases.claim(group="default", tags=tags, owner=owner, lease=LEASE)
        if taken is None:
            assert not eligible
            return multiple()
        assert eligible[taken.run_id] == min(eligible.values())
        item = self.items[taken.run_id]
        item.state, item.epoch, item.owner = "leased", item.epoch + 1, owner
        assert taken.epoch == item.epoch
        return (taken.run_id, taken.epoch, owner)

    @rule(hold=consumes(held))
    def end(self, hold: tuple[UUID, int, UUID]) -> None:
        run, epoch, _ = hold
        if not self.owns(hold):
            with pytest.raises(LeaseLost), transaction.atomic():
                leases.release(run, epoch=epoch)
            return
        with transaction.atomic():
            limits.free(leases.release(run, epoch=epoch))
        del self.items[run]

    @rule(hold=consumes(held), is_delayed=st.booleans())
    def fail_and_go_back(self, hold: tuple[UUID, int, UUID], is_delayed: bool) -> None:
        run, epoch, _ = hold
        at = timedelta(hours=1) if is_delayed else None
        if not self.owns(hold):
            with pytest.raises(LeaseLost), transaction.atomic():
                self.give_back(run, epoch, at)
            return
        self.give_back(run, epoch, at)
        self.items[run].state, self.items[run].owner = "delayed" if is_delayed else "waiting", None

    @rule(hold=held)
    def settlement_breaks(self, hold: tuple[UUID, int, UUID]) -> None:
        """The process dies, or the database refuses, after the lease was released and the limits freed."""
        if not self.owns(hold):
            return
        with transaction.atomic():
            limits.free(leases.release(hold[0], epoch=hold[1]))
            transaction.set_rollback(True)

    @rule(hold=held)
    def renew(self, hold: tuple[UUID, int, UUID]) -> None:
        run, epoch, owner = hold
        (answer,) = leases.renew(owner=owner, held=[(run, epoch)], lease=LEASE)
        assert answer.is_held == self.owns(hold)

    @rule(hold=held)
    def executor_dies_and_is_reaped(self, hold: tuple[UUID, int, UUID]) -> None:
        run, _, _ = hold
        WorkItem.objects.filter(pk=run, state="leased").update(lease_until="2000-01-01T00:00Z")
        for lost in leases.expired(limit=10):
            with transaction.atomic():
                assert leases.still_expired(lost.run_id, epoch=lost.epoch)
                self.give_back(lost.run_id, lost.epoch, None)
            assert self.items[lost.run_id].state == "leased"
            self.items[lost.run_id].state, self.items[lost.run_id].owner = "waiting", None

    @rule(key=st.sampled_from(POOLS), cap=st.sampled_from([None, 0, 1, 3]))
    def change_cap(self, key: str, cap: int | None) -> None:
        limits.set_cap(key, cap)
        if cap is not None or key in self.caps:
            self.caps[key] = cap

    @precondition(lambda self: any(item.state == "delayed" for item in self.items.values()))
    @rule()
    def time_passes(self) -> None:
        WorkItem.objects.filter(state="delayed").update(available_at="2000-01-01T00:00Z")
        promoted = leases.promote()
        delayed = [item for item in self.items.values() if item.state == "delayed"]
        assert len(promoted) == len(delayed)
        for item in delayed:
            item.state = "waiting"

    @precondition(lambda self: self.items)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(sorted(self.items)))
        is_free = self.items[run].state != "leased"
        assert enqueue.withdraw(run) == is_free
        if is_free:
            del self.items[run]

    # --- what must hold after each of them ---------------------------------------------------------

    @invariant()
    def counters_count_what_is_held(self) -> None:
        if not hasattr(self, "items"):
            return
        for key, used in Limit.objects.values_list("key", "used"):
            assert used == self.used(key), key
        rows = {
            run: (state, epoch) for run, state, epoch in WorkItem.objects.values_list("pk", "state", "epoch")
        }
        assert rows == {run: (item.state, item.epoch) for run, item in self.items.items()}

    def owns(self, hold: tuple[UUID, int, UUID]) -> bool:
        run, epoch, _ = hold
        item = self.items.get(run)
        return item is not None and item.state == "leased" and item.epoch == epoch

    @staticmethod
    def give_back(run: UUID, epoch: int, wait: timedelta | None) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            (now,) = cursor.fetchone()
        limits.free(leases.give_back(run, epoch=epoch, available_at=now + wait if wait else None))


@pytest.mark.django_db
def test_the_queue_does_what_its_model_does():
    run_state_machine_as_test(
        Queue,
        settings=settings(
            max_examples=12,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
