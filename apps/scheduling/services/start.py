"""A claimed run begins its attempt."""

from __future__ import annotations

from uuid import UUID

import structlog

from apps.jobs.errors import StaleMove
from apps.jobs.models import Run
from apps.jobs.services import moves
from apps.queue.services import leases, limits
from kernel.schemas import connection

log = structlog.get_logger(__name__)


def begin(claim: leases.Claim, *, executor_id: UUID, executor_name: str) -> bool:
    """Start the attempt of a claimed run, in the claim's transaction. False when its run is not there to start."""
    try:
        moves.start(
            claim.run_id,
            epoch=claim.epoch,
            job_id=claim.job_id,
            executor_id=executor_id,
            executor_name=executor_name,
        )
    except StaleMove:
        limits.free(leases.release(claim.run_id, epoch=claim.epoch))
        log.error("run.orphaned_work_item", run_id=str(claim.run_id), tenant=connection.schema_name)
        return False
    return True


def load(run_id: UUID) -> Run:
    """A run with all that it takes to carry it out; after the claim's commit, which others wait for."""
    return Run.objects.select_related("job", "version").get(pk=run_id)
