"""History ends: runs older than JIEPAI_HISTORY_DAYS go with all that belongs to them.

Each function does one batch in the connection's schema and says how many rows that were.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from apps.jobs.domain.run_states import TERMINAL
from apps.jobs.models import Attempt, Job, JobVersion, LogChunk, Run, RunEvent, RunResult
from apps.jobs.services.runs import job_limit
from apps.queue.services import limits

RUNS: Final = 200  # a run may have thousands of log chunks
JOBS: Final = 100


def _age() -> timedelta:
    return timedelta(days=settings.ENV.history_days)


def delete_runs() -> int:
    """Runs that ended long ago, the oldest first. One that has not ended stays, however old it is."""
    old = Run.objects.filter(
        state__in=sorted(TERMINAL), queued_at__lt=Now() - _age(), finished_at__lt=Now() - _age()
    )
    chosen = list(
        old.order_by("queued_at")
        .select_for_update(skip_locked=True, of=("self",))
        .values_list("pk", flat=True)[:RUNS]
    )
    remove(chosen)
    return len(chosen)


def remove(runs: Collection[UUID]) -> None:
    """Delete runs that have ended, with all that belongs to them."""
    if not runs:
        return
    for part in (LogChunk, RunEvent, RunResult, Attempt):
        part._default_manager.filter(run_id__in=runs).delete()
    Run.objects.filter(rerun_of__in=runs).update(rerun_of=None)
    Run.objects.filter(pk__in=runs).delete()


def delete_jobs() -> int:
    """Jobs that were deleted long ago and whose runs are all gone: their versions, and the counter of each.

    Not sooner: as long as a work item may name a counter, it has to be there, or the item waits for ever.
    """
    gone = Job.objects.filter(deleted_at__lt=Now() - _age()).exclude(
        Exists(Run.objects.filter(job=OuterRef("pk")))
    )
    chosen = list(
        gone.order_by("pk")
        .select_for_update(skip_locked=True, of=("self",))
        .values_list("pk", flat=True)[:JOBS]
    )
    if chosen:
        Job.objects.filter(pk__in=chosen).update(version=None)
        JobVersion.objects.filter(job_id__in=chosen).delete()
        Job.objects.filter(pk__in=chosen).delete()
        limits.forget(job_limit(pk) for pk in chosen)
    return len(chosen)
