"""A cancel token that is set by itself after a while."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from apps.jobs.runners.sandbox import CancelToken


@contextmanager
def stop_after(seconds: float | None) -> Iterator[CancelToken]:
    """Set after so many seconds; never when None."""
    token = CancelToken()
    timer = threading.Timer(seconds or 0, token.set, ["the test"])
    if seconds is not None:
        timer.start()
    try:
        yield token
    finally:
        timer.cancel()
        if seconds is not None:
            timer.join()
