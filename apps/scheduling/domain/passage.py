"""Where wall-clock times meet real time: what a cron expression does when the clocks change.

Named hours ("0 2 * * *") are kept once a day: a time that falls into the gap in spring is served once, at the first
instant after the gap; a time that comes twice in autumn is served at its first coming only.
Open hours ("every hour", "*/2") follow the clock as it really runs: what the gap swallows is skipped, what comes twice
is served twice. Source of the distinction: Vixie cron 4; docs/adr/0004 says where and why this differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from apps.scheduling.domain.cron import Cron

_SECOND: Final = timedelta(seconds=1)


class Passage(StrEnum):
    """How a slot came through a change of clocks."""

    PLAIN = "plain"
    MOVED = "moved"  # its time does not exist: served right after the gap
    SKIPPED = "skipped"  # itself plain, but times before it do not exist and were left out
    ONCE = "once"  # its time comes twice: this is the first, and the only one served
    FIRST = "first"  # its time comes twice and is served twice: the first
    SECOND = "second"  # … and the second


@dataclass(frozen=True, slots=True)
class Turn:
    """One change of clocks: at ``at`` (naive UTC) the offset from UTC goes from ``before`` to ``after``."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def goes_back(self) -> bool:
        return self.after < self.before

    @property
    def from_wall(self) -> datetime:
        """What the clock would show at the turn, were it not changed."""
        return self.at + self.before

    @property
    def to_wall(self) -> datetime:
        """What the clock shows at the turn."""
        return self.at + self.after


@dataclass(frozen=True, slots=True)
class Slot:
    """A due time. ``at``: UTC. ``wall``: the time as the expression means it, naive. ``turn``: unless PLAIN."""

    at: datetime
    wall: datetime
    passage: Passage = Passage.PLAIN
    turn: Turn | None = None


def next_slot(cron: Cron, zone: ZoneInfo, after: datetime) -> Slot | None:
    """The first slot strictly after ``after`` (aware), or None when there is none in the next 50 years."""
    local = after.astimezone(zone)
    wall = local.replace(tzinfo=None, microsecond=0, fold=0)
    if cron.is_hourly:
        return _next_open(cron, zone, wall, is_second_pass=bool(local.fold))
    return _next_named(cron, zone, wall, is_second_pass=bool(local.fold))


def _next_named(cron: Cron, zone: ZoneInfo, wall: datetime, *, is_second_pass: bool) -> Slot | None:
    if is_second_pass and (turn := turn_around(zone, wall)):
        wall = turn.from_wall - _SECOND  # all of the repeated stretch has had its turn
    found = cron.next_wall(wall)
    if found is None:
        return None
    turn = turn_around(zone, found)
    if turn is None:
        return _plain(zone, found)
    if turn.goes_back:
        return Slot(_utc(found - turn.before), found, Passage.ONCE, turn)
    return Slot(_utc(turn.at), found, Passage.MOVED, turn)


def _next_open(cron: Cron, zone: ZoneInfo, wall: datetime, *, is_second_pass: bool) -> Slot | None:
    here = turn_around(zone, wall)
    if here and not is_second_pass:
        found = cron.next_wall(wall)
        if found is not None and found < here.from_wall:
            return Slot(_utc(found - here.before), found, Passage.FIRST, here)
        wall, is_second_pass = here.to_wall - _SECOND, True
    swallowed: Turn | None = None
    while (found := cron.next_wall(wall)) is not None:
        turn = turn_around(zone, found)
        if turn is None:
            slot = _plain(zone, found)
            return Slot(slot.at, found, Passage.SKIPPED, swallowed) if swallowed else slot
        if turn.goes_back:
            if is_second_pass and turn == here:
                return Slot(_utc(found - turn.after), found, Passage.SECOND, turn)
            return Slot(_utc(found - turn.before), found, Passage.FIRST, turn)
        swallowed, wall = turn, turn.to_wall - _SECOND
    return None


def turn_around(zone: ZoneInfo, wall: datetime) -> Turn | None:
    """The change of clocks that makes ``wall`` (naive) missing or double; None for an ordinary time."""
    before = wall.replace(tzinfo=zone, fold=0).utcoffset()
    after = wall.replace(tzinfo=zone, fold=1).utcoffset()
    if before is None or after is None or before == after:
        return None
    low, high = sorted((wall - before, wall - after))  # the turn is in (low, high]
    while high - low > _SECOND:
        middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
        if _utc(middle).astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return Turn(high, before, after)


def _plain(zone: ZoneInfo, wall: datetime) -> Slot:
    return Slot(wall.replace(tzinfo=zone).astimezone(UTC), wall)


def _utc(naive: datetime) -> datetime:
    return naive.replace(tzinfo=UTC)
