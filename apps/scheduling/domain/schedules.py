"""When a trigger is due: cron, interval or once, within a window.

Every instant that goes in has a time zone, every instant that comes out is UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final, Literal

from apps.scheduling.domain import cron, errors, passage, zones
from apps.scheduling.domain.passage import Slot
from kernel.errors import N_

Kind = Literal["cron", "interval", "once"]

SHORTEST: Final = timedelta(seconds=1)
LONGEST: Final = timedelta(days=3660)  # ten years; more is a typing error

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a trigger is due.

    zone:     whose clock a cron expression means, and in which fire times are shown.
    start_at: no slot before it; a slot at that very instant counts.
    end_at:   no slot after it; a slot at that very instant counts.
    anchor:   an instant on the grid of an interval: slots are anchor + n * interval, n of either sign, so neither a
              late run nor a restart shifts them. Without one the grid goes through start_at, else through 1970-01-01 UTC.
    """

    kind: Kind
    expression: str = ""
    interval: timedelta | None = None
    once_at: datetime | None = None
    zone: str = "UTC"
    start_at: datetime | None = None
    end_at: datetime | None = None
    anchor: datetime | None = None


def validate(schedule: Schedule) -> None:
    """Raise ScheduleError or CronError, with the field and the reason, unless the schedule can fire."""
    zones.get(schedule.zone)
    for field in ("once_at", "start_at", "end_at", "anchor"):
        value = getattr(schedule, field)
        if value is not None and value.utcoffset() is None:
            raise errors.NaiveTime(field=field, time=value.isoformat())
        if value is not None and not 1970 <= value.year <= 9998:  # the ends of the calendar have no zones
            raise errors.TimeOutOfRange(field=field, time=value.isoformat())
    match schedule.kind:
        case "cron":
            cron.parse(schedule.expression)
        case "interval":
            _check_interval(schedule.interval)
        case "once":
            if schedule.once_at is None:
                raise errors.Missing(
                    N_("There is no time to run at. Set the date and time of the one run."), field="once_at"
                )
        case _:
            raise errors.UnknownKind(field="kind", kind=schedule.kind)
    _check_window(schedule)


def next_after(schedule: Schedule, after: datetime) -> datetime | None:
    """The first due time strictly after ``after``, in UTC; None when there will never be one.

    Raises ScheduleError for a schedule that ``validate`` refuses, ValueError for an ``after`` without a time zone.
    """
    slot = next_slot(schedule, after)
    return slot.at if slot else None


def next_slot(schedule: Schedule, after: datetime) -> Slot | None:
    """Like ``next_after``, with how the slot came through a change of clocks."""
    if after.utcoffset() is None:
        raise ValueError(f"{after=} has no time zone")
    after = after.astimezone(UTC)
    if schedule.start_at is not None:
        after = max(after, schedule.start_at.astimezone(UTC) - _TICK)
    try:
        slot = _unbounded(schedule, after)
    except OverflowError:  # the calendar ends with the year 9999
        return None
    if slot is None or (schedule.end_at is not None and slot.at > schedule.end_at):
        return None
    return slot


def iterate(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """All slots strictly after ``after``, ascending; perhaps without end."""
    slot = next_after(schedule, after)
    while slot is not None:
        yield slot
        slot = next_after(schedule, slot)


def slots_between(schedule: Schedule, after: datetime, until: datetime, *, limit: int) -> list[datetime]:
    """The first ``limit`` slots with after < slot <= until, ascending."""
    found = []
    for slot in islice(iterate(schedule, after), limit):
        if slot > until:
            break
        found.append(slot)
    return found


def _unbounded(schedule: Schedule, after: datetime) -> Slot | None:
    zone = zones.get(schedule.zone)
    match schedule.kind:
        case "cron":
            return passage.next_slot(cron.parse(schedule.expression), zone, after)
        case "interval":
            interval = _check_interval(schedule.interval)
            origin = (schedule.anchor or schedule.start_at or _EPOCH).astimezone(UTC)
            at = origin + ((after - origin) // interval + 1) * interval
        case "once":
            if schedule.once_at is None or schedule.once_at <= after:
                return None
            at = schedule.once_at.astimezone(UTC)
        case _:
            raise errors.UnknownKind(field="kind", kind=schedule.kind)
    return Slot(at, at.astimezone(zone).replace(tzinfo=None, fold=0))


def _check_interval(interval: timedelta | None) -> timedelta:
    if interval is None:
        raise errors.Missing(
            N_("There is no interval. Set how much time lies between two runs."), field="interval"
        )
    if interval < SHORTEST:
        raise errors.IntervalTooShort(field="interval", seconds=f"{interval.total_seconds():g}")
    if interval > LONGEST:
        raise errors.IntervalTooLong(field="interval", days=interval.days, limit=LONGEST.days)
    return interval


def _check_window(schedule: Schedule) -> None:
    start, end = schedule.start_at, schedule.end_at
    if start is not None and end is not None and end <= start:
        raise errors.EmptyWindow(field="end_at", start=start.isoformat(), end=end.isoformat())
    if schedule.kind == "once" and schedule.once_at is not None:
        if (start is not None and schedule.once_at < start) or (end is not None and schedule.once_at > end):
            raise errors.NeverInWindow(
                N_(
                    "The one run, at %(time)s, lies outside the time between the trigger's start and its end."
                ),
                field="once_at",
                time=schedule.once_at.isoformat(),
            )
    elif start is not None and end is not None and next_after(schedule, start - _TICK) is None:
        raise errors.NeverInWindow(field="end_at", start=start.isoformat(), end=end.isoformat())
