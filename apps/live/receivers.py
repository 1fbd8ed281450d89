"""Hears of runs and logs, and of what people change, and passes it on to whoever holds sockets."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.dispatch import receiver

from apps.datasources.signals import datasource_changed
from apps.jobs.signals import job_changed, log_grew, run_moved
from apps.live.domain.bulletin import Change
from apps.live.services.publisher import publisher
from apps.scheduling.signals import trigger_changed
from kernel.schemas import connection


@receiver(run_moved)
def on_run_moved(*, run_id: UUID, job_id: UUID, event_id: int, **_: Any) -> None:
    publisher.run_moved(connection.schema_name, run_id, job_id, event_id)


@receiver(log_grew)
def on_log_grew(*, run_id: UUID, **_: Any) -> None:
    publisher.log_grew(connection.schema_name, run_id)


@receiver(job_changed)
def on_job_changed(
    *, job_id: UUID, what: str, version: int | None, by_id: int, at: datetime, **_: Any
) -> None:
    _tell(Change("job", str(job_id), None, what, version, by_id, at.isoformat()))


@receiver(trigger_changed)
def on_trigger_changed(
    *, trigger_id: UUID, job_id: UUID, what: str, by_id: int, at: datetime, **_: Any
) -> None:
    _tell(Change("trigger", str(trigger_id), str(job_id), what, None, by_id, at.isoformat()))


@receiver(datasource_changed)
def on_datasource_changed(*, datasource_id: UUID, what: str, by_id: int, at: datetime, **_: Any) -> None:
    _tell(Change("datasource", str(datasource_id), None, what, None, by_id, at.isoformat()))


def _tell(change: Change) -> None:
    publisher.changed(connection.schema_name, change)
