"""Cron expressions as times on a wall clock, without a time zone; ``passage`` brings in the zone.

Five fields, or six with the seconds FIRST: [second] minute hour day-of-month month weekday. Day of month and weekday
follow Vixie cron: when both name values a date needs to fit one of them; when one begins with ``*`` it has to fit both.
croniter finds the dates. It is given plain dates only: the time of day and what daylight saving does to it are decided
here, because croniter's answers across a change of clocks depend on where the search began.
"""

from __future__ import annotations

import copy
import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from croniter import CroniterBadDateError, croniter

from apps.scheduling.domain import cron_fields, errors
from apps.scheduling.domain.cron_fields import DAY, HOUR, LAST, MINUTE, MONTH, SECOND, WEEKDAY, Values
from kernel.errors import N_

MAX_LENGTH: Final = 255  # characters

MACROS: Final = {
    "@HOURLY": "0 * * * *",
    "@DAILY": "0 0 * * *",
    "@MIDNIGHT": "0 0 * * *",
    "@WEEKLY": "0 0 * * 0",
    "@MONTHLY": "0 0 1 * *",
    "@YEARLY": "0 0 1 1 *",
    "@ANNUALLY": "0 0 1 1 *",
}

_DASHES_AND_COMMAS: Final = str.maketrans(
    dict.fromkeys("‐‑‒–—―−", "-") | {"、": ",", "﹐": ",", "﹑": ",", "∗": "*"}
)
_COMMA: Final = re.compile(r" ?, ?")
_WEEKDAY_NUMBER: Final = re.compile(r"(?<![0-9#/])[0-9]", re.ASCII)  # not the 2 of MON#2 or */2
_LONGEST_WAIT_YEARS: Final = 50  # a fifth Monday in February, over the year 2100, is 40 years away
_ANY_START: Final = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Cron:
    """An expression that has been read. Made by ``parse``; safe to share between threads.

    seconds, minutes, hours: the values that match, ascending.
    is_hourly: the hour field says "every (n-th) hour" instead of naming hours; see ``passage``.
    """

    text: str
    second: Values
    minute: Values
    hour: Values
    day: Values
    month: Values
    weekday: Values
    _calendars: tuple[croniter, ...]

    @property
    def is_hourly(self) -> bool:
        return self.hour.is_open

    def next_wall(self, wall: datetime) -> datetime | None:
        """The first match strictly after ``wall`` (naive, whole seconds) on a clock that is never changed.

        None when no date fits within 50 years. Raises OverflowError at the end of the year 9999.
        """
        today = wall.date()
        day = self._first_date(today)
        if day == today:
            later = self._later_today(wall)
            if later is not None:
                return datetime.combine(today, later)
            day = self._first_date(today + timedelta(days=1))
        if day is None:
            return None
        return datetime.combine(day, time(self.hour.values[0], self.minute.values[0], self.second.values[0]))

    def _later_today(self, wall: datetime) -> time | None:
        hours, minutes, seconds = self.hour.values, self.minute.values, self.second.values
        if wall.hour in hours:
            if wall.minute in minutes and (i := bisect_right(seconds, wall.second)) < len(seconds):
                return time(wall.hour, wall.minute, seconds[i])
            if (i := bisect_right(minutes, wall.minute)) < len(minutes):
                return time(wall.hour, minutes[i], seconds[0])
        if (i := bisect_right(hours, wall.hour)) < len(hours):
            return time(hours[i], minutes[0], seconds[0])
        return None

    def _first_date(self, start: date) -> date | None:
        """The first date that fits, not before ``start``."""
        if not self._calendars:
            return start
        found = (_next_date(calendar, start) for calendar in self._calendars)
        return min((day for day in found if day is not None), default=None)


def tidy(text: str) -> str:
    """The expression as it should be stored: half-width, in capitals, single spaces.

    A space beside a comma goes: nobody means an empty list item. What a Chinese input method or a word processor puts in (full-width digits and punctuation, no-break spaces, long
    dashes, invisible marks) becomes what was meant; control characters become "�", which no field takes.
    """
    text = unicodedata.normalize("NFKC", text.replace("\ufeff", "")).translate(_DASHES_AND_COMMAS)
    text = "".join(_visible(character) for character in text)
    return _COMMA.sub(",", " ".join(text.upper().split()))


def _visible(character: str) -> str:
    if unicodedata.category(character) == "Cf":
        return ""
    return character if character.isprintable() or character.isspace() else "\N{REPLACEMENT CHARACTER}"


@lru_cache(maxsize=4096)
def parse(expression: str) -> Cron:
    """Read an expression. Raises CronError, which names the field and the reason."""
    if len(expression) > MAX_LENGTH:
        raise errors.TooLong(length=len(expression), limit=MAX_LENGTH)
    text = tidy(expression)
    parts = _split(MACROS.get(text, text))
    second = cron_fields.read(SECOND, parts[0] if len(parts) == 6 else "0")
    minute, hour, day, month, weekday = (
        cron_fields.read(where, part)
        for where, part in zip((MINUTE, HOUR, DAY, MONTH, WEEKDAY), parts[-5:], strict=True)
    )
    if len(parts) == 6 and parts[3] == "?" and _WEEKDAY_NUMBER.search(parts[5]):
        raise errors.AmbiguousWeekday(where=WEEKDAY.name, text=parts[5])
    calendars = _calendars(day, month, weekday)
    return Cron(text, second, minute, hour, day, month, weekday, calendars)


def _split(text: str) -> list[str]:
    if not text:
        raise errors.Empty
    if text.startswith("@"):
        if text.startswith("@EVERY"):
            raise errors.UnknownMacro(
                N_("%(text)s is not known. For a fixed distance in time use an interval trigger."),
                text=text.lower(),
            )
        raise errors.UnknownMacro(text=text.lower(), known=", ".join(MACROS).lower())
    parts = text.split(" ")
    if len(parts) < 5:
        raise errors.TooFewFields(count=len(parts))
    if len(parts) == 7:
        raise errors.YearField
    if len(parts) > 6:
        raise errors.TooManyFields(count=len(parts))
    return parts


def _calendars(day: Values, month: Values, weekday: Values) -> tuple[croniter, ...]:
    """One croniter for each way in which a date may fit; none at all when every date fits.

    croniter joins ``#`` and ``L`` with the other day field by "and", and refuses to mix them with plain weekdays, so
    each way is asked for by itself and the earliest answer wins.
    """
    if day.is_any and month.is_any and weekday.is_any:
        return ()
    days = "*" if day.is_any else ",".join([*map(str, day.values), *(["L"] if day.has_last_day else [])])
    weekdays = ["*"] if weekday.is_any else [",".join(map(str, weekday.values))] if weekday.values else []
    if weekday.nth:
        weekdays.append(",".join(f"L{d}" if n == LAST else f"{d}#{n}" for d, n in sorted(weekday.nth)))
    if day.is_starred or weekday.is_starred:
        ways = [(days, w) for w in weekdays]
    else:
        ways = [(days, "*"), *(("*", w) for w in weekdays)]
    months = ",".join(map(str, month.values))
    found = [
        croniter(f"0 0 {d} {months} {w}", day_or=False, max_years_between_matches=_LONGEST_WAIT_YEARS)
        for d, w in ways
    ]
    alive = tuple(calendar for calendar in found if _next_date(calendar, _ANY_START) is not None)
    if not alive:
        raise _never(day, month)
    return alive


def _next_date(calendar: croniter, start: date) -> date | None:
    eve = datetime.combine(start, time()) - timedelta(minutes=1)
    search = copy.copy(calendar)  # it keeps its place in itself, and threads share the cached one
    try:
        return search.get_next(datetime, start_time=eve).date()
    except CroniterBadDateError:
        return None


def _never(day: Values, month: Values) -> errors.NeverFires:
    if day.values and min(day.values) > 29 and not day.has_last_day and not month.is_any:
        return errors.NeverFires(
            N_(
                "%(where)s: %(day)s never comes in month %(month)s, so the expression would never fire. Write L for the last day."
            ),
            where=DAY.name,
            day=day.text,
            month=month.text,
        )
    return errors.NeverFires()
