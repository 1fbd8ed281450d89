"""Every process of the platform closes itself to scripts that run as its own user."""

from __future__ import annotations

import resource

import psutil
import pytest

from tests.processes import until

pytestmark = pytest.mark.processes


def test_web_worker_and_beat_have_closed_themselves(processes):
    """What the hardening sets, seen from outside: no core dumps. That it also hides the environment needs a second user."""
    processes.web()
    processes.worker()
    processes.beat()
    ours = [psutil.Process(one.pid) for one in processes._running]

    assert len(ours) == 3
    until(lambda: all(one.rlimit(resource.RLIMIT_CORE) == (0, 0) for one in ours), seconds=60)
