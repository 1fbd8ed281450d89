"""What becomes of slots that are served late: which run, which are put on record as missed.

Every due slot ends up in exactly one place of a Decision: it fires, or it has a row of its own as missed, or it lies in
the one span that stands for everything older. So "why did it not run at 03:00?" has an answer for every 03:00, and an
every-second trigger that was away for a month does not write two million rows in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from apps.scheduling.domain import schedules
from apps.scheduling.domain.schedules import Schedule

Policy = Literal["once", "skip", "all"]

ROWS: Final = 1000  # slots that get a row of their own, per trigger and sweep
COUNTED: Final = 10_000  # slots in a span that are counted one by one; beyond that the count is left open

_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Due slots that share one row: all slots of the schedule with first <= slot <= last.

    count: how many they are; None for more than COUNTED.
    """

    first: datetime
    last: datetime
    count: int | None


@dataclass(frozen=True, slots=True)
class Due:
    """The slots that are due: the latest ones each by itself (ascending), everything older as one span."""

    slots: tuple[datetime, ...] = ()
    older: Span | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """fire: slots to run now; missed: slots to record, one row each; span: slots to record in one row."""

    fire: tuple[datetime, ...] = ()
    missed: tuple[datetime, ...] = ()
    span: Span | None = None


def gather(schedule: Schedule, after: datetime, until: datetime, *, rows: int = ROWS) -> Due:
    """All slots with after < slot <= until, the latest ``rows`` of them by themselves.

    Costs at most some 25 * rows + COUNTED steps, whatever the schedule and however long it was not served.
    """
    if rows < 1:
        raise ValueError(f"{rows=}")
    slots = schedules.slots_between(schedule, after, until, limit=rows + 1)
    if len(slots) <= rows:
        return Due(tuple(slots))
    last_shared, *latest = _latest(schedule, after, until, count=rows + 1)
    shared = schedules.slots_between(schedule, after, last_shared, limit=COUNTED + 1)
    return Due(tuple(latest), Span(slots[0], last_shared, len(shared) if len(shared) <= COUNTED else None))


def _latest(schedule: Schedule, after: datetime, until: datetime, *, count: int) -> list[datetime]:
    """The latest ``count`` slots with after < slot <= until; there have to be that many."""
    low, high = after - _SECOND, until  # more than ``count`` may follow low, no more than that follow high
    while high - low > _SECOND:
        middle = low + (high - low) / 2
        if middle < after or len(schedules.slots_between(schedule, middle, until, limit=count + 1)) > count:
            low = middle
        else:
            high = middle
    # Slots lie a second apart or more, so a step of less than that never passes two of them at once.
    return schedules.slots_between(schedule, max(high, after), until, limit=count)


def decide(due: Due, *, now: datetime, policy: Policy, grace: timedelta, most: int) -> Decision:
    """What to do with the due slots.

    A slot that is no more than ``grace`` late counts as on time and fires whatever the policy. Of the late ones
    "skip" runs none; "once" runs the latest, and not even that when an on-time slot fires anyway; "all" runs the latest
    ``most`` in their order. All others are missed.
    most: from 1; only "all" looks at it. A span never fires: what has no row of its own is too old to be caught up.
    """
    if grace < timedelta(0) or most < 1:
        raise ValueError(f"{grace=} {most=}")
    on_time = tuple(slot for slot in due.slots if now - slot <= grace)
    late = due.slots[: len(due.slots) - len(on_time)]
    match policy:
        case "skip":
            served = 0
        case "once":
            served = 0 if on_time else 1
        case "all":
            served = most
    kept = max(len(late) - served, 0)
    return Decision(fire=late[kept:] + on_time, missed=late[:kept], span=due.older)
