"""One field of a cron expression: numbers, names, ranges, steps, lists, ``L``, ``#`` and ``?``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from apps.scheduling.domain import errors
from kernel.errors import N_, Phrase

LAST: Final = -1  # the nth weekday counted from the end of the month

_NUMBER: Final = re.compile(r"[0-9]+", re.ASCII)
_LAST_WEEKDAY: Final = re.compile(r"L([0-9A-Z]+)|([0-9A-Z]+)L", re.ASCII)
_WORKDAY: Final = re.compile(r"([0-9]+|L)W|W[0-9]+", re.ASCII)
_FROM_LAST: Final = re.compile(r"L-[0-9]+", re.ASCII)
_HASHED: Final = re.compile(r"[HR](\(.*\))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Field:
    """What may stand in one field; ``low`` and ``high`` are inclusive."""

    name: Phrase
    low: int
    high: int
    names: Mapping[str, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return self.high - self.low + 1


WEEKDAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

SECOND: Final = Field(Phrase(N_("second")), 0, 59)
MINUTE: Final = Field(Phrase(N_("minute")), 0, 59)
HOUR: Final = Field(Phrase(N_("hour")), 0, 23)
DAY: Final = Field(Phrase(N_("day of month")), 1, 31)
MONTH: Final = Field(Phrase(N_("month")), 1, 12, {name: i for i, name in enumerate(MONTHS, 1)})
WEEKDAY: Final = Field(Phrase(N_("weekday")), 0, 6, {name: i for i, name in enumerate(WEEKDAYS)})


@dataclass(frozen=True, slots=True)
class Values:
    """A field that has been read.

    values:       the numbers that match, ascending; Sunday is 0. Empty when only ``last_day`` or ``nth`` match.
    is_starred:   written with a leading ``*`` (or ``?``), so that it restricts nothing by itself.
    is_open:      "every" or "every n-th" rather than named values: ``*``, ``*/2``, ``1/2``, or every value there is.
    has_last_day: the last day of the month matches too.
    nth:          (weekday, n) pairs of ``MON#2``; n is LAST for ``5L``.
    """

    text: str
    values: tuple[int, ...]
    is_starred: bool = False
    is_open: bool = False
    has_last_day: bool = False
    nth: frozenset[tuple[int, int]] = frozenset()

    @property
    def is_any(self) -> bool:
        """Says nothing at all: ``*`` or ``?``."""
        return self.text in ("*", "?")


def read(where: Field, text: str) -> Values:
    """Read one field, already in capitals. Raises CronError, naming the field."""
    if text == "?":
        if where not in (DAY, WEEKDAY):
            raise errors.Misplaced(
                N_(
                    "%(where)s: ? can only stand for the day of month or the weekday. Write * for every %(where)s."
                ),
                where=where.name,
            )
        text = "*"
    numbers: set[int] = set()
    nth: set[tuple[int, int]] = set()
    has_last_day = is_open = False
    for item in text.split(","):
        if not item:
            raise errors.EmptyItem(where=where.name, text=text)
        if where is DAY and item == "L":
            has_last_day = True
        elif where is WEEKDAY and (pair := _nth_weekday(item)):
            nth.add(pair)
        else:
            _refuse_other_dialects(where, item)
            found, open_ended = _span(where, item)
            numbers.update(found)
            is_open = is_open or open_ended
    return Values(
        text=text,
        values=tuple(sorted(numbers)),
        is_starred=text.startswith("*"),
        is_open=is_open or len(numbers) == where.size,
        has_last_day=has_last_day,
        nth=frozenset(nth),
    )


def _span(where: Field, item: str) -> tuple[range | list[int], bool]:
    """The numbers of ``5``, ``1-5``, ``*``, each perhaps with ``/step``, and whether the item is open-ended."""
    base, slash, step_text = item.partition("/")
    step = _step(where, item, step_text) if slash else 1
    if base == "*":
        return range(where.low, where.high + 1, step), True
    first_text, dash, last_text = base.partition("-")
    if dash and not (first_text and last_text):
        raise errors.Unreadable(where=where.name, text=item)
    first = _number(where, first_text, item)
    last = _number(where, last_text, item) if dash else where.high if slash else first
    if first == last:
        return [first % 7 if where is WEEKDAY else first], False
    if where is WEEKDAY:
        first %= 7  # 7-2 begins on Sunday; in 5-7 the 7 comes after 5
    if not dash:
        return range(first, last + 1, step), True
    if last < first:  # FRI-MON, 22-2: round the end of the field
        last += where.size
    return [(n - where.low) % where.size + where.low for n in range(first, last + 1, step)], False


def _step(where: Field, item: str, text: str) -> int:
    if not _NUMBER.fullmatch(text) or int(text) == 0:
        raise errors.BadStep(where=where.name, text=item, high=where.size)
    step = int(text)
    if step > where.size:
        raise errors.StepTooLarge(where=where.name, text=item, step=step, size=where.size)
    return step


def _number(where: Field, text: str, item: str) -> int:
    """One value. Weekday 7 is left as it is: in ``5-7`` it has to come after 5."""
    if text in where.names:
        return where.names[text]
    if _NUMBER.fullmatch(text):
        number = int(text)
        if where is WEEKDAY and number == 7:
            return number
        if not where.low <= number <= where.high:
            raise errors.OutOfRange(
                _range_hint(where, number), where=where.name, value=number, low=where.low, high=where.high
            )
        return number
    if text.isalpha():
        raise _unknown_word(where, text)
    raise errors.Unreadable(where=where.name, text=item)


def _range_hint(where: Field, number: int) -> str | None:
    if where is HOUR and number == 24:
        return N_("%(where)s: %(value)s is out of range %(low)s–%(high)s; midnight is 0.")
    if number in (where.high + 1, where.low - 1) and where is not WEEKDAY:
        return N_("%(where)s: %(value)s is out of range %(low)s–%(high)s; counting starts at %(low)s.")
    if where is WEEKDAY and number >= 1970:
        return N_(
            "%(where)s: %(value)s looks like a year, and years are not supported. "
            "Leave it out and set when the trigger starts and ends."
        )
    if where is WEEKDAY:
        return N_("%(where)s: %(value)s is out of range 0–7; Monday is 1, and Sunday is 0 or 7.")
    return None


def _unknown_word(where: Field, text: str) -> errors.CronError:
    if not where.names:
        return errors.NoNames(where=where.name, text=text, low=where.low, high=where.high)
    known = ", ".join(where.names)
    near = difflib.get_close_matches(text[:3], where.names, n=1, cutoff=0.6)
    if near:
        return errors.UnknownName(
            N_("%(where)s: %(text)s is not a name that is known here. Did you mean %(near)s?"),
            where=where.name,
            text=text,
            near=near[0],
            known=known,
        )
    return errors.UnknownName(where=where.name, text=text, known=known)


def _nth_weekday(item: str) -> tuple[int, int] | None:
    """(weekday, n) of ``MON#2``, ``5L`` or ``L5``; None when the item is something else."""
    if "#" in item:
        day, _, nth = item.partition("#")
        if not (day and nth in ("1", "2", "3", "4", "5")) or "-" in day:
            raise errors.BadNth(where=WEEKDAY.name, text=item)
        return _number(WEEKDAY, day, item) % 7, int(nth)
    if item == "L":
        raise errors.BadNth(
            N_("%(where)s: L needs a weekday, for example 5L for the last Friday of the month."),
            where=WEEKDAY.name,
        )
    if (match := _LAST_WEEKDAY.fullmatch(item)) and item not in WEEKDAY.names:
        day = match[1] or match[2]
        if _NUMBER.fullmatch(day) or day in WEEKDAY.names:
            return _number(WEEKDAY, day, item) % 7, LAST
    return None


def _refuse_other_dialects(where: Field, item: str) -> None:
    """Spellings that other schedulers know get a sentence of their own."""
    if "?" in item:
        raise errors.Misplaced(
            N_("%(where)s: ? stands alone or not at all. Write * for every %(where)s."), where=where.name
        )
    if where is DAY and _WORKDAY.fullmatch(item):
        raise errors.Unsupported(
            N_(
                "%(where)s: %(text)s, the nearest working day, is not supported. Write a day, or L for the last one."
            ),
            where=where.name,
            text=item,
        )
    if where is DAY and _FROM_LAST.fullmatch(item):
        raise errors.Unsupported(
            N_(
                "%(where)s: %(text)s, days before the last, is not supported. Write a day, or L for the last one."
            ),
            where=where.name,
            text=item,
        )
    if item == "L" or (where is not WEEKDAY and _LAST_WEEKDAY.fullmatch(item) and _has_digit(item)):
        raise errors.Misplaced(
            N_(
                "%(where)s: %(text)s can't stand here. L is the last day of the month in the field day of month; "
                "5L is the last Friday in the field weekday."
            ),
            where=where.name,
            text=item,
        )
    if "#" in item:
        raise errors.Misplaced(
            N_("%(where)s: %(text)s can't stand here. # belongs to the field weekday, for example MON#2."),
            where=where.name,
            text=item,
        )
    if _HASHED.fullmatch(item.partition("/")[0]):
        raise errors.Unsupported(
            N_(
                "%(where)s: %(text)s, a number that Jenkins would choose, is not supported. Write the number itself."
            ),
            where=where.name,
            text=item,
        )


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)
