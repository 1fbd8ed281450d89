"""A request to stop, which a thread can wait for together with descriptors."""

from __future__ import annotations

import os
import threading


class CancelToken:
    """Set once, from any thread; the first reason stands. ``fileno`` is readable from then on."""

    def __init__(self) -> None:
        self._event = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._lock = threading.Lock()
        self._reason = ""

    def set(self, reason: str) -> None:
        with self._lock:
            if not self._reason:
                self._reason = reason
                os.eventfd_write(self._event, 1)

    @property
    def is_set(self) -> bool:
        return bool(self._reason)

    @property
    def reason(self) -> str:
        return self._reason

    def fileno(self) -> int:
        return self._event

    def __del__(self) -> None:
        os.close(self._event)
