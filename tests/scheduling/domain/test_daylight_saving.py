"""Fire times on nights when the clocks change, against a scanner that only ever asks what the clock shows."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.scheduling.domain import schedules
from apps.scheduling.domain.schedules import Schedule

MINUTE = timedelta(minutes=1)

NIGHTS = [
    ("UTC", datetime(2026, 3, 29)),
    ("Asia/Shanghai", datetime(2026, 5, 3)),
    ("Asia/Shanghai", datetime(1986, 5, 4)),
    ("Asia/Shanghai", datetime(1991, 9, 15)),
    ("Europe/Berlin", datetime(2026, 3, 29)),
    ("Europe/Berlin", datetime(2026, 10, 25)),
    ("Europe/Dublin", datetime(2026, 10, 25)),  # its winter time is the negative one
    ("America/New_York", datetime(2026, 3, 8)),
    ("America/New_York", datetime(2026, 11, 1)),
    ("Australia/Lord_Howe", datetime(2026, 4, 5)),  # half an hour
    ("Australia/Lord_Howe", datetime(2026, 10, 4)),
    ("America/Sao_Paulo", datetime(2018, 2, 18)),  # midnight comes twice
    ("America/Sao_Paulo", datetime(2018, 11, 4)),  # midnight does not come
    ("America/Caracas", datetime(2007, 12, 9)),  # half an hour back for good
    ("Pacific/Apia", datetime(2011, 12, 30)),  # the whole day does not come
]


@dataclass(frozen=True)
class Clock:
    """Every minute of some days around a night: the real instants in order, and what the clock on the wall shows."""

    real: list[datetime]
    shown: list[datetime]

    def named(self, matches):
        """Each matching wall time once: at its first coming, or when the clock first shows something later."""
        slots = set()
        first: dict[datetime, datetime] = {}
        for real, shown in zip(self.real, self.shown, strict=True):
            first.setdefault(shown, real)
        wall = self.shown[0]
        while wall <= self.shown[-1]:
            if matches(wall):
                slots.add(first[wall] if wall in first else self._first_past(wall))
            wall += MINUTE
        return sorted(slots)

    def _first_past(self, wall):
        return next(real for real, shown in zip(self.real, self.shown, strict=True) if shown > wall)

    def open(self, matches):
        """Each real minute at which the clock shows a match."""
        return [real for real, shown in zip(self.real, self.shown, strict=True) if matches(shown)]


@cache
def clock_around(zone, night):
    start = (night - timedelta(hours=30)).replace(tzinfo=UTC)
    real = [start + n * MINUTE for n in range(72 * 60)]
    return Clock(real, [instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for instant in real])


minutes = st.sampled_from(
    [
        ("*", set(range(60)), True),
        ("*/20", {0, 20, 40}, True),
        ("0", {0}, False),
        ("30", {30}, False),
        ("5,59", {5, 59}, False),
        ("15-45/10", {15, 25, 35, 45}, False),
    ]
)
open_hours = st.sampled_from(
    [
        ("*", set(range(24))),
        ("*/2", set(range(0, 24, 2))),
        ("1/3", set(range(1, 24, 3))),
        ("0-23", set(range(24))),
        ("*/5,3", {0, 5, 10, 15, 20, 3}),
    ]
)
named_hours = st.sets(st.sampled_from([0, 1, 2, 3, 4, 9, 23]), min_size=1).map(
    lambda hours: (",".join(map(str, sorted(hours))), hours)
) | st.sampled_from([("0-6", set(range(7))), ("22-3", {22, 23, 0, 1, 2, 3}), ("1-11/2", {1, 3, 5, 7, 9, 11})])
days = st.sampled_from([("* *", lambda day: True), ("* SAT,SUN", lambda day: day.weekday() >= 5)])


@settings(max_examples=300, deadline=None)
@given(
    night=st.sampled_from(NIGHTS),
    minute=minutes,
    hour=st.one_of(open_hours.map(lambda h: (*h, True)), named_hours.map(lambda h: (*h, False))),
    day=days,
    start=st.integers(0, 60 * 60 * 60),
)
def test_every_slot_is_where_a_minute_by_minute_scan_finds_it(night, minute, hour, day, start):
    zone, around = night
    clock = clock_around(zone, around)
    schedule = Schedule("cron", f"{minute[0]} {hour[0]} {day[0].split()[0]} * {day[0].split()[1]}", zone=zone)

    def matches(wall):
        return wall.minute in minute[1] and wall.hour in hour[1] and day[1](wall)

    expected = clock.open(matches) if hour[2] else clock.named(matches)
    after = clock.real[0] + timedelta(seconds=start)
    expected = expected[bisect_right(expected, after) :]

    assert schedules.slots_between(schedule, after, clock.real[-1], limit=5000) == expected


@pytest.mark.parametrize(("zone", "night"), NIGHTS)
@pytest.mark.parametrize(
    "expression", ["*/37 * * * * *", "*/20 30 * * * *", "40 */2 0-3 * * *", "59 59 23,1,2 * * *"]
)
def test_where_the_search_begins_does_not_change_what_it_finds(zone, night, expression):
    # Given the slots of some days, found in one go
    clock = clock_around(zone, night)
    schedule = Schedule("cron", expression, zone=zone)
    slots = schedules.slots_between(schedule, clock.real[27 * 60], clock.real[-1], limit=50_000)

    # Then a search that begins anywhere in the night finds the same ones
    for minute in clock.real[27 * 60 : 48 * 60 : 7]:
        after = minute + timedelta(seconds=31)
        assert schedules.next_after(schedule, after) == slots[bisect_right(slots, after)]
    assert slots == sorted(set(slots))


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Europe/Berlin", datetime(2026, 3, 28, 23, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 24, 23, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 13, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 10, 3, 14, tzinfo=UTC)),
    ],
)
def test_seconds_follow_the_clock_through_the_night(zone, start):
    schedule = Schedule("cron", "10-50/20 */15 * * * *", zone=zone)

    slots = schedules.slots_between(schedule, start, start + timedelta(hours=4), limit=500)

    scanned = (start + timedelta(seconds=n) for n in range(1, 4 * 3600 + 1))
    shown = ((real, real.astimezone(ZoneInfo(zone))) for real in scanned)
    assert slots == [real for real, wall in shown if wall.second in (10, 30, 50) and wall.minute % 15 == 0]


TABLE = [
    # named hours, spring: once, at the first instant after the gap; several missing times are one run
    ("Europe/Berlin", "30 2 * * *", "2026-03-28T12:00Z", ["2026-03-29T01:00Z", "2026-03-30T00:30Z"]),
    ("Europe/Berlin", "*/15 2 * * *", "2026-03-28T12:00Z", ["2026-03-29T01:00Z", "2026-03-30T00:00Z"]),
    ("Europe/Berlin", "0 2,3 * * *", "2026-03-28T12:00Z", ["2026-03-29T01:00Z", "2026-03-30T00:00Z"]),
    ("Europe/Berlin", "10 30 2 * * *", "2026-03-28T12:00Z", ["2026-03-29T01:00Z", "2026-03-30T00:30:10Z"]),
    # a weekly job whose only time falls into the gap does not lose its week
    ("America/New_York", "30 2 * * SUN", "2026-03-05T00:00Z", ["2026-03-08T07:00Z", "2026-03-15T06:30Z"]),
    # named hours, autumn: the first coming only
    ("Europe/Berlin", "30 2 * * *", "2026-10-24T12:00Z", ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]),
    ("Europe/Berlin", "30 2 * * *", "2026-10-25T00:30Z", ["2026-10-26T01:30Z"]),
    ("Europe/Berlin", "0 0-23 * * *", "2026-10-24T23:30Z", ["2026-10-25T00:00Z", "2026-10-25T01:00Z"]),
    ("Europe/Berlin", "0 1-22 * * *", "2026-10-24T23:30Z", ["2026-10-25T00:00Z", "2026-10-25T02:00Z"]),
    # from within the second coming, the day goes on when it is over
    ("Europe/Berlin", "0 2,3 * * *", "2026-10-25T01:15Z", ["2026-10-25T02:00Z", "2026-10-26T01:00Z"]),
    # open hours follow the clock
    ("America/New_York", "0 1/23 7 11 */7", "2026-11-01T06:10Z", ["2027-11-07T05:00Z", "2027-11-07T06:00Z"]),
    ("Europe/Berlin", "0 * * * *", "2026-03-29T00:00Z", ["2026-03-29T01:00Z", "2026-03-29T02:00Z"]),
    ("Europe/Berlin", "0 */2 * * *", "2026-03-28T23:00Z", ["2026-03-29T02:00Z", "2026-03-29T04:00Z"]),
    (
        "Europe/Berlin",
        "0 */2 * * *",
        "2026-10-24T22:00Z",
        ["2026-10-25T00:00Z", "2026-10-25T01:00Z", "2026-10-25T03:00Z"],
    ),
    ("Australia/Lord_Howe", "15 * * * *", "2026-04-04T14:00Z", ["2026-04-04T14:15Z", "2026-04-04T15:45Z"]),
    ("Australia/Lord_Howe", "45 * * * *", "2026-04-04T14:00Z", ["2026-04-04T14:45Z", "2026-04-04T15:15Z"]),
    # midnight does not exist: the day begins at 01:00, and so does the daily job
    ("America/Sao_Paulo", "@daily", "2018-11-03T12:00Z", ["2018-11-04T03:00Z", "2018-11-05T02:00Z"]),
    ("America/Sao_Paulo", "0 0 * * *", "2018-02-17T12:00Z", ["2018-02-18T03:00Z", "2018-02-19T03:00Z"]),
    # a day that was left out: its run comes at the first instant of the next
    ("Pacific/Apia", "0 9 * * *", "2011-12-29T20:00Z", ["2011-12-30T10:00Z", "2011-12-30T19:00Z"]),
]


@pytest.mark.parametrize(("zone", "expression", "after", "expected"), TABLE)
def test_the_nights_by_hand(zone, expression, after, expected):
    schedule = Schedule("cron", expression, zone=zone)

    slots = schedules.slots_between(
        schedule, datetime.fromisoformat(after), datetime(2030, 1, 1, tzinfo=UTC), limit=len(expected)
    )

    assert slots == [datetime.fromisoformat(text) for text in expected]
