"""Figures that are kept for a while, the longer the more it cost to find them.

At most a fiftieth of the time goes into finding one figure of one tenant, however many people look. What is quick to
find is not kept at all, so that a small tenant's figures are always those of now.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)
T = TypeVar("T")

QUICK_SECONDS: Final = 0.02
FRESH_TIMES: Final = 50
#: How long one that is no longer fresh is shown, to others while one person's request finds it anew.
STALE_SECONDS: Final = 600
#: Who is finding it anew may be gone.
PATIENCE_SECONDS: Final = 30
SETTLED_SECONDS: Final = 6 * 3600


def kept(
    name: str, find: Callable[[], T], *, is_settled: bool = False, clock: Callable[[], float] = time.monotonic
) -> T:
    """What ``find`` finds, now or not long ago. name: of the figure, within the tenant.

    is_settled: it will not change any more. Where the cache is away, it is found each time.
    """
    place = f"monitoring:{name}"
    held = _asked(lambda: cache.get(place))
    if held is not None and (held["until"] > time.time() or not _is_ours_to_find(place)):
        found: T = held["found"]
        return found
    began = clock()
    found = find()
    took = clock() - began
    if took >= QUICK_SECONDS:
        fresh = SETTLED_SECONDS if is_settled else took * FRESH_TIMES
        kept = {"found": found, "until": time.time() + fresh}
        _asked(lambda: cache.set(place, kept, fresh + STALE_SECONDS))
    return found


def _is_ours_to_find(place: str) -> bool:
    return _asked(lambda: cache.add(f"{place}:finding", 1, PATIENCE_SECONDS)) is not False


def _asked(question: Callable[[], Any]) -> Any:
    try:
        return question()
    except RedisError as error:
        log.warning("monitoring.not_kept", error=str(error))
        return None
