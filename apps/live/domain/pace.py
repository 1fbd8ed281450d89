"""How fast a client may speak."""

from __future__ import annotations

from collections.abc import Callable


class Pace:
    """``burst`` messages at once, then ``rate`` a second. Says how long to wait; whoever waits loses nothing.

    clock: seconds, never going back.
    """

    def __init__(self, *, rate: float, burst: int, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._spent = 0.0
        self._at = clock()

    def wait_for_one(self) -> float:
        """Count one message; the seconds by which it came too early."""
        now = self._clock()
        self._spent = max(0.0, self._spent - (now - self._at) * self._rate) + 1
        self._at = now
        return max(0.0, (self._spent - self._burst) / self._rate)
