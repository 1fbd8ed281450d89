"""How often one user, or one address that is not signed in, may ask.

Counters lie in the cache, whose keys carry the tenant's schema: user 1 of one tenant is not user 1 of another. They
are raised in one step, so that requests at the same time all count. Where the cache is away, nobody is held up.
"""

from __future__ import annotations

import time
from typing import Any

import structlog
from redis.exceptions import RedisError
from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle, UserRateThrottle

log = structlog.get_logger(__name__)


class Windows(SimpleRateThrottle):
    """Counts by windows of the rate's duration, whose beginnings are the same for all."""

    timer = staticmethod(time.time)
    duration: int
    num_requests: int

    def allow_request(self, request: Any, view: Any) -> bool:
        key = self.get_cache_key(request, view)
        if self.rate is None or key is None:
            return True
        self.now = self.timer()
        place = f"{key}:{int(self.now // self.duration)}"
        try:
            self.cache.add(place, 0, self.duration * 2)
            count: int = self.cache.incr(place, self.cost(request))
        except (RedisError, ValueError) as error:  # ValueError: it was evicted between the two
            log.warning("throttle.not_counted", error=str(error))
            return True
        return count <= self.num_requests

    def cost(self, request: Any) -> int:
        """How many requests this one counts as."""
        return 1

    def wait(self) -> float:
        return float(self.duration - self.now % self.duration)


class AnonThrottle(Windows, AnonRateThrottle):
    """Who is not signed in, by address: the rate "anon"."""


class UserThrottle(Windows, UserRateThrottle):
    """Everything that a user asks: the rate "user"."""


class RunThrottle(Windows, UserRateThrottle):
    """Asking for runs: the rate "runs"."""

    scope = "runs"


class HeavyThrottle(Windows, UserRateThrottle):
    """What reads much: searches and downloads of logs and results. The rate "heavy"."""

    scope = "heavy"
