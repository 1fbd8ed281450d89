"""Which jobs deserve a look: the slowest, and those whose results can't be relied on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from apps.accounts.models import User
from apps.jobs.domain.run_states import Source
from apps.jobs.models import Run
from apps.jobs.selectors import recent
from apps.monitoring.domain import spans
from apps.monitoring.selectors import sights, tallies
from apps.monitoring.selectors.kept import kept
from apps.monitoring.selectors.sights import Sight
from kernel.clock import database_now
from kernel.schemas import connection

DAYS: Final = 7
MOST: Final = 10
LAST_RUNS: Final = 20
#: Of fewer runs nothing can be said.
FEWEST_RUNS: Final = 5


@dataclass(frozen=True, slots=True)
class Ranked:
    """A job and how its runs of the last days went: those that succeeded or failed.

    wobbles: the runs that came out unlike the job's run before them, or succeeded only after a failed attempt.
    trend: the p95 of each day, the oldest first; None for a day without runs.
    """

    id: UUID
    name: str
    kind: str
    runs: int
    failed: int
    wobbles: int
    p50_ms: int
    p95_ms: int
    trend: tuple[int | None, ...] = ()
    last_runs: tuple[Run, ...] = ()

    @property
    def flakiness(self) -> float:
        """The share of the runs that wobbled. A job that is simply broken has none."""
        return self.wobbles / self.runs


@dataclass(frozen=True, slots=True)
class Rankings:
    days: int
    slowest: list[Ranked]
    flakiest: list[Ranked]


_JOBS: Final = """
    SELECT job.id, job.name, job.kind, week.* FROM jobs_job AS job
    CROSS JOIN LATERAL (
        SELECT count(*) AS runs, count(*) FILTER (WHERE state = 'failed'),
            count(*) FILTER (WHERE state <> before OR (state = 'succeeded' AND failures > 0)),
            percentile_disc(0.5) WITHIN GROUP (ORDER BY lasted), percentile_disc(0.95) WITHIN GROUP (ORDER BY lasted)
        FROM (
            SELECT state, failures, finished_at - started_at AS lasted,
                lag(state) OVER (ORDER BY finished_at) AS before
            FROM jobs_run
            WHERE job_id = job.id AND finished_at >= %(since)s AND source <> %(trial)s
                AND state IN ('succeeded', 'failed') AND started_at IS NOT NULL
        ) AS run
    ) AS week
    WHERE job.deleted_at IS NULL AND week.runs > 0
        AND (%(jobs)s::uuid[] IS NULL OR job.id = ANY (%(jobs)s::uuid[]))
"""

_TRENDS: Final = """
    SELECT job_id, width_bucket(finished_at, %(edges)s::timestamptz[]) AS day,
        percentile_disc(0.95) WITHIN GROUP (ORDER BY finished_at - started_at)
    FROM jobs_run
    WHERE job_id = ANY (%(jobs)s::uuid[]) AND finished_at >= %(since)s AND source <> %(trial)s
        AND state IN ('succeeded', 'failed') AND started_at IS NOT NULL
    GROUP BY 1, 2
"""


def of(user: User, *, zone: ZoneInfo, now: datetime | None = None) -> Rankings:
    """Over today and the six days before it. Three queries besides those for permissions."""
    at = now or database_now()
    sight = sights.of(user)
    days = spans.last_days(at, zone, DAYS)
    edges = [spans.start_of(day, zone) for day in [*days, days[-1] + timedelta(days=1)]]
    place = f"rankings:{edges[0]:%Y%m%d%H%M}:{sight.name}"
    slowest, flakiest = kept(place, lambda: _ranked(sight, edges))
    last = recent.runs_of([one.id for one in flakiest], most=LAST_RUNS)
    return Rankings(
        days=DAYS,
        slowest=slowest,
        flakiest=[replace(one, last_runs=tuple(reversed(last.get(one.id, [])))) for one in flakiest],
    )


def _ranked(sight: Sight, edges: list[datetime]) -> tuple[list[Ranked], list[Ranked]]:
    params = {
        "jobs": None if sight.jobs is None else list(sight.jobs),
        "since": edges[0],
        "trial": Source.TRIAL.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_JOBS, params)
        found = [_read(row) for row in cursor.fetchall()]
    slowest = _top(found, lambda one: one.p95_ms)
    trends = _trends([one.id for one in slowest], edges)
    unsteady = [one for one in found if one.runs >= FEWEST_RUNS and one.wobbles > 0]
    return [replace(one, trend=trends[one.id]) for one in slowest], _top(unsteady, lambda one: one.flakiness)


def _read(row: tuple[Any, ...]) -> Ranked:
    job, name, kind, runs, failed, wobbles, p50, p95 = row
    return Ranked(job, name, kind, runs, failed, wobbles, tallies.ms(p50) or 0, tallies.ms(p95) or 0)


def _top(jobs: list[Ranked], measure: Callable[[Ranked], float]) -> list[Ranked]:
    return sorted(jobs, key=lambda one: (-measure(one), one.name, one.id))[:MOST]


def _trends(jobs: list[UUID], edges: list[datetime]) -> dict[UUID, tuple[int | None, ...]]:
    params = {"jobs": jobs, "edges": edges, "since": edges[0], "trial": Source.TRIAL.value}
    with connection.cursor() as cursor:
        cursor.execute(_TRENDS, params)
        found = {(job, day): tallies.ms(p95) for job, day, p95 in cursor.fetchall()}
    return {
        job: tuple(found.get((job, day)) for day, _ in enumerate(pairwise(edges), start=1)) for job in jobs
    }
