"""The platform's recurring work is there after setting up, and what administrators make of it stays."""

from __future__ import annotations

import pytest
from celery import current_app
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from apps.tenants.services import platform
from config.maintenance import CHORES

pytestmark = pytest.mark.django_db


def test_setting_up_has_made_a_row_of_each(db):
    rows = {row.task: row for row in PeriodicTask.objects.all()}

    assert set(rows) == {chore.task for chore in CHORES}
    assert {row.queue for row in rows.values()} == {"maintenance"}
    assert all(row.enabled for row in rows.values())
    assert (rows["jobs.delete_old_runs"].interval.every, rows["jobs.delete_old_runs"].interval.period) == (
        1,
        "hours",
    )


def test_every_row_names_a_task_that_a_worker_knows():
    current_app.loader.import_default_modules()

    assert {chore.task for chore in CHORES} <= set(current_app.tasks)


def test_setting_up_again_keeps_what_administrators_have_changed(db):
    task = PeriodicTask.objects.get(task="accounts.clear_sessions")
    task.name, task.enabled = "Sessions, by night", False
    task.interval = IntervalSchedule.objects.create(every=7, period=IntervalSchedule.DAYS)
    task.save()

    platform.set_up()

    again = PeriodicTask.objects.get(task="accounts.clear_sessions")
    assert (again.pk, again.name, again.enabled, again.interval.every) == (
        task.pk,
        "Sessions, by night",
        False,
        7,
    )
    assert PeriodicTask.objects.count() == len(CHORES)


def test_a_row_that_was_deleted_comes_back_also_when_its_name_is_taken(db):
    task = PeriodicTask.objects.get(task="accounts.clear_sessions")
    name, interval = task.name, task.interval
    task.delete()
    PeriodicTask.objects.create(name=name, task="something.else", interval=interval)

    platform.set_up()

    assert PeriodicTask.objects.get(task="accounts.clear_sessions").name == f"{name} (2)"
