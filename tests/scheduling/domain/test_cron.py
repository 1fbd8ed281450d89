"""What an expression matches, by table and against the calendar."""

from __future__ import annotations

import calendar
import sys
import threading
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.scheduling.domain import cron
from apps.scheduling.domain.errors import NeverFires

SAME = [
    # names, in any case; Sunday is 0 and 7
    ("0 9 * JAN MON", "0 9 * 1 1"),
    ("0 9 * jan-mar mon,Wed", "0 9 * 1,2,3 1,3"),
    ("0 9 * * 7", "0 9 * * 0"),
    ("0 9 * * 7-7", "0 9 * * SUN"),
    ("0 9 * * SUN-SUN", "0 9 * * 0"),
    ("0 9 * * SAT/2", "0 9 * * 6"),
    ("0 9 * * MON-SUN", "0 9 * * 0-6"),
    ("0 9 * * 5-7", "0 9 * * FRI,SAT,SUN"),
    ("0 9 * * 0-7", "0 9 * * 0-6"),
    ("0 9 * * 7-2", "0 9 * * SUN,MON,TUE"),
    ("0 9 * * 7/2", "0 9 * * 0,2,4,6"),
    ("0 9 * * SUN#1", "0 9 * * 7#1"),
    ("0 9 * * L5", "0 9 * * 5L"),
    ("0 9 * * FRIL", "0 9 * * 5L"),
    # ranges go round the end of their field, with their step
    ("0 22-2 * * *", "0 22,23,0,1,2 * * *"),
    ("50-10/5 * * * *", "50,55,0,5,10 * * * *"),
    ("0 9 28-3 * *", "0 9 28,29,30,31,1,2,3 * *"),
    ("0 9 * NOV-FEB *", "0 9 * 11,12,1,2 *"),
    ("0 9 * * FRI-MON", "0 9 * * 5,6,0,1"),
    ("5-5 * * * *", "5 * * * *"),
    # steps
    ("5/20 * * * *", "5,25,45 * * * *"),
    ("10-30/10 * * * *", "10,20,30 * * * *"),
    ("*/60 * * * *", "0 * * * *"),
    ("59/15 * * * *", "59 * * * *"),
    # other spellings
    ("0 9 ? * MON", "0 9 * * MON"),
    ("0 9 1 * ?", "0 9 1 * *"),
    ("0 0 9 ? * MON-FRI", "0 9 * * 1-5"),
    ("0 30 9 * * *", "30 9 * * *"),
    ("@hourly", "0 * * * *"),
    ("@Daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    # as typed with a Chinese input method, or pasted from a document
    ("０ ９ ＊ ＊ １，３，５", "0 9 * * 1,3,5"),
    ("*／１５ * * * ＭＯＮ－ＦＲＩ", "*/15 * * * MON-FRI"),
    ("0 9 * * 1、3", "0 9 * * 1,3"),
    ("0 9 ？ * ＭＯＮ＃２", "0 9 * * MON#2"),
    ("0\u00a09\u3000*\t*  1–5", "0 9 * * 1-5"),
    ("\ufeff0 9\u200b * * *\n", "0 9 * * *"),
    ("0 9 * * 1, 3 ,5", "0 9 * * 1,3,5"),
]


def walls(expression, count=60):
    parsed, wall = cron.parse(expression), datetime(2026, 1, 15, 12)
    found: list[datetime] = []
    while len(found) < count:
        later = parsed.next_wall(wall)
        assert later is not None
        found.append(wall := later)
    return found


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_one_schedule(one, other):
    assert walls(one) == walls(other)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("7", (0,)),
        ("7-7", (0,)),
        ("6/3", (6,)),
        ("7/3", (0, 3, 6)),
        ("0-7/2", (0, 2, 4, 6)),
        ("SAT-MON", (0, 1, 6)),
        ("*", tuple(range(7))),
    ],
)
def test_sunday_is_always_zero_inside(text, values):
    assert cron.parse(f"0 9 * * {text}").weekday.values == values


def test_what_is_stored_is_tidy():
    assert cron.tidy(" ０\u00a09  * * mon－ｆｒｉ\n") == "0 9 * * MON-FRI"


nth = st.builds(lambda d, n: (f"{d}#{n}", ("nth", d % 7, n)), st.integers(0, 7), st.integers(1, 5))
last = st.builds(lambda d: (f"{d}L", ("last", d % 7)), st.integers(0, 7))
plain_weekday = st.builds(lambda d: (str(d), ("is", d % 7)), st.integers(0, 7))
plain_day = st.builds(lambda d: (str(d), d), st.integers(1, 31))


def fits_day(day: date, rules) -> bool:
    month_length = calendar.monthrange(day.year, day.month)[1]
    return any(day.day == (month_length if rule == "L" else rule) for rule in rules)


def fits_weekday(day: date, rules) -> bool:
    weekday = (day.weekday() + 1) % 7
    return any(
        weekday == rule[1]
        and {
            "is": True,
            "nth": (day.day - 1) // 7 + 1 == rule[-1],
            "last": (day + timedelta(days=7)).month != day.month,
        }[rule[0]]
        for rule in rules
    )


DAY_STAR = {"*": range(1, 32), "*/2": range(1, 32, 2), "*/10": range(1, 32, 10), "?": range(1, 32)}
WEEKDAY_STAR = {"*": range(7), "*/2": range(0, 7, 2), "?": range(7)}


@settings(max_examples=80, deadline=None)
@given(
    day=st.one_of(
        st.sampled_from(sorted(DAY_STAR)),
        st.lists(st.one_of(plain_day, st.just(("L", "L"))), min_size=1, max_size=4),
    ),
    weekday=st.one_of(
        st.sampled_from(sorted(WEEKDAY_STAR)),
        st.lists(st.one_of(plain_weekday, nth, last), min_size=1, max_size=4),
    ),
    months=st.one_of(st.none(), st.sets(st.integers(1, 12), min_size=1)),
)
def test_dates_are_those_that_a_day_by_day_scan_finds(day, weekday, months):
    # Given the two day fields, and what each of them means taken by itself
    day_text = day if isinstance(day, str) else ",".join(text for text, _ in day)
    weekday_text = weekday if isinstance(weekday, str) else ",".join(text for text, _ in weekday)
    day_rules = list(DAY_STAR[day]) if isinstance(day, str) else [rule for _, rule in day]
    weekday_rules = (
        [("is", d) for d in WEEKDAY_STAR[weekday]]
        if isinstance(weekday, str)
        else [rule for _, rule in weekday]
    )
    month_text = ",".join(map(str, sorted(months))) if months else "*"

    # When both name values either is enough; when one begins with a star both are needed
    join = all if isinstance(day, str) or isinstance(weekday, str) else any
    start = date(2024, 1, 1)
    expected = [
        one
        for one in (start + timedelta(days=n) for n in range(4 * 366))
        if (not months or one.month in months)
        and join([fits_day(one, day_rules), fits_weekday(one, weekday_rules)])
    ]

    # Then the expression finds the same dates
    try:
        parsed = cron.parse(f"0 0 {day_text} {month_text} {weekday_text}")
    except NeverFires:
        assert expected == []
        return
    found = []
    wall = parsed.next_wall(datetime(2023, 12, 31, 12))
    while wall is not None and wall.date() < start + timedelta(days=4 * 366):
        found.append(wall.date())
        wall = parsed.next_wall(wall)
    assert found == expected


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("0 0 29 2 *", datetime(2096, 3, 1), datetime(2104, 2, 29)),  # 2100 is no leap year
        ("0 0 * 2 MON#5", datetime(2072, 3, 1), datetime(2112, 2, 29)),
        ("0 0 31 2 MON", datetime(2026, 1, 1), datetime(2026, 2, 2)),  # either day field is enough
        ("0 0 L 2 *", datetime(2027, 3, 1), datetime(2028, 2, 29)),
        ("59 59 23 31 12 *", datetime(2026, 12, 31, 23, 59, 58), datetime(2026, 12, 31, 23, 59, 59)),
        ("59 59 23 31 12 *", datetime(2026, 12, 31, 23, 59, 59), datetime(2027, 12, 31, 23, 59, 59)),
    ],
)
def test_rare_dates(expression, after, expected):
    assert cron.parse(expression).next_wall(after) == expected


@pytest.fixture
def often():
    """Threads take turns as often as the interpreter lets them, so that a race has a chance to be seen."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("often")
def test_threads_share_an_expression_without_disturbing_each_other():
    # Given one parsed expression, cached for all, and what each start should lead to
    parsed = cron.parse("0 9 L * FRI#2,MON")
    starts = [datetime(2026, 1, 1) + timedelta(days=17 * n) for n in range(40)]
    expected = [parsed.next_wall(start) for start in starts]
    faults = []

    # When eight threads ask at once, in different orders
    def ask(offset):
        for _ in range(5):
            for i in range(len(starts)):
                at = (i * 7 + offset) % len(starts)
                if parsed.next_wall(starts[at]) != expected[at]:
                    faults.append(at)

    threads = [threading.Thread(target=ask, args=(n * 5,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # Then nobody was answered with another's place
    assert faults == []
