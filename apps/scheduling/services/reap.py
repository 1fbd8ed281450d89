"""What fell silent: leases that ran out, executors that no longer report."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.conf import settings

from apps.executors.services import presence
from apps.queue.selectors import waiting
from apps.queue.services import enqueue, leases
from apps.scheduling.services import settle, tenancy

log = structlog.get_logger(__name__)
BATCH = 100


def reap() -> int:
    """Take runs from executors that fell silent, one per transaction. Returns how many."""
    presence.reap(silent_for=timedelta(seconds=settings.ENV.lease_seconds))
    taken = 0
    for claim in leases.expired(limit=BATCH):
        tenant = tenancy.enter(claim.tenant_id)
        state = settle.lose(claim)
        if state is not None:
            taken += 1
            log.warning(
                "run.lost",
                run_id=str(claim.run_id),
                attempt=claim.epoch,
                state=state,
                tenant=tenant.schema_name,
            )
    return taken


def sweep() -> int:
    """Ring for what waits while slots are idle: a doorbell that got lost costs this much, and no run.

    A busy slot needs no ring, it looks again before it rests. Returns how many rings.
    """
    rings = 0
    for group, count in waiting.depth().items():
        needed = min(count, waiting.idle_slots(group))
        enqueue.ring(group, needed)
        rings += needed
    return rings
