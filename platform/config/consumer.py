"""How a worker listens to the broker. A module of its own: the other processes do without Celery's worker."""

from __future__ import annotations

import time
from typing import Any, Final

import structlog
from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown

log = structlog.get_logger(__name__)
REFUSED_SECONDS: Final = 10


class PatientConsumer(Consumer):
    """A worker that a broker turns away asks again: a wrong password is mended there, and runs that it holds go on.

    Celery itself waits for a broker that does not answer, but ends when one answers "no".
    """

    def ensure_connected(self, conn: Any) -> Any:
        while True:
            try:
                return super().ensure_connected(conn)
            except (*conn.connection_errors, *conn.channel_errors) as error:
                log.error("broker.refuses", broker=conn.as_uri(), error=str(error), again_in=REFUSED_SECONDS)
            for _ in range(REFUSED_SECONDS):
                maybe_shutdown()
                time.sleep(1)
