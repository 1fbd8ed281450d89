"""A schedule read back in plain words, so that its author can see whether it says what was meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import islice, product
from typing import Final

from apps.scheduling.domain import cron, zones
from apps.scheduling.domain.cron import Cron
from apps.scheduling.domain.cron_fields import HOUR, LAST, MINUTE, SECOND, Field, Values
from apps.scheduling.domain.schedules import Schedule
from apps.scheduling.domain.sentences import Sentence, say
from kernel.errors import N_, Phrase

_TIMES_SHOWN: Final = 6  # clock times that are listed one by one
_NAMED_RUN: Final = 3  # from so many neighbours on, a list of values is shown as a range

_WEEKDAYS: Final = (
    Phrase(N_("Sunday")),
    Phrase(N_("Monday")),
    Phrase(N_("Tuesday")),
    Phrase(N_("Wednesday")),
    Phrase(N_("Thursday")),
    Phrase(N_("Friday")),
    Phrase(N_("Saturday")),
)
_MONTHS: Final = (
    Phrase(N_("January")),
    Phrase(N_("February")),
    Phrase(N_("March")),
    Phrase(N_("April")),
    Phrase(N_("May")),
    Phrase(N_("June")),
    Phrase(N_("July")),
    Phrase(N_("August")),
    Phrase(N_("September")),
    Phrase(N_("October")),
    Phrase(N_("November")),
    Phrase(N_("December")),
)
_LIST: Final = "%(all)s"  # nothing to translate but its parts
_NTH: Final = {
    1: N_("the first %(weekday)s"),
    2: N_("the second %(weekday)s"),
    3: N_("the third %(weekday)s"),
    4: N_("the fourth %(weekday)s"),
    5: N_("the fifth %(weekday)s"),
    LAST: N_("the last %(weekday)s"),
}


def describe(schedule: Schedule) -> Sentence:
    """The schedule in words, for example "every day at 09:00". Raises like ``schedules.validate``."""
    if schedule.kind == "cron":
        return _cron(cron.parse(schedule.expression))
    if schedule.kind == "interval" and schedule.interval is not None:
        return _interval(schedule.interval)
    at = schedule.once_at.astimezone(zones.get(schedule.zone)) if schedule.once_at else None
    if at is None:
        return say(N_("never"))
    clock = at.time().isoformat("seconds" if at.second else "minutes")
    return say(N_("once, on %(date)s at %(time)s"), date=at.date().isoformat(), time=clock)


def _interval(interval: timedelta) -> Sentence:
    units = (
        (timedelta(days=1), N_("every day, counted as 24 hours"), N_("every %(count)s days of 24 hours")),
        (timedelta(hours=1), N_("every hour"), N_("every %(count)s hours")),
        (timedelta(minutes=1), N_("every minute"), N_("every %(count)s minutes")),
        (timedelta(seconds=1), N_("every second"), N_("every %(count)s seconds")),
    )
    for unit, one, many in units:
        if interval % unit == timedelta(0):
            return say(one) if interval == unit else say(many, count=interval // unit)
    return say(N_("every %(count)s seconds"), count=f"{interval.total_seconds():g}")


def _cron(it: Cron) -> Sentence:
    days, clocks = _days(it), _clocks(it)
    time = say(N_("at %(times)s"), times=clocks) if clocks else _frequency(it)
    if it.month.is_any:
        if days is not None:
            return say(N_("%(days)s, %(time)s"), days=days, time=time)
        return say(N_("every day %(time)s"), time=time) if clocks else time
    months = _listed(it.month.values, [_MONTHS[n - 1] for n in it.month.values])
    if days is None:
        return say(N_("every day in %(months)s, %(time)s"), months=months, time=time)
    return say(N_("%(days)s, in %(months)s, %(time)s"), days=days, months=months, time=time)


def _clocks(it: Cron) -> tuple[str, ...]:
    """The times of day, when they are few and their hours are named."""
    hours, minutes, seconds = it.hour.values, it.minute.values, it.second.values
    if it.is_hourly or len(hours) * len(minutes) * len(seconds) > _TIMES_SHOWN:
        return ()
    if seconds == (0,):
        return tuple(f"{h:02}:{m:02}" for h, m in product(hours, minutes))
    return tuple(f"{h:02}:{m:02}:{s:02}" for h, m, s in product(hours, minutes, seconds))


def _frequency(it: Cron) -> Sentence:
    pace = _pace(it.second, it.minute)
    if len(it.hour.values) == HOUR.size:
        once_an_hour = it.second.values == (0,) and len(it.minute.values) == 1
        return say(N_("every hour, %(pace)s"), pace=pace) if once_an_hour else pace
    hours = _step(HOUR, it.hour, N_("every hour"), N_("every %(count)s hours"))
    if hours and it.is_hourly:
        return say(N_("%(hours)s, %(pace)s"), hours=hours, pace=pace)
    listed = _listed(it.hour.values, [f"{h:02}" for h in it.hour.values])
    return say(N_("%(pace)s, in the hours %(hours)s"), pace=pace, hours=listed)


def _pace(second: Values, minute: Values) -> Sentence:
    """What happens within an hour."""
    minutes = _step(MINUTE, minute, N_("every minute"), N_("every %(count)s minutes"))
    if second.values == (0,):
        return minutes or say(N_("at minute %(minutes)s"), minutes=_listed(minute.values, minute.values))
    paced = _step(SECOND, second, N_("every second"), N_("every %(count)s seconds"))
    seconds = paced or say(N_("at second %(seconds)s"), seconds=_listed(second.values, second.values))
    if len(minute.values) == MINUTE.size:
        return paced or say(N_("%(seconds)s of every minute"), seconds=seconds)
    listed = _listed(minute.values, minute.values)
    return say(N_("%(seconds)s, in minute %(minutes)s"), seconds=seconds, minutes=listed)


def _step(where: Field, values: Values, one: str, many: str) -> Sentence | None:
    """In words "every n", when the values really are evenly spaced round the whole field."""
    if len(values.values) == where.size:
        return say(one)
    gaps = {b - a for a, b in zip(values.values, values.values[1:], strict=False)}
    if len(gaps) == 1 and values.values[0] == 0 and (step := gaps.pop()) * len(values.values) == where.size:
        return say(many, count=step)
    return None


def _days(it: Cron) -> Sentence | None:
    """Which days; None for every day."""
    dates, weekdays = _dates(it.day), _weekdays(it.weekday)
    if dates is None or weekdays is None:
        return dates or weekdays
    if it.day.is_starred or it.weekday.is_starred:
        return say(N_("%(dates)s, but only if it is %(weekdays)s"), dates=dates, weekdays=weekdays)
    return say(N_("%(dates)s, and also %(weekdays)s"), dates=dates, weekdays=weekdays)


def _dates(day: Values) -> Sentence | None:
    if day.is_any:
        return None
    last: tuple[Sentence, ...] = (say(N_("the last day of the month")),) if day.has_last_day else ()
    if not day.values:
        return last[0]
    numbered = say(N_("day %(days)s of the month"), days=_listed(day.values, day.values))
    return say(_LIST, all=(numbered, *last)) if last else numbered


def _weekdays(weekday: Values) -> Sentence | None:
    if weekday.is_any:
        return None
    week = sorted(weekday.values, key=lambda n: n or 7)  # Monday first, so that SAT,SUN stay together
    parts: list[object] = list(_listed([n or 7 for n in week], [_WEEKDAYS[n] for n in week]))
    parts += [
        say(N_("%(nth)s of the month"), nth=say(_NTH[n], weekday=_WEEKDAYS[d]))
        for d, n in sorted(weekday.nth)
    ]
    return say(_LIST, all=tuple(parts))


def _listed(numbers: Sequence[int], words: Iterable[object]) -> tuple[object, ...]:
    """The words, with runs of neighbouring numbers shortened to "from–to"."""
    named = dict(zip(numbers, words, strict=True))
    parts: list[object] = []
    rest = iter(numbers)
    for first in rest:
        last = first
        while last + 1 in named:
            last += 1
        if last - first + 1 >= _NAMED_RUN:
            parts.append(say(N_("%(first)s–%(last)s"), first=named[first], last=named[last]))
            list(islice(rest, last - first))
        else:
            parts.append(named[first])
    return tuple(parts)
