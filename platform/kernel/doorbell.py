"""The doorbell: a wake-up without contents, sent through Celery after commit.

A ring that is lost costs one sweep, never a run: whatever matters is a row by then. So a broker that
is down is logged, and the caller goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import structlog
from celery import current_app
from django.db import transaction

log = structlog.get_logger(__name__)

EXPIRES_SECONDS = 30


def ring(task: str, *, queue: str, times: int = 1, **arguments: Any) -> None:
    """Send the named task ``times`` times to a queue, after the current transaction has committed."""
    if times > 0:
        transaction.on_commit(partial(_send, task, queue, times, arguments), robust=True)


def _send(task: str, queue: str, times: int, arguments: Mapping[str, Any]) -> None:
    try:
        with current_app.producer_or_acquire(None) as producer:
            for _ in range(times):
                current_app.send_task(
                    task,
                    kwargs=dict(arguments),
                    queue=queue,
                    producer=producer,
                    ignore_result=True,
                    expires=EXPIRES_SECONDS,
                    retry=False,
                    delivery_mode=1,
                )
    except (
        Exception
    ) as error:  # each transport has errors of its own, and none of them is worth more than a line
        log.warning("doorbell.lost", task=task, queue=queue, error=str(error))
