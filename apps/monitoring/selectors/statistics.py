"""How one job did, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from apps.accounts.models import User
from apps.jobs.models import Job
from apps.jobs.selectors import jobs
from apps.monitoring.domain import spans
from apps.monitoring.selectors import tallies
from apps.monitoring.selectors.kept import kept
from apps.monitoring.selectors.sights import Sight
from apps.monitoring.selectors.tallies import Tally
from kernel.clock import database_now


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    tally: Tally


@dataclass(frozen=True, slots=True)
class Statistics:
    """total: of all the days together."""

    zone: str
    total: Tally
    days: list[Day]


def visible_job(user: User, job_id: UUID) -> Job | None:
    return jobs.listed_to(user).filter(pk=job_id).first()


def of(job: Job, *, zone: ZoneInfo, days: int, now: datetime | None = None) -> Statistics:
    """The job's runs that ended today and on the days before it, ``days`` in all. Two queries at most."""
    at = now or database_now()
    dates = spans.last_days(at, zone, days)
    edges = [spans.start_of(day, zone) for day in [*dates, dates[-1] + timedelta(days=1)]]
    sight = Sight((job.pk,), job.pk.hex)

    def find() -> tuple[Tally, list[Tally]]:
        return tallies.of_span(sight, spans.Span(edges[0], edges[-1])), tallies.of_buckets(sight, edges)

    total, found = kept(f"job:{edges[0]:%Y%m%d%H%M}-{days}:{sight.name}", find)
    by_day = [Day(day, tally) for day, tally in zip(dates, found, strict=True)]
    return Statistics(zone=zone.key, total=total, days=by_day)
