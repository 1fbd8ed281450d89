"""What happened, for those who are told: the events behind a bulletin's ids."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from apps.jobs.models import RunEvent
from apps.live.domain import messages
from apps.live.selectors import rights


@dataclass(frozen=True, slots=True)
class News:
    """A run came into a state. text: as JSON, as it goes to the client."""

    run: str
    job: str
    text: str


def read(
    event_ids: Collection[int], known: Mapping[int, frozenset[str] | None]
) -> tuple[list[News], dict[int, frozenset[str] | None]]:
    """The events, the oldest first, and who sees them.

    known: per user the jobs about which nothing need be found out; None: about none at all. The answer has
    the others: which of them the user sees, None for all that there are.
    """
    rows = (
        RunEvent.objects.filter(pk__in=list(event_ids))
        .order_by("pk")
        .values_list("pk", "run_id", "run__job_id", "run__job__name", "state", "attempt", "at", "reason")
    )
    news = [
        News(
            run=str(run),
            job=str(job),
            text=messages.encode(
                {
                    "run": str(run),
                    "job": str(job),
                    "job_name": name,
                    "state": state,
                    "attempt": attempt,
                    "event": event,
                    "at": at.isoformat().replace("+00:00", "Z"),
                    "exit_reason": reason,
                }
            ),
        )
        for event, run, job, name, state, attempt, at, reason in rows
    ]
    jobs = {one.job for one in news}
    asked = {user: jobs - of_user for user, of_user in known.items() if of_user is not None}
    return news, {
        user: rights.sight(user, rights.SEE_JOBS, unknown) for user, unknown in asked.items() if unknown
    }
