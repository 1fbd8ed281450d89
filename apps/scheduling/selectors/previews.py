"""A schedule as its author sees it before it counts: in words, and its next fire times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import translation

from apps.scheduling.domain import phrases, previews, schedules
from apps.scheduling.domain.errors import ScheduleError
from apps.scheduling.domain.passage import Passage
from apps.scheduling.domain.schedules import Schedule
from apps.scheduling.domain.sentences import Sentence

Translate = Callable[[str], str]
MOST: int = 50


@dataclass(frozen=True, slots=True)
class Fire:
    """A fire time to come.

    at:     in the schedule's zone.
    note:   empty, or the code of what the change of clocks does to it: moved, skipped, once, first, second.
    detail: the same as a sentence in the reader's language.
    """

    at: datetime
    note: str
    detail: str


@dataclass(frozen=True, slots=True)
class Preview:
    """words_by_language: the same words in each language that the platform speaks, by its code."""

    words: str
    words_by_language: Mapping[str, str]
    fires: tuple[Fire, ...]


def preview(schedule: Schedule, *, after: datetime, count: int, translate: Translate) -> Preview:
    """The schedule in words and its next ``count`` fires after ``after``; fewer when it is over before.

    Raises ScheduleError or CronError for a schedule that can't be taken.
    """
    check(schedule)
    fires = tuple(
        Fire(
            at=fire.local,
            note="" if fire.kind is Passage.PLAIN else fire.kind.value,
            detail=fire.note.render(translate) if fire.note else "",
        )
        for fire in previews.preview(schedule, after, count)
    )
    sentence = phrases.describe(schedule)
    return Preview(
        words=sentence.render(translate), words_by_language=_in_every_language(sentence), fires=fires
    )


def _in_every_language(sentence: Sentence) -> dict[str, str]:
    spoken = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            spoken[code] = sentence.render(translation.gettext)
    return spoken


def words(schedule: Schedule, translate: Translate) -> str:
    """A stored schedule in words; empty for one that can't be read any more, as after a zone was abolished."""
    try:
        return phrases.describe(schedule).render(translate)
    except ScheduleError:
        return ""


def check(schedule: Schedule) -> None:
    """Raises ScheduleError or CronError; ``field`` is the name of a trigger's column."""
    try:
        schedules.validate(schedule)
    except ScheduleError as error:
        if error.field == "interval":
            error.field = "interval_seconds"
        raise
