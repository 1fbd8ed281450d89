"""What a platform process does for itself: no script of the same user may look into it."""

from __future__ import annotations

import resource
import sys


def harden_process() -> None:
    """Close this process's memory, environment and descriptors to others of its user; leave no core dump."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import pyprctl

        pyprctl.set_dumpable(False)
