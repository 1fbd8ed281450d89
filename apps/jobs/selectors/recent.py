"""How jobs did lately. Trials don't count: they ran what nobody saved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from apps.jobs.domain.run_states import Source
from apps.jobs.models import Job, Run

#: One walk along the index jobs_run_of_job for each job, however long its history is.
_NEWEST: Final = """
    SELECT newest.* FROM unnest(%s::uuid[]) AS page (job_id) CROSS JOIN LATERAL (
        SELECT id, job_id, state, source, queued_at, started_at, finished_at FROM jobs_run
        WHERE jobs_run.job_id = page.job_id AND source <> %s ORDER BY id DESC LIMIT %s
    ) AS newest ORDER BY newest.id DESC
"""


def runs_of(jobs: Collection[UUID], *, most: int) -> dict[UUID, list[Run]]:
    """For each of the jobs its newest runs, at most so many, the newest first, in one query.

    A run holds what tells how it went; the rest would cost a query.
    """
    found: dict[UUID, list[Run]] = defaultdict(list)
    if jobs and most > 0:
        for run in Run.objects.raw(_NEWEST, [list(jobs), Source.TRIAL.value, most]):
            found[run.job_id].append(run)
    return found


def with_last_state(rows: QuerySet[Job]) -> QuerySet[Job]:
    """The jobs with the state of their newest run as ``last_state``; None for who has none."""
    return rows.annotate(last_state=Subquery(newest_of(OuterRef("pk")).values("state")[:1]))


def newest_of(job: OuterRef) -> QuerySet[Run]:
    """A job's runs, the newest first, for a subquery."""
    return Run.objects.filter(job=job).exclude(source=Source.TRIAL.value).order_by("-id")
