"""Hears of runs and logs, and passes it on to whoever holds sockets."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.dispatch import receiver

from apps.jobs.signals import log_grew, run_moved
from apps.live.services.publisher import publisher
from kernel.schemas import connection


@receiver(run_moved)
def on_run_moved(*, run_id: UUID, job_id: UUID, event_id: int, **_: Any) -> None:
    publisher.run_moved(connection.schema_name, run_id, job_id, event_id)


@receiver(log_grew)
def on_log_grew(*, run_id: UUID, **_: Any) -> None:
    publisher.log_grew(connection.schema_name, run_id)
