"""Who has a job open for editing just now: told by their pages every few seconds, kept in the cache, never counted on.

A job has a fixed number of places there, each of which one tab holds for as long as it goes on telling. A place is taken
in one step, so two who come at once get two; and a place that nobody renews is free again by itself. Without the cache
nobody is seen, and everybody can work: what may be saved on top of what is for ``expected_version`` to decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

from apps.accounts.models import User
from kernel.clock import utc_now

log = structlog.get_logger(__name__)

LIFE_SECONDS: Final = 40
MOST_TABS: Final = 20
MOST_TABS_OF_A_USER: Final = 5


@dataclass(frozen=True, slots=True)
class Editor:
    """A tab in which a user edits a job. is_dirty: there is something in it that is not saved."""

    user_id: int
    tab: str
    name: str
    since: datetime
    is_dirty: bool


def tell(job_id: UUID, *, by: User, tab: str, is_dirty: bool) -> list[Editor]:
    """This tab has the job open; gives the other tabs, also of the same user, who came first first.

    Where all places are taken, or too many by this user, the tab is not seen by others, but sees them.
    """
    try:
        held: dict[str, Editor] = cache.get_many(_places(job_id))
        own = _place_of(held, by.pk, tab)
        since = held[own].since if own else utc_now()
        editor = Editor(by.pk, tab, by.get_full_name(), since, is_dirty)
        if own:
            cache.set(own, editor, LIFE_SECONDS)
        elif sum(one.user_id == by.pk for one in held.values()) < MOST_TABS_OF_A_USER:
            any(cache.add(place, editor, LIFE_SECONDS) for place in _places(job_id) if place not in held)
    except RedisError as error:
        log.warning("jobs.editors_not_known", error=str(error))
        return []
    return sorted((one for place, one in held.items() if place != own), key=lambda one: one.since)


def leave(job_id: UUID, *, by: User, tab: str) -> None:
    """This tab has the job open no longer."""
    try:
        if own := _place_of(cache.get_many(_places(job_id)), by.pk, tab):
            cache.delete(own)
    except RedisError as error:
        log.warning("jobs.editors_not_known", error=str(error))


def _places(job_id: UUID) -> list[str]:
    return [f"editing:{job_id}:{number}" for number in range(MOST_TABS)]


def _place_of(held: dict[str, Editor], user_id: int, tab: str) -> str | None:
    return next((place for place, one in held.items() if (one.user_id, one.tab) == (user_id, tab)), None)
