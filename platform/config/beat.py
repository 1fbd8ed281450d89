"""Beat: django-celery-beat runs the maintenance tasks of its tables, and between them the triggers fire."""

from __future__ import annotations

import time
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django_celery_beat.schedulers import DatabaseScheduler

from apps.scheduling.services.pulse import Pulse
from kernel.schemas import connection

log = structlog.get_logger(__name__)
OUTAGE_SECONDS = 1.0


class Beat(DatabaseScheduler):  # type: ignore[misc]
    """Never sleeps in its caller: it waits here, where NOTIFY can wake it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._pulse = Pulse()
        self._is_cut_off = False
        super().__init__(*args, **kwargs)

    def install_default_entries(self, data: Any) -> None:
        """None: results are not kept, so there is nothing of Celery's own to clean up."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """One turn. Returns 0, "call me again at once"."""
        try:
            connection.ensure_connection()  # before the library asks, which logs a traceback when it can't
            if self._is_cut_off:
                log.info("beat.database_is_back")
                self._is_cut_off = False
            connection.set_schema_to_public()
            maintenance = super().tick(*args, **kwargs)
            due = self._pulse.turn()
            if maintenance and due:
                self._pulse.wait(min(maintenance, due))
        except (OperationalError, InterfaceError) as error:
            if not self._is_cut_off:
                log.warning("beat.database_unavailable", error=str(error).strip())
                self._is_cut_off = True
            connection.close()
            time.sleep(OUTAGE_SECONDS)
        return 0
