"""Celery tasks: each calls one service in every tenant's schema."""

from __future__ import annotations

from celery import shared_task

from apps.jobs.services import history
from apps.tenants.services import rounds


@shared_task(name="jobs.delete_old_runs")
def delete_old_runs(**_: object) -> None:
    rounds.go("runs", history.delete_runs, on_platform=False)


@shared_task(name="jobs.delete_old_jobs")
def delete_old_jobs(**_: object) -> None:
    rounds.go("jobs", history.delete_jobs, on_platform=False)
