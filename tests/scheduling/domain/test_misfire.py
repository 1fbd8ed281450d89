"""Late slots: what fires, what is recorded, and that nothing falls between the two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.scheduling.domain import misfire, schedules
from apps.scheduling.domain.misfire import Due, Span
from apps.scheduling.domain.schedules import Schedule

NOW = datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def at(hour, minute=0):
    return datetime(2026, 6, 1, hour, minute, tzinfo=UTC)


LATE = (at(8), at(9), at(10), at(11))
ON_TIME = (at(12),)

DECISIONS = [
    # policy, due, fires, missed
    ("skip", LATE, (), LATE),
    ("skip", LATE + ON_TIME, ON_TIME, LATE),
    ("once", LATE, LATE[-1:], LATE[:-1]),
    ("once", LATE + ON_TIME, ON_TIME, LATE),
    ("once", LATE[:1], LATE[:1], ()),
    ("all", LATE[2:], LATE[2:], ()),
    ("all", LATE, LATE[1:], LATE[:1]),  # at most three are caught up
    ("all", LATE + ON_TIME, LATE[1:] + ON_TIME, LATE[:1]),
    ("skip", ON_TIME, ON_TIME, ()),
    ("once", ON_TIME, ON_TIME, ()),
    ("all", ON_TIME, ON_TIME, ()),
    ("skip", (), (), ()),
    ("once", (), (), ()),
    ("all", (), (), ()),
]


@pytest.mark.parametrize(("policy", "due", "fires", "missed"), DECISIONS)
def test_the_policy_decides_about_late_slots_only(policy, due, fires, missed):
    decision = misfire.decide(Due(due), now=NOW, policy=policy, grace=MINUTE, most=3)

    assert (decision.fire, decision.missed, decision.span) == (fires, missed, None)


def test_the_last_moment_of_grace_is_on_time():
    due = Due((NOW - MINUTE,))

    assert misfire.decide(due, now=NOW, policy="skip", grace=MINUTE, most=1).fire == due.slots
    later = NOW + timedelta(microseconds=1)
    assert misfire.decide(due, now=later, policy="skip", grace=MINUTE, most=1).missed == due.slots


@pytest.mark.parametrize(("grace", "most"), [(-MINUTE, 1), (MINUTE, 0)])
def test_senseless_limits_are_a_programming_error(grace, most):
    with pytest.raises(ValueError):
        misfire.decide(Due(), now=NOW, policy="all", grace=grace, most=most)


def test_a_short_outage_gives_every_slot_a_row_of_its_own():
    schedule = Schedule("cron", "0 * * * *")

    assert misfire.gather(schedule, at(7), NOW) == Due((*LATE, *ON_TIME))


def test_after_a_long_outage_older_slots_share_a_row_that_counts_them():
    schedule = Schedule("cron", "* * * * *")

    due = misfire.gather(schedule, NOW - timedelta(days=2), NOW, rows=100)

    assert len(due.slots) == 100
    assert due.slots[-1] == at(12)
    assert due.older == Span(
        first=NOW.replace(second=0) - timedelta(days=2) + MINUTE, last=at(10, 20), count=2780
    )


def test_what_would_take_too_long_to_count_is_left_uncounted():
    schedule = Schedule("cron", "* * * * * *")
    month_ago = NOW - timedelta(days=30)

    due = misfire.gather(schedule, month_ago, NOW, rows=50)

    second = timedelta(seconds=1)
    assert due.slots == tuple(NOW - n * second for n in range(49, -1, -1))
    assert due.older == Span(first=month_ago + second, last=NOW - 50 * second, count=None)


def test_bursts_far_apart_are_split_at_the_right_slot():
    # Given 3600 slots in one hour of the 1st of each month, and a few months without service
    schedule = Schedule("cron", "* * 3 1 * *")
    after, until = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 4, 20, tzinfo=UTC)

    due = misfire.gather(schedule, after, until, rows=10)

    third = datetime(2026, 4, 1, 3, 59, tzinfo=UTC)
    assert due.slots == tuple(third + timedelta(seconds=n) for n in range(50, 60))
    assert due.older is not None
    assert (due.older.last, due.older.count) == (third + timedelta(seconds=49), None)


@settings(max_examples=80, deadline=None)
@given(
    schedule=st.one_of(
        st.builds(
            Schedule,
            st.just("interval"),
            interval=st.timedeltas(timedelta(seconds=1), timedelta(minutes=3)),
            anchor=st.datetimes(timezones=st.just(UTC)),
        ),
        st.sampled_from(
            [
                Schedule("cron", "*/5 * * * * *"),
                Schedule("cron", "*/2 * * * *", zone="Europe/Berlin"),
                Schedule("cron", "0-20 7,8,22 * * *", zone="America/New_York"),
            ]
        ),
    ),
    start=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),
    span=st.timedeltas(timedelta(0), timedelta(hours=3)),
    rows=st.integers(1, 40),
    policy=st.sampled_from(["once", "skip", "all"]),
    grace=st.timedeltas(timedelta(0), timedelta(minutes=10)),
    most=st.integers(1, 20),
)
def test_every_due_slot_is_in_exactly_one_place(schedule, start, span, rows, policy, grace, most):
    until = start + span
    everything = schedules.slots_between(schedule, start, until, limit=20_000)

    decision = misfire.decide(
        misfire.gather(schedule, start, until, rows=rows), now=until, policy=policy, grace=grace, most=most
    )

    shared = []
    if decision.span:
        shared = [slot for slot in everything if decision.span.first <= slot <= decision.span.last]
        assert decision.span.count in (len(shared), None)
        assert decision.span.count is not None or len(shared) > misfire.COUNTED
    assert [*shared, *decision.missed, *decision.fire] == everything
