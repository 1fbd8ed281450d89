"""The platform's own recurring work: rows that beat runs and administrators edit.

Each is made once, when the platform is set up. After that the row is the administrators': a task that they have
disabled, renamed or given another interval stays so. A row that was deleted comes back; to be rid of one, disable it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.dispatch import receiver
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from apps.tenants.signals import platform_set_up
from kernel.errors import N_

QUEUE: Final = "maintenance"
EXPIRES_SECONDS: Final = 600  # what no worker took by then is not worth a queue: the next one comes


@dataclass(frozen=True, slots=True)
class Chore:
    """task: the Celery task's name. name, description: English, translated where they are shown."""

    task: str
    name: str
    description: str
    every_hours: int


CHORES: Final = (
    Chore(
        "accounts.clear_sessions",
        N_("Clear expired sessions"),
        N_("Removes sessions of the web pages that have expired, of all tenants and of the platform."),
        1,
    ),
    Chore(
        "accounts.forget_tokens",
        N_("Forget old API tokens"),
        N_("Removes API tokens that expired more than 30 days ago."),
        24,
    ),
    Chore(
        "accounts.forget_sign_ins",
        N_("Forget old sign-ins"),
        N_("Removes failed sign-ins after 30 days, and the log of good ones after a year."),
        24,
    ),
    Chore(
        "jobs.delete_old_runs",
        N_("Delete old runs"),
        N_("Removes runs that ended more than JIEPAI_HISTORY_DAYS ago, with logs, results and attempts."),
        1,
    ),
    Chore(
        "jobs.delete_old_jobs",
        N_("Delete old jobs"),
        N_("Removes jobs that were deleted more than JIEPAI_HISTORY_DAYS ago and have no runs any more."),
        24,
    ),
)


@receiver(platform_set_up)
def seed(**_: Any) -> None:
    """Make the rows that are missing, known by their task."""
    for chore in CHORES:
        if PeriodicTask.objects.filter(task=chore.task).exists():
            continue
        hours = {"every": chore.every_hours, "period": IntervalSchedule.HOURS}
        interval = IntervalSchedule.objects.filter(**hours).first() or IntervalSchedule.objects.create(
            **hours
        )
        PeriodicTask.objects.create(
            name=_free_name(chore.name),
            task=chore.task,
            description=chore.description,
            interval=interval,
            queue=QUEUE,
            expire_seconds=EXPIRES_SECONDS,
        )


def _free_name(name: str) -> str:
    return f"{name} (2)" if PeriodicTask.objects.filter(name=name).exists() else name
