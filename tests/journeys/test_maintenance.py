"""Beat and worker as they run: the rows of the maintenance table are served, and a change of one is noticed."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

from apps.accounts.models import Session
from tests.processes import until

pytestmark = pytest.mark.processes


def _old_session(key: str) -> None:
    Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() - timedelta(days=1))


def _is_gone(key: str) -> bool:
    return not Session.objects.filter(session_key=key).exists()


def _counter_rests(pk: int, seen: set[int]) -> bool:
    """Whether the row has fired no more since the last look."""
    count = PeriodicTask.objects.values_list("total_run_count", flat=True).get(pk=pk)
    rests = count in seen
    seen.add(count)
    return rests


def test_a_row_that_is_changed_while_beat_sleeps_is_followed_at_once(processes):
    processes.beat()
    processes.worker()
    _old_session("first")
    task = PeriodicTask.objects.get(task="accounts.clear_sessions")  # once an hour

    task.interval = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.SECONDS)
    task.save()
    until(lambda: _is_gone("first"), seconds=30)

    PeriodicTask.objects.filter(pk=task.pk).update(enabled=False)
    PeriodicTasks.update_changed()
    seen: set[int] = set()
    until(lambda: _counter_rests(task.pk, seen), seconds=20, every=2.5)
    _old_session("second")
    time.sleep(3)
    assert not _is_gone("second")


def test_a_row_that_is_to_run_once_runs_once(processes):
    processes.beat()
    processes.worker()
    _old_session("old")
    task = PeriodicTask.objects.create(
        name="now, once",
        task="accounts.clear_sessions",
        interval=IntervalSchedule.objects.create(every=1, period=IntervalSchedule.SECONDS),
        queue="maintenance",
        one_off=True,
    )

    until(lambda: _is_gone("old"), seconds=30)
    until(lambda: PeriodicTask.objects.filter(pk=task.pk, enabled=False).exists(), seconds=20)
    _old_session("later")
    time.sleep(3)
    assert not _is_gone("later")
