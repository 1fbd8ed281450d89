"""What a tenant's home page tells at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.jobs.domain.run_states import RunState, Source
from apps.jobs.models import Run
from apps.jobs.selectors import runs
from apps.monitoring.domain import spans
from apps.monitoring.domain.spans import Span
from apps.monitoring.selectors import sights, tallies
from apps.monitoring.selectors.kept import kept
from apps.monitoring.selectors.sights import Sight
from apps.monitoring.selectors.tallies import Tally
from apps.scheduling.models import Trigger
from apps.scheduling.selectors import triggers
from kernel.clock import database_now

HOURS: Final = 24
MOST_FIRES: Final = 10
MOST_FAILURES: Final = 10
FAILED_WITHIN: Final = timedelta(days=7)
#: A transaction that ends a run writes the time at which it began; one that began yesterday has committed by then.
_SETTLED_AFTER: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Hour:
    """start: of the hour. live: the runs that came into ``queued`` or ``running`` in it, and are there now."""

    start: datetime
    ended: Tally
    live: dict[str, int]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """yesterday_until_now: up to the same time of day, so that a part of a day is compared with the same part."""

    at: datetime
    zone: str
    running: int
    queued: int
    today: Tally
    yesterday: Tally
    yesterday_until_now: Tally
    timeline: list[Hour]
    next_fires: Sequence[Trigger]
    recent_failures: Sequence[Run]


def of(user: User, *, zone: ZoneInfo, now: datetime | None = None) -> Dashboard:
    """What the user may see of it. A constant number of queries."""
    at = now or database_now()
    sight = sights.of(user)
    hours = spans.last_hours(at, zone, HOURS)
    edges = [*hours, hours[-1] + spans.HOUR]
    live, live_by_hour = tallies.live(sight, edges)
    ended_by_hour = kept(
        f"hours:{hours[-1]:%Y%m%d%H%M}:{sight.name}", lambda: tallies.of_buckets(sight, edges)
    )
    return Dashboard(
        at=at,
        zone=zone.key,
        running=live[RunState.RUNNING],
        queued=live[RunState.QUEUED],
        today=_tally("today", sight, spans.day_of(spans.today(at, zone), zone), at),
        yesterday=_tally("day", sight, spans.day_of(spans.today(at, zone) - spans.DAY, zone), at),
        yesterday_until_now=_tally(
            "until", sight, spans.yesterday_until(at.replace(second=0, microsecond=0), zone), at
        ),
        timeline=[
            Hour(start, ended, of_hour)
            for start, ended, of_hour in zip(hours, ended_by_hour, live_by_hour, strict=True)
        ],
        next_fires=_next_fires(user),
        recent_failures=_recent_failures(user, since=at - FAILED_WITHIN),
    )


def _tally(name: str, sight: Sight, span: Span, at: datetime) -> Tally:
    """The tally of a span; one that is over is found once in a while only."""
    place = f"{name}:{span.start:%Y%m%d%H%M%S}-{span.end:%Y%m%d%H%M%S}:{sight.name}"
    return kept(
        place, lambda: tallies.of_span(sight, span), is_settled=at.astimezone(UTC) - span.end > _SETTLED_AFTER
    )


def _next_fires(user: User) -> Sequence[Trigger]:
    """The triggers that fire next, each once."""
    due = triggers.visible_to(user).filter(next_fire_at__isnull=False)
    return list(due.order_by("next_fire_at", "id")[:MOST_FIRES])


def _recent_failures(user: User, *, since: datetime) -> Sequence[Run]:
    """The runs that failed last, the newest first; along the index jobs_run_failed."""
    failed: QuerySet[Run] = runs.visible_to(user).filter(state=RunState.FAILED.value, finished_at__gte=since)
    return list(failed.exclude(source=Source.TRIAL.value).order_by("-finished_at", "-id")[:MOST_FAILURES])
