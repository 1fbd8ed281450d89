"""Kills all that a script has started, where it has no user of its own that would name them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Set as AbstractSet
from typing import Final, NoReturn

import pyprctl

from apps.jobs.runners.sandbox.watch import children

_ROUNDS: Final = 2000
_LOST: Final = 125


def stay_behind(parent: int) -> int:
    """Become the keeper of the script, which goes on in a new child. Returns the keeper's pid there.

    Descendants that lose their parent become the keeper's; when the script has ended, or the fork server has died,
    it kills them all and ends as the script did.
    """
    pyprctl.set_child_subreaper(True)
    pyprctl.set_pdeathsig(signal.SIGUSR1)
    if os.getppid() != parent:
        os._exit(_LOST)
    keeper = os.getpid()
    script = os.fork()
    if script:
        _keep(script)
    return keeper


def _keep(script: int) -> NoReturn:
    os.closerange(0, 4096)

    def forward(*_: object) -> None:
        with contextlib.suppress(OSError):
            ask(script)

    signal.signal(signal.SIGTERM, forward)
    signal.signal(signal.SIGUSR1, lambda *_: kill_below(os.getpid()))
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    status = 0
    while True:
        try:
            pid, ended = os.waitpid(-1, 0)
        except ChildProcessError:
            break
        if pid == script:
            status = ended
            kill_below(os.getpid())
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else _LOST)


def ask(script: int) -> None:
    """SIGTERM to the script's process group, or to itself while it has none yet. Raises OSError."""
    try:
        os.killpg(script, signal.SIGTERM)
    except ProcessLookupError:
        os.kill(script, signal.SIGTERM)


def kill_below(root: int, *, spare: AbstractSet[int] = frozenset()) -> None:
    """Kill until nothing below ``root`` is alive: what is forked meanwhile is found in a next round.

    spare: children of root that stay, with all that is below them.
    """
    for _ in range(_ROUNDS):
        below = [pid for pid in children(root) if pid not in spare]
        is_clean = True
        while below:
            pid = below.pop()
            below += children(pid)
            is_clean &= not _kill(pid)
        if is_clean:
            return
        time.sleep(0.001)


def _kill(pid: int) -> bool:
    """Whether it was alive, and not just waiting to be reaped."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            if file.read().rsplit(")", 1)[1].split()[0] in "ZX":
                return False
        os.kill(pid, signal.SIGKILL)
    except OSError:
        return False
    return True
