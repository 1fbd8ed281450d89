"""A stop signal as a run's cancel token is one: readable from the moment it is set."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Stop:
    def __init__(self) -> None:
        self._fd = os.eventfd(0, os.EFD_NONBLOCK)

    def fileno(self) -> int:
        return self._fd

    def set(self) -> None:
        os.eventfd_write(self._fd, 1)

    def close(self) -> None:
        os.close(self._fd)

    @classmethod
    @contextmanager
    def after(cls, seconds: float | None) -> Iterator[Stop]:
        """Set after so many seconds; never when None."""
        stop = cls()
        timer = threading.Timer(seconds or 0, stop.set)
        if seconds is not None:
            timer.start()
        try:
            yield stop
        finally:
            timer.cancel()
            if seconds is not None:
                timer.join()
            stop.close()
