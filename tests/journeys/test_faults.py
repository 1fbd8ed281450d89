"""Processes die, brokers are emptied, beats and workers come in pairs: nothing is lost, nothing is doubled."""

from __future__ import annotations

import signal
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from apps.jobs.domain.run_states import Source
from apps.jobs.models import Attempt, Job, LogChunk, Run
from apps.jobs.services import runs
from apps.queue.models import Limit, WorkItem
from apps.scheduling.models import Trigger
from tests import factories
from tests.processes import empty_broker, kill, until

pytestmark = pytest.mark.processes
ALL_WITHIN = 30


def _states() -> Counter[str]:
    return Counter(Run.objects.values_list("state", flat=True))


def _nothing_is_left() -> None:
    assert not WorkItem.objects.exists()
    assert set(Limit.objects.values_list("used", flat=True)) <= {0}


def _write_runs(job: Job, count: int) -> None:
    with transaction.atomic():
        runs.admit([runs.draft(job, source=Source.MANUAL, params={}) for _ in range(count)])


def test_a_killed_workers_run_is_taken_over_and_ends_once(processes):
    job = factories.job(
        source="import os, time; print('attempt', os.environ['JIEPAI_ATTEMPT'], flush=True);"
        "time.sleep(0 if os.environ['JIEPAI_ATTEMPT'] != '1' else 60)"
    )
    beat, worker = processes.beat(), processes.worker()
    run = factories.run(job)
    until(lambda: LogChunk.objects.filter(run=run).exists())

    kill(worker)
    began = time.monotonic()
    processes.worker()
    until(lambda: _states() == {"succeeded": 1}, seconds=ALL_WITHIN)

    assert time.monotonic() - began < ALL_WITHIN
    assert list(Attempt.objects.order_by("number").values_list("number", "exit_reason")) == [
        (1, "lost_executor"),
        (2, ""),
    ]
    assert Run.objects.get().losses == 1
    _nothing_is_left()
    assert beat.poll() is None


def test_a_killed_beats_slot_fires_once_after_its_restart(processes):
    processes.worker()
    beat = processes.beat()
    at = datetime.now(UTC) + timedelta(seconds=3)
    trigger = factories.trigger(kind="once", once_at=at)

    kill(beat)
    time.sleep(4)
    assert not Run.objects.exists()
    processes.beat()

    until(lambda: _states() == {"succeeded": 1}, seconds=ALL_WITHIN)
    assert Run.objects.get().scheduled_for == at
    trigger.refresh_from_db()
    assert trigger.next_fire_at is None


def test_an_emptied_broker_loses_none_of_two_hundred_runs(processes):
    _write_runs(factories.job(source="print('hello')"), 200)
    empty_broker()

    processes.worker()
    processes.beat()
    until(lambda: WorkItem.objects.count() < 150)
    empty_broker()

    until(lambda: _states() == {"succeeded": 200}, seconds=ALL_WITHIN)
    assert Attempt.objects.count() == 200
    _nothing_is_left()


def test_two_beats_and_two_workers_serve_each_slot_once(processes):
    job = factories.job(source="print('hello')")
    for _ in range(5):
        factories.trigger(job, kind="interval", interval_seconds=1)
    for _ in range(2):
        processes.beat()
        processes.worker(JIEPAI_WORKER_CONCURRENCY="3")
    until(lambda: _states()["succeeded"] >= 20, seconds=60)
    Trigger.objects.update(is_paused=True, next_fire_at=None)
    until(lambda: not WorkItem.objects.exists(), seconds=ALL_WITHIN)

    slots = Counter(Run.objects.exclude(state="skipped").values_list("trigger_id", "scheduled_for"))
    assert set(slots.values()) == {1}
    assert Attempt.objects.count() == Run.objects.filter(state="succeeded").count() == len(slots)
    _nothing_is_left()


def test_a_worker_that_is_asked_to_stop_hands_its_run_back_and_another_takes_it(processes):
    job = factories.job(
        source="import os, time; print('on', flush=True);"
        "time.sleep(0 if os.environ['JIEPAI_ATTEMPT'] != '1' else 60)"
    )
    processes.beat()
    worker = processes.worker(JIEPAI_SHUTDOWN_GRACE_SECONDS="1")
    run = factories.run(job)
    until(lambda: LogChunk.objects.filter(run=run).exists())

    worker.send_signal(signal.SIGTERM)
    worker.wait(timeout=20)
    assert worker.returncode == 0
    processes.worker()

    until(lambda: _states() == {"succeeded": 1}, seconds=ALL_WITHIN)
    assert [a.exit_reason for a in Attempt.objects.order_by("number")] == ["executor_stopped", ""]
    _nothing_is_left()
