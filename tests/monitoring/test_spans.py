"""Days and hours of zones, also when the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from apps.monitoring.domain import spans

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "day", "start", "hours"),
    [
        ("Asia/Shanghai", date(2026, 11, 25), "2026-11-25T00:00+08:00", 24),
        ("Europe/Berlin", date(2026, 3, 29), "2026-03-29T00:00+01:00", 23),
        ("Europe/Berlin", date(2026, 10, 25), "2026-10-25T00:00+02:00", 25),
        ("America/Santiago", date(2026, 9, 6), "2026-09-06T01:00-03:00", 23),  # there is no midnight
        ("America/Havana", date(2026, 11, 1), "2026-11-01T00:00-04:00", 25),  # there are two
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-31T00:00+14:00", 0),  # the day was left out
    ],
)
def test_a_day_is_as_long_as_the_zone_makes_it(zone: str, day: date, start: str, hours: int) -> None:
    span = spans.day_of(day, ZoneInfo(zone))

    assert span.start == at(start)
    assert span.end - span.start == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        ("2026-11-25T09:30+01:00", "2026-11-24T00:00+01:00", "2026-11-24T09:30+01:00"),
        # The day after the clocks went forward: 02:30 was not there, so the span ends where they jumped to.
        ("2026-03-30T02:30+02:00", "2026-03-29T00:00+01:00", "2026-03-29T03:30+02:00"),
        # The day after they went back: until the first 02:30.
        ("2026-10-26T02:30+01:00", "2026-10-25T00:00+02:00", "2026-10-25T02:30+02:00"),
        # Just after midnight: hardly anything.
        ("2026-11-25T00:00+01:00", "2026-11-24T00:00+01:00", "2026-11-24T00:00+01:00"),
    ],
)
def test_yesterday_ends_where_the_clock_stands_now(now: str, start: str, end: str) -> None:
    assert spans.yesterday_until(at(now), BERLIN) == spans.Span(at(start), at(end))


@pytest.mark.parametrize(
    ("zone", "now", "last"),
    [
        ("Europe/Berlin", "2026-11-25T09:30:12+01:00", "2026-11-25T09:00+01:00"),
        ("Asia/Kolkata", "2026-11-25T09:40+05:30", "2026-11-25T09:00+05:30"),
        ("Europe/Berlin", "2026-10-25T02:10+01:00", "2026-10-25T02:00+01:00"),
    ],
)
def test_hours_begin_with_the_zones_clock_and_follow_one_another(zone: str, now: str, last: str) -> None:
    hours = spans.last_hours(at(now), ZoneInfo(zone), 24)

    assert hours[-1] == at(last)
    assert [later - earlier for earlier, later in pairwise(hours)] == [spans.HOUR] * 23


def test_the_last_days_end_with_today() -> None:
    assert spans.last_days(at("2026-03-01T00:30+01:00"), BERLIN, 3) == [
        date(2026, 2, 27),
        date(2026, 2, 28),
        date(2026, 3, 1),
    ]
