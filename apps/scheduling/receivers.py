"""Hears of jobs and keeps their triggers in line."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.dispatch import receiver

from apps.jobs.signals import job_changed
from apps.scheduling.services import triggers


@receiver(job_changed)
def on_job_changed(*, job_id: UUID, **_: Any) -> None:
    triggers.follow_job(job_id)
