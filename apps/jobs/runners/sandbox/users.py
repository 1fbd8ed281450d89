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
_END: Final = FIRST + SLICE * SLICES
#: To give a folder away, to enter and remove it afterwards, to signal, and to become another user.
_CAPABILITIES: Final = {
    0: "CAP_CHOWN", 1: "CAP_DAC_OVERRIDE", 3: "CAP_FOWNER", 5: "CAP_KILL", 6: "CAP_SETGID", 7: "CAP_SETUID",
}  # fmt: skip


class NoUsersLeft(OSError):
    """All slices of user ids are taken by other workers of this machine."""


def obstacle() -> str:
    """Why scripts can't run under users of their own here; empty when they can."""
    if os.geteuid() != 0:
        return "the worker is not root"
    held = int(_of_self("CapEff").split()[0], 16)
    lacking = [name for bit, name in _CAPABILITIES.items() if not held >> bit & 1]
    if lacking:
        return f"the worker is root, but lacks {', '.join(lacking)}"
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        inside, _, length = map(int, line.split())
        if inside <= FIRST and inside + length >= _END:
            return ""
    return f"this container maps no user ids from {FIRST} to {_END - 1}"


class Users:
    """Slices of user ids, this process's as long as it lives; each id is used again as late as possible."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._slices: dict[int, int] = {}  # number -> the descriptor that locks it
        self._free: deque[int] = deque()
        self._some_free = threading.Condition()
        if not self._take_slice():
            raise NoUsersLeft("no user ids are left for scripts on this machine")

    def take(self) -> int:
        """One that no other run has. Waits when all of the machine's are taken."""
        with self._some_free:
            if not self._free:
                self._take_slice()
            self._some_free.wait_for(lambda: self._free)
            return self._free.popleft()

    def give_back(self, uid: int) -> None:
        with self._some_free:
            self._free.append(uid)
            self._some_free.notify()

    def occupied(self) -> list[int]:
        """Those of ours that processes run as, whoever has left them behind."""
        found = set()
        for name in os.listdir("/proc"):
            if name.isdigit() and (uid := user_of(int(name))) is not None:
                found.add(uid)
        return sorted(uid for uid in found if (uid - FIRST) // SLICE in self._slices)

    def close(self) -> None:
        for descriptor in self._slices.values():
            os.close(descriptor)
        self._slices.clear()

    def _take_slice(self) -> bool:
        for number in range(SLICES):
            if number in self._slices:
                continue
            path = self._folder / f"slice-{number}"
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                continue
            self._slices[number] = descriptor
            self._free.extend(range(FIRST + number * SLICE, FIRST + (number + 1) * SLICE))
            return True
        return False


def user_of(pid: int) -> int | None:
    """The real user id of a process; None when it has gone. Right also where the process hides its owner."""
    try:
        with open(f"/proc/{pid}/status") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("Uid:")), None)
    except OSError:
        return None


def _of_self(field: str) -> str:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(line.split(":", 1)[1] for line in lines if line.startswith(f"{field}:"))
