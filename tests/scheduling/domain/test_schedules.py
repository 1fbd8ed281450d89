"""Interval, once, windows, and what holds for every schedule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.scheduling.domain import schedules
from apps.scheduling.domain.errors import ScheduleError
from apps.scheduling.domain.schedules import Schedule

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def slots(schedule, after=NOON, count=3):
    return list(islice(schedules.iterate(schedule, after), count))


def test_an_interval_keeps_to_its_grid_however_late_it_is_asked():
    schedule = Schedule("interval", interval=timedelta(minutes=7), anchor=NOON)

    assert schedules.next_after(schedule, NOON) == NOON + timedelta(minutes=7)
    assert schedules.next_after(schedule, NOON + timedelta(minutes=13, seconds=59)) == NOON + timedelta(
        minutes=14
    )
    assert schedules.next_after(schedule, NOON + timedelta(days=700)) == NOON + 144_001 * timedelta(minutes=7)


def test_the_grid_reaches_back_before_its_anchor():
    schedule = Schedule("interval", interval=timedelta(hours=1), anchor=NOON + timedelta(days=9, minutes=10))

    assert schedules.next_after(schedule, NOON) == NOON + timedelta(minutes=10)


def test_an_interval_without_anchor_begins_with_its_window():
    start = NOON + timedelta(minutes=3)
    schedule = Schedule("interval", interval=timedelta(minutes=10), start_at=start)

    assert slots(schedule) == [start, start + timedelta(minutes=10), start + timedelta(minutes=20)]


def test_an_interval_without_any_hold_is_anchored_all_the_same():
    schedule = Schedule("interval", interval=timedelta(minutes=10))

    assert schedules.next_after(schedule, NOON + timedelta(seconds=1)) == NOON + timedelta(minutes=10)


def test_an_interval_is_real_time_also_when_clocks_change():
    schedule = Schedule("interval", interval=timedelta(hours=6), anchor=NOON, zone="Europe/Berlin")

    found = slots(schedule, datetime(2026, 10, 24, 12, tzinfo=UTC), 8)

    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(hours=6)}


def test_once_is_once():
    schedule = Schedule("once", once_at=datetime(2026, 6, 1, 20, tzinfo=timezone(timedelta(hours=8))))

    assert slots(schedule, NOON - timedelta(microseconds=1)) == [NOON]
    assert schedules.next_after(schedule, NOON) is None


def test_both_ends_of_a_window_count():
    schedule = Schedule("cron", "0 * * * *", start_at=NOON, end_at=NOON + timedelta(hours=2))

    assert slots(schedule, NOON - timedelta(days=90), 9) == [NOON + timedelta(hours=n) for n in range(3)]


def test_a_window_may_be_given_in_any_zone():
    schedule = Schedule(
        "cron", "0 9 * * *", zone="Asia/Shanghai", start_at=datetime(2026, 6, 2, 3, tzinfo=BERLIN)
    )

    assert schedules.next_after(schedule, NOON) == datetime(2026, 6, 2, 1, tzinfo=UTC)


def test_slots_between_takes_the_end_but_not_the_beginning():
    schedule = Schedule("cron", "0 * * * *")

    found = schedules.slots_between(schedule, NOON, NOON + timedelta(hours=3), limit=100)

    assert found == [NOON + timedelta(hours=n) for n in (1, 2, 3)]
    assert schedules.slots_between(schedule, NOON, NOON + timedelta(hours=3), limit=2) == found[:2]
    assert schedules.slots_between(schedule, NOON, NOON, limit=2) == []


def test_the_calendar_ends_without_an_alarm():
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

    assert schedules.next_after(Schedule("cron", "0 9 * * *"), end) is None
    assert schedules.next_after(Schedule("cron", "0 9 29 2 *", zone="Asia/Shanghai"), end) is None
    assert schedules.next_after(Schedule("interval", interval=timedelta(days=3)), end) is None


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_the_calendar_begins_without_an_alarm(zone):
    start = datetime(1, 1, 1, tzinfo=UTC)

    for schedule in (Schedule("cron", "0 9 * * *", zone=zone), Schedule("cron", "0 9 * * MON", zone=zone)):
        slot = schedules.next_after(schedule, start)
        assert slot is None or slot > start


def test_an_instant_without_a_zone_is_a_programming_error():
    with pytest.raises(ValueError, match="time zone"):
        schedules.next_after(Schedule("cron", "* * * * *"), datetime(2026, 1, 1))


schedules_of_all_kinds = st.one_of(
    st.builds(
        Schedule,
        st.just("cron"),
        expression=st.sampled_from(
            [
                "* * * * *",
                "*/7 * * * *",
                "0 9 * * MON-FRI",
                "30 2 * * *",
                "0 0 L * *",
                "*/20 5 */3 * * *",
                "0 3 1 * MON#1",
            ]
        ),
        zone=st.sampled_from(
            ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai"]
        ),
    ),
    st.builds(
        Schedule,
        st.just("interval"),
        interval=st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=40)),
        anchor=st.none() | st.datetimes(timezones=st.just(UTC)),
    ),
)
instants = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))


@settings(max_examples=150, deadline=None)
@given(schedule=schedules_of_all_kinds, after=instants, span=st.timedeltas(timedelta(0), timedelta(days=3)))
def test_slots_ascend_and_a_range_of_them_is_one_after_another(schedule, after, span):
    until = after + span
    one_by_one: list[datetime] = []
    slot = schedules.next_after(schedule, after)
    while slot is not None and slot <= until and len(one_by_one) < 200:
        one_by_one.append(slot)
        slot = schedules.next_after(schedule, slot)

    assert schedules.slots_between(schedule, after, until, limit=200) == one_by_one
    assert all(a < b for a, b in zip([after, *one_by_one], one_by_one, strict=False))
    assert all(slot.tzinfo is UTC for slot in one_by_one)


@settings(max_examples=150, deadline=None)
@given(schedule=schedules_of_all_kinds, after=instants, wait=st.floats(0, 1))
def test_asking_again_before_the_slot_gives_the_same_slot(schedule, after, wait):
    slot = schedules.next_after(schedule, after)

    later = after + (slot - after) * wait

    assert later == slot or schedules.next_after(schedule, later) == slot


REFUSED = [
    (
        Schedule("hourly"),  # type: ignore[arg-type]
        "kind",
        "schedule.unknown_kind",
        "hourly is not a kind of schedule. Choose cron, interval or once.",
    ),
    (
        Schedule("cron", ""),
        "expression",
        "cron.empty",
        "There is no cron expression. Write five fields, for example 0 9 * * MON-FRI.",
    ),
    (
        Schedule("cron", "* * * * *", zone="Europe/Berlni"),
        "zone",
        "schedule.unknown_zone",
        "Europe/Berlni is not a time zone that is known here. Did you mean Europe/Berlin?",
    ),
    (
        Schedule("interval"),
        "interval",
        "schedule.missing",
        "There is no interval. Set how much time lies between two runs.",
    ),
    (
        Schedule("interval", interval=timedelta(0)),
        "interval",
        "schedule.interval_too_short",
        "The interval is 0 seconds; 1 second is the least.",
    ),
    (
        Schedule("interval", interval=timedelta(milliseconds=999)),
        "interval",
        "schedule.interval_too_short",
        "The interval is 0.999 seconds; 1 second is the least.",
    ),
    (
        Schedule("interval", interval=timedelta(hours=-1)),
        "interval",
        "schedule.interval_too_short",
        "The interval is -3600 seconds; 1 second is the least.",
    ),
    (
        Schedule("interval", interval=timedelta(days=5000)),
        "interval",
        "schedule.interval_too_long",
        "The interval is 5000 days; 3660 days is the most.",
    ),
    (
        Schedule("once"),
        "once_at",
        "schedule.missing",
        "There is no time to run at. Set the date and time of the one run.",
    ),
    (
        Schedule("once", once_at=datetime(2026, 1, 1, 9)),
        "once_at",
        "schedule.naive_time",
        "2026-01-01T09:00:00 says no time zone. Add one, for example 2026-01-01T09:00:00+00:00.",
    ),
    (
        Schedule(
            "interval",
            interval=timedelta(hours=1),
            anchor=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8))),
        ),
        "anchor",
        "schedule.time_out_of_range",
        "0001-01-01T00:00:00+08:00 is too far away. Choose a time between the years 1970 and 9998.",
    ),
    (
        Schedule("cron", "* * * * *", end_at=datetime(9999, 12, 31, tzinfo=UTC)),
        "end_at",
        "schedule.time_out_of_range",
        "9999-12-31T00:00:00+00:00 is too far away. Choose a time between the years 1970 and 9998.",
    ),
    (
        Schedule("cron", "* * * * *", start_at=NOON, end_at=NOON),
        "end_at",
        "schedule.empty_window",
        "The trigger would end at 2026-06-01T12:00:00+00:00, which is not after its start at 2026-06-01T12:00:00+00:00.",
    ),
    (
        Schedule("once", once_at=NOON, start_at=NOON + timedelta(days=1)),
        "once_at",
        "schedule.never_in_window",
        "The one run, at 2026-06-01T12:00:00+00:00, lies outside the time between the trigger's start and its end.",
    ),
    (
        Schedule("cron", "0 0 1 1 *", start_at=NOON, end_at=NOON + timedelta(days=9)),
        "end_at",
        "schedule.never_in_window",
        "The trigger would never fire: no fire time lies between its start 2026-06-01T12:00:00+00:00 "
        "and its end 2026-06-10T12:00:00+00:00.",
    ),
]


@pytest.mark.parametrize(("schedule", "field", "code", "message"), REFUSED)
def test_a_schedule_that_cannot_work_is_refused(schedule, field, code, message):
    with pytest.raises(ScheduleError) as refused:
        schedules.validate(schedule)

    assert (refused.value.field, refused.value.code, refused.value.message) == (field, code, message)


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule("cron", "*/5 * * * *", zone="Asia/Shanghai", end_at=datetime(2020, 1, 1, tzinfo=UTC)),
        Schedule(
            "interval", interval=timedelta(seconds=1), start_at=NOON, end_at=NOON + timedelta(seconds=1)
        ),
        Schedule("once", once_at=NOON, start_at=NOON, end_at=NOON + timedelta(seconds=1)),
    ],
)
def test_a_schedule_that_can_work_is_taken(schedule):
    schedules.validate(schedule)
