"""Days and hours as a time zone has them: a day has 23, 24 or 25 hours, or begins at one o'clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Span:
    """From ``start`` until before ``end``, both in UTC."""

    start: datetime
    end: datetime


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The day's first instant, in UTC: where there is no midnight, the clocks' jump over it; of two, the first."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def day_of(day: date, zone: ZoneInfo) -> Span:
    return Span(start_of(day, zone), start_of(day + DAY, zone))


def today(now: datetime, zone: ZoneInfo) -> date:
    return now.astimezone(zone).date()


def yesterday_until(now: datetime, zone: ZoneInfo) -> Span:
    """Yesterday, up to what the clock shows now."""
    local = now.astimezone(zone)
    whole = day_of(local.date() - DAY, zone)
    then = datetime.combine(local.date() - DAY, local.time(), zone).replace(fold=local.fold).astimezone(UTC)
    return Span(whole.start, max(whole.start, min(then, whole.end)))


def last_hours(now: datetime, zone: ZoneInfo, count: int) -> list[datetime]:
    """Where the last ``count`` hours begin, the oldest first; the last of them is not over yet.

    They begin at full hours of the zone's clock, which is not that of UTC everywhere, and all are hours long.
    """
    local = now.astimezone(zone)
    since_full = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    current = now.astimezone(UTC) - since_full
    return [current - HOUR * back for back in range(count - 1, -1, -1)]


def last_days(now: datetime, zone: ZoneInfo, count: int) -> list[date]:
    """The last ``count`` days, the oldest first; the last of them is today."""
    return [today(now, zone) - DAY * back for back in range(count - 1, -1, -1)]
