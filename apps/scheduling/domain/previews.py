"""The next fire times as a person sees them: in the trigger's zone, with a note where the clocks change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from apps.scheduling.domain import schedules, zones
from apps.scheduling.domain.passage import Passage, Slot, Turn
from apps.scheduling.domain.schedules import Schedule
from apps.scheduling.domain.sentences import Sentence, say
from kernel.errors import N_


@dataclass(frozen=True, slots=True)
class Fire:
    """One fire time to come. at: UTC; local: the same instant in the trigger's zone; note: why it is unusual."""

    at: datetime
    local: datetime
    kind: Passage
    note: Sentence | None


def preview(schedule: Schedule, after: datetime, count: int = 10) -> list[Fire]:
    """The next ``count`` fires strictly after ``after``; fewer when the schedule ends before."""
    zone = zones.get(schedule.zone)
    fires: list[Fire] = []
    while len(fires) < count and (slot := schedules.next_slot(schedule, after)):
        fires.append(Fire(slot.at, slot.at.astimezone(zone), slot.passage, _note(slot)))
        after = slot.at
    return fires


def _note(slot: Slot) -> Sentence | None:
    """What the change of clocks means for this slot; None for a plain one."""
    if slot.turn is None:
        return None
    words = {"time": _clock(slot.wall.time()), **_from_and_to(slot.turn)}
    match slot.passage:
        case Passage.MOVED:
            return say(
                N_(
                    "The clocks go forward from %(from)s to %(to)s, so %(time)s does not exist on this day. "
                    "It runs once, right after the change, at %(to)s."
                ),
                **words,
            )
        case Passage.SKIPPED:
            return say(
                N_(
                    "The clocks went forward from %(from)s to %(to)s. The times between do not exist and are skipped: "
                    "the hours are not named, so the schedule follows the clock."
                ),
                **words,
            )
        case Passage.ONCE:
            return say(
                N_(
                    "The clocks go back from %(from)s to %(to)s, so %(time)s comes twice on this day. "
                    "It runs once, the first time."
                ),
                **words,
            )
        case Passage.FIRST:
            return say(
                N_(
                    "The clocks go back from %(from)s to %(to)s, so %(time)s comes twice on this day. "
                    "It runs both times; this is the first."
                ),
                **words,
            )
        case Passage.SECOND:
            return say(
                N_(
                    "The clocks went back from %(from)s to %(to)s, so %(time)s comes twice on this day. "
                    "It runs both times; this is the second."
                ),
                **words,
            )
        case Passage.PLAIN:
            return None


def _from_and_to(turn: Turn) -> dict[str, str]:
    return {"from": _clock(turn.from_wall.time()), "to": _clock(turn.to_wall.time())}


def _clock(moment: time) -> str:
    return moment.isoformat("seconds" if moment.second else "minutes")
