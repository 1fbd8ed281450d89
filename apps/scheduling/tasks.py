"""Celery tasks: each calls one service. Ids only, and ``**_`` for newer callers."""

from __future__ import annotations

from celery import shared_task

from apps.scheduling.services import execute, station


@shared_task(name="scheduling.drain")
def drain(**_: object) -> None:
    execute.drain(station.current())
