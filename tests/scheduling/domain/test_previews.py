"""What a person is shown before saving a schedule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apps.scheduling.domain import previews
from apps.scheduling.domain.passage import Passage
from apps.scheduling.domain.schedules import Schedule


def seen(expression, zone, after, count):
    fires = previews.preview(Schedule("cron", expression, zone=zone), datetime.fromisoformat(after), count)
    return [(f"{fire.local:%d %H:%M %z}", str(fire.kind), str(fire.note or "")) for fire in fires]


def test_a_time_that_does_not_exist_is_shown_where_it_will_run():
    assert seen("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00Z", 3) == [
        ("28 02:30 +0100", "plain", ""),
        (
            "29 03:00 +0200",
            "moved",
            "The clocks go forward from 02:00 to 03:00, so 02:30 does not exist on this day. "
            "It runs once, right after the change, at 03:00.",
        ),
        ("30 02:30 +0200", "plain", ""),
    ]


def test_a_time_that_comes_twice_says_that_it_runs_once():
    assert seen("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z", 2) == [
        (
            "25 02:30 +0200",
            "once",
            "The clocks go back from 03:00 to 02:00, so 02:30 comes twice on this day. It runs once, the first time.",
        ),
        ("26 02:30 +0100", "plain", ""),
    ]


def test_open_hours_show_both_comings():
    assert seen("0 * * * *", "America/New_York", "2026-11-01T04:30Z", 3) == [
        (
            "01 01:00 -0400",
            "first",
            "The clocks go back from 02:00 to 01:00, so 01:00 comes twice on this day. "
            "It runs both times; this is the first.",
        ),
        (
            "01 01:00 -0500",
            "second",
            "The clocks went back from 02:00 to 01:00, so 01:00 comes twice on this day. "
            "It runs both times; this is the second.",
        ),
        ("01 02:00 -0500", "plain", ""),
    ]


def test_open_hours_say_what_the_gap_swallowed():
    assert seen("0 * * * *", "Australia/Lord_Howe", "2026-10-03T14:30Z", 2) == [
        (
            "04 03:00 +1100",
            "skipped",
            "The clocks went forward from 02:00 to 02:30. The times between do not exist and are skipped: "
            "the hours are not named, so the schedule follows the clock.",
        ),
        ("04 04:00 +1100", "plain", ""),
    ]


def test_a_gap_that_swallows_nothing_is_not_mentioned():
    assert [kind for _, kind, _ in seen("0 */4 * * *", "Europe/Berlin", "2026-03-28T20:00Z", 3)] == [
        "plain"
    ] * 3


def test_ten_fires_unless_the_schedule_ends():
    now = datetime(2026, 6, 1, tzinfo=UTC)

    assert len(previews.preview(Schedule("cron", "* * * * *"), now)) == 10
    assert len(previews.preview(Schedule("cron", "* * * * *", end_at=now + timedelta(minutes=4)), now)) == 4
    assert previews.preview(Schedule("once", once_at=now), now) == []


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule("interval", interval=timedelta(minutes=30), zone="Asia/Shanghai"),
        Schedule("once", once_at=datetime(2026, 10, 25, 0, 30, tzinfo=UTC), zone="Asia/Shanghai"),
    ],
)
def test_real_time_needs_no_note_and_is_shown_in_the_zone(schedule):
    fire = previews.preview(schedule, datetime(2026, 10, 25, tzinfo=UTC))[0]

    assert (fire.kind, fire.note) == (Passage.PLAIN, None)
    assert fire.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert f"{fire.local:%H:%M}" == "08:30"


def test_a_note_is_translated_when_shown():
    fire = previews.preview(
        Schedule("cron", "30 2 * * *", zone="Europe/Berlin"), datetime(2026, 10, 24, 12, tzinfo=UTC), 1
    )[0]

    assert fire.note is not None
    assert (
        fire.note.render(lambda text: "%(time)s 出现两次，只在第一次运行。")
        == "02:30 出现两次，只在第一次运行。"
    )
