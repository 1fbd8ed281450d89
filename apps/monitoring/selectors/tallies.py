"""How the runs that ended within stretches of time came out.

A run counts where it ended, for that never changes: yesterday's figures stand. Trials don't count, they ran what nobody
saved. The statements walk the index jobs_run_ended job by job: it holds all that they ask for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from apps.jobs.domain.run_states import RunState, Source
from apps.monitoring.domain.spans import Span
from apps.monitoring.selectors.sights import Sight
from kernel.schemas import connection

ENDS: Final = (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED, RunState.SKIPPED)
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Tally:
    """by_state: of the runs that ended. Durations are of those that succeeded or failed, waiting of those that ran."""

    by_state: dict[str, int] = field(default_factory=lambda: dict.fromkeys((end.value for end in ENDS), 0))
    p50_ms: int | None = None
    p95_ms: int | None = None
    waiting_p95_ms: int | None = None

    @property
    def total(self) -> int:
        return sum(self.by_state.values())

    @property
    def success_rate(self) -> float | None:
        """Of the runs that succeeded or failed; None when there are none: being cancelled or skipped is neither."""
        succeeded, failed = self.by_state[RunState.SUCCEEDED], self.by_state[RunState.FAILED]
        return succeeded / (succeeded + failed) if succeeded + failed else None


_ENDED: Final = """
    SELECT bucket,
        count(*) FILTER (WHERE state = 'succeeded'), count(*) FILTER (WHERE state = 'failed'),
        count(*) FILTER (WHERE state = 'cancelled'), count(*) FILTER (WHERE state = 'skipped'),
        percentile_disc(0.5) WITHIN GROUP (ORDER BY lasted) FILTER (WHERE state IN ('succeeded', 'failed')),
        percentile_disc(0.95) WITHIN GROUP (ORDER BY lasted) FILTER (WHERE state IN ('succeeded', 'failed')),
        percentile_disc(0.95) WITHIN GROUP (ORDER BY waited)
    FROM (
        SELECT id FROM jobs_job WHERE %(jobs)s::uuid[] IS NULL OR id = ANY (%(jobs)s::uuid[])
    ) AS job
    CROSS JOIN LATERAL (
        SELECT state, finished_at - started_at AS lasted, started_at - queued_at AS waited,
            width_bucket(finished_at, %(edges)s::timestamptz[]) AS bucket
        FROM jobs_run
        WHERE job_id = job.id AND finished_at >= %(start)s AND finished_at < %(end)s AND source <> %(trial)s
        OFFSET 0
    ) AS run
    GROUP BY bucket
"""


def of_span(sight: Sight, span: Span) -> Tally:
    (tally,) = of_buckets(sight, [span.start, span.end])
    return tally


def of_buckets(sight: Sight, edges: Sequence[datetime]) -> list[Tally]:
    """One for each stretch between two neighbours of ``edges``, which ascend. One query."""
    rows = {}
    if edges[0] < edges[-1]:
        params = {
            "jobs": None if sight.jobs is None else list(sight.jobs),
            "edges": list(edges),
            "start": edges[0],
            "end": edges[-1],
            "trial": Source.TRIAL.value,
        }
        with connection.cursor() as cursor:
            cursor.execute(_ENDED, params)
            rows = {bucket: figures for bucket, *figures in cursor.fetchall()}
    return [_tally(rows.get(number)) for number, _ in enumerate(pairwise(edges), start=1)]


def _tally(figures: list[Any] | None) -> Tally:
    if figures is None:
        return Tally()
    *counts, p50, p95, waiting = figures
    states = dict(zip((end.value for end in ENDS), counts, strict=True))
    return Tally(states, p50_ms=ms(p50), p95_ms=ms(p95), waiting_p95_ms=ms(waiting))


def ms(lasted: timedelta | None) -> int | None:
    return None if lasted is None else max(0, lasted // _MILLISECOND)


_LIVE: Final = """
    SELECT state, width_bucket(state_at, %(edges)s::timestamptz[]), count(*) FROM jobs_run
    WHERE state IN ('queued', 'running') AND source <> %(trial)s
        AND (%(jobs)s::uuid[] IS NULL OR job_id = ANY (%(jobs)s::uuid[]))
    GROUP BY 1, 2
"""


def live(sight: Sight, edges: Sequence[datetime]) -> tuple[dict[str, int], list[dict[str, int]]]:
    """How many runs wait and run now; and of those, how many came into that state between two edges."""
    params = {
        "jobs": None if sight.jobs is None else list(sight.jobs),
        "edges": list(edges),
        "trial": Source.TRIAL.value,
    }
    totals = {RunState.QUEUED.value: 0, RunState.RUNNING.value: 0}
    buckets = [dict(totals) for _ in pairwise(edges)]
    with connection.cursor() as cursor:
        cursor.execute(_LIVE, params)
        for state, number, count in cursor.fetchall():
            totals[state] += count
            if 1 <= number <= len(buckets):
                buckets[number - 1][state] += count
    return totals, buckets
