"""Schedules read back in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apps.scheduling.domain import phrases
from apps.scheduling.domain.schedules import Schedule

WORDS = [
    ("* * * * *", "every minute"),
    ("*/5 * * * *", "every 5 minutes"),
    ("0/15 * * * *", "every 15 minutes"),
    ("*/7 * * * *", "at minute 0, 7, 14, 21, 28, 35, 42, 49, 56"),  # not every 7: 4 minutes over the hour
    ("* * * * * *", "every second"),
    ("*/5 * * * * *", "every 5 seconds"),
    ("*/10 30 * * * *", "every 10 seconds, in minute 30"),
    ("5 * * * * *", "at second 5 of every minute"),
    ("@hourly", "every hour, at minute 0"),
    ("0 */2 * * *", "every 2 hours, at minute 0"),
    ("@daily", "every day at 00:00"),
    ("0 9 * * *", "every day at 09:00"),
    ("0,30 15 3 * * *", "every day at 03:15:00, 03:15:30"),
    ("0 9,12,18 * * *", "every day at 09:00, 12:00, 18:00"),
    ("0 9 * * MON-FRI", "Monday–Friday, at 09:00"),
    ("0 9 * * 7", "Sunday, at 09:00"),
    ("0 9 * * FRI-SUN", "Friday–Sunday, at 09:00"),
    ("0 9 * * MON,WED", "Monday, Wednesday, at 09:00"),
    ("*/10 9-17 * * MON-FRI", "Monday–Friday, every 10 minutes, in the hours 09–17"),
    ("0 0 L * *", "the last day of the month, at 00:00"),
    ("0 0 1,15,L * *", "day 1, 15 of the month, the last day of the month, at 00:00"),
    ("0 9 * * 5L,MON#2", "the second Monday of the month, the last Friday of the month, at 09:00"),
    ("0 9 1 JAN,APR-JUN *", "day 1 of the month, in January, April–June, at 09:00"),
    ("0 9 * MAR *", "every day in March, at 09:00"),
    ("0 0 13 * FRI", "day 13 of the month, and also Friday, at 00:00"),
    ("0 0 */10 * FRI", "day 1, 11, 21, 31 of the month, but only if it is Friday, at 00:00"),
]


@pytest.mark.parametrize(("expression", "words"), WORDS)
def test_cron_in_words(expression, words):
    assert str(phrases.describe(Schedule("cron", expression))) == words


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        (timedelta(seconds=1), "every second"),
        (timedelta(seconds=1.5), "every 1.5 seconds"),
        (timedelta(minutes=1), "every minute"),
        (timedelta(seconds=90), "every 90 seconds"),
        (timedelta(hours=36), "every 36 hours"),
        (timedelta(days=1), "every day, counted as 24 hours"),
        (timedelta(days=14), "every 14 days of 24 hours"),
    ],
)
def test_an_interval_in_words(interval, words):
    assert str(phrases.describe(Schedule("interval", interval=interval))) == words


def test_once_in_words_in_its_own_zone():
    schedule = Schedule("once", once_at=datetime(2026, 12, 31, 16, 5, tzinfo=UTC), zone="Asia/Shanghai")

    assert str(phrases.describe(schedule)) == "once, on 2027-01-01 at 00:05"


def test_the_words_are_translated_inside_out():
    chinese = {
        "%(days)s, %(time)s": "%(days)s%(time)s",
        "at %(times)s": " %(times)s",
        "%(first)s–%(last)s": "%(first)s至%(last)s",
        "Monday": "周一",
        "Friday": "周五",
    }

    described = phrases.describe(Schedule("cron", "0 9 * * MON-FRI"))

    assert described.render(lambda text: chinese.get(text, text)) == "周一至周五 09:00"
