"""The maintenance tables on the platform's pages."""

from __future__ import annotations

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.tenants.models import Tenant
from tests import clients

pytestmark = pytest.mark.django_db
TASKS = "/admin/django_celery_beat/periodictask/"
INTERVALS = "/admin/django_celery_beat/intervalschedule/"


@pytest.fixture
def administrator():
    platform = Tenant.objects.get(schema_name="public")
    return clients.browser(platform, User.objects.create_superuser("root", "root@example.com"))


@pytest.fixture
def task():
    return PeriodicTask.objects.get(task="jobs.delete_old_runs")


def form_of(row, **changes):
    return {
        "name": row.name,
        "task": row.task,
        "enabled": "on",
        "interval": row.interval_id,
        "crontab": "",
        "start_time_0": "",
        "start_time_1": "",
        **changes,
    }


def test_the_list_and_the_pages_open(administrator, task):
    page = administrator.get(TASKS).content.decode()
    assert "Delete old runs" in page
    assert "every hour" in page
    one = administrator.get(f"{TASKS}{task.pk}/change/").content.decode()
    assert "Removes runs that ended more than JIEPAI_HISTORY_DAYS ago" in one
    for path in (
        INTERVALS,
        f"{INTERVALS}add/",
        "/admin/django_celery_beat/crontabschedule/add/",
        f"{TASKS}add/",
    ):
        assert administrator.get(path).status_code == 200, path


def test_another_interval_is_saved_recorded_and_announced_to_beat(administrator, task):
    before = PeriodicTasks.last_change()
    weekly = IntervalSchedule.objects.create(every=7, period=IntervalSchedule.DAYS)

    answer = administrator.post(
        f"{TASKS}{task.pk}/change/", form_of(task, interval=weekly.pk), format="multipart"
    )

    assert answer.status_code == 302, answer.context["errors"]
    task.refresh_from_db()
    assert (task.interval, task.queue, task.enabled) == (weekly, "maintenance", True)
    assert PeriodicTasks.last_change() != before
    assert Entry.objects.get(action="periodictask.changed").detail == {"fields": ["interval"]}


def test_chosen_tasks_are_disabled_and_enabled(administrator, task):
    def act(name):
        before = PeriodicTasks.last_change()
        administrator.post(TASKS, {"action": name, "_selected_action": [task.pk]}, format="multipart")
        assert PeriodicTasks.last_change() != before
        return PeriodicTask.objects.get(pk=task.pk).enabled

    assert act("disable_tasks") is False
    assert act("enable_tasks") is True
    assert Entry.objects.filter(action="periodictask.changed").count() == 2


def test_only_what_a_worker_knows_can_be_chosen(administrator, task):
    answer = administrator.post(
        f"{TASKS}{task.pk}/change/", form_of(task, task="os.system"), format="multipart"
    )

    assert list(answer.context["adminform"].form.errors) == ["task"]


def test_one_schedule_not_none(administrator, task):
    answer = administrator.post(f"{TASKS}{task.pk}/change/", form_of(task, interval=""), format="multipart")

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors


def test_an_interval_that_a_task_uses_is_not_deleted(administrator, task):
    answer = administrator.post(f"{INTERVALS}{task.interval_id}/delete/", {"post": "yes"}, format="multipart")

    assert answer.status_code == 403
    assert PeriodicTask.objects.filter(pk=task.pk).exists()
