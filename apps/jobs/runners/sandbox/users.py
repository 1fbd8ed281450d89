"""A user id for each run, where the platform is root: no two runs at once share one, on the whole machine."""

from __future__ import annotations

import fcntl
import os
import threading
from collections import deque
from pathlib import Path
from typing import Final

FIRST: Final = 40_000
SLICE: Final = 256
SLICES: Final = 78  # up to 59 967, which also lies inside the usual range of a user namespace


class NoUsersLeft(OSError):
    """All slices of user ids are taken by other workers of this machine."""


class Users:
    """One slice of user ids, this process's as long as it lives; each is used again as late as possible."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._free: deque[int] = deque()
        self._some_free = threading.Condition()
        for number in range(SLICES):
            descriptor = os.open(folder / f"slice-{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                continue
            self._lock = descriptor
            self._free.extend(range(FIRST + number * SLICE, FIRST + (number + 1) * SLICE))
            return
        raise NoUsersLeft("no user ids are left for scripts on this machine")

    def take(self) -> int:
        """Waits until one is free."""
        with self._some_free:
            self._some_free.wait_for(lambda: self._free)
            return self._free.popleft()

    def give_back(self, uid: int) -> None:
        with self._some_free:
            self._free.append(uid)
            self._some_free.notify()

    def all(self) -> list[int]:
        """Every id of the slice, for a sweep after a loss."""
        first = min(self._free, default=FIRST)
        start = FIRST + (first - FIRST) // SLICE * SLICE
        return list(range(start, start + SLICE))

    def close(self) -> None:
        os.close(self._lock)
