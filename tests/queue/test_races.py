"""Claims as races: real commits, eight threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from django.db import connection, transaction

from apps.queue.models import Limit, WorkItem
from apps.queue.services import leases, limits
from tests.queue.conftest import LEASE


def test_eight_claimers_one_item_one_winner(committed, put):
    put()
    gate = threading.Barrier(8)

    def race() -> leases.Claim | None:
        gate.wait()
        try:
            return leases.claim(group="default", tags=(), owner=uuid4(), lease=LEASE)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        won = [claim for claim in pool.map(lambda _: race(), range(8)) if claim]

    assert len(won) == 1


def test_many_claimers_never_pass_a_limit_and_leave_nothing(committed, put):
    # Given 120 runs under a limit of 3, and eight workers that claim, check and release as fast as they can
    for _ in range(120):
        put(limits={"pool": 3})
    inside, peak, served = threading.Semaphore(3), [], []

    def work() -> None:
        try:
            while True:
                with transaction.atomic():
                    claimed = leases.claim(group="default", tags=(), owner=uuid4(), lease=LEASE)
                if claimed is None:
                    if not WorkItem.objects.exists():
                        return
                    continue
                peak.append(inside.acquire(blocking=False))
                served.append(claimed.run_id)
                inside.release()
                with transaction.atomic():
                    limits.free(leases.release(claimed.run_id, epoch=claimed.epoch))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work) for _ in range(8)]:
            done.result(timeout=60)

    assert all(peak)
    assert len(served) == len(set(served)) == 120
    assert set(Limit.objects.values_list("used", flat=True)) == {0}
