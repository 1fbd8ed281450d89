"""Sees to the totals of a run's process tree, which no limit of a single process holds."""

from __future__ import annotations

import os
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from apps.jobs.runners.sandbox.users import user_of

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
#: What a file costs at least, however empty: it takes an inode.
_LEAST_FILE_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Tree:
    """The processes of a run. resident_bytes: pages that several of them share are counted in each."""

    pids: tuple[int, ...]
    resident_bytes: int

    def memory_bytes(self) -> int:
        """With shared pages counted once. Costly: milliseconds for a large process."""
        return sum(map(_proportional, self.pids))


def tree(main: int, *, uid: int | None, zygote: int, others: AbstractSet[int]) -> Tree:
    """A run's processes: those below ``main`` and, by user, those that lost their parent to the fork server.

    others: the main processes of other runs, which need not be asked whose they are.
    """
    roots = [main]
    if uid is not None:
        roots += [
            pid for pid in children(zygote) if pid not in others and pid != main and user_of(pid) == uid
        ]
    pids: list[int] = []
    total = 0
    while roots:
        pid = roots.pop()
        pids.append(pid)
        total += _resident(pid)
        roots += children(pid)
    return Tree(tuple(pids), total)


def folder_bytes(folder: str) -> int:
    """Bytes on disk below a folder; what vanishes meanwhile is not counted. Follows no links."""
    total = 0
    folders = [folder]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    try:
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(entry.path)
                        size = entry.stat(follow_symlinks=False).st_blocks * 512
                        total += max(size, _LEAST_FILE_BYTES)
                    except OSError:
                        continue
        except OSError:
            continue
    return total


def out_of_memory_kills() -> int:
    """How many processes the kernel has killed for want of memory since it started; 0 where it does not say."""
    try:
        with open("/proc/vmstat") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("oom_kill ")), 0)
    except OSError:
        return 0


def tasks_of_user() -> int:
    """How many threads this process's user has."""
    total = 0
    mine = os.getuid()
    for name in os.listdir("/proc"):
        if name.isdigit() and user_of(int(name)) == mine:
            try:
                total += len(os.listdir(f"/proc/{name}/task"))
            except OSError:
                continue
    return total


def children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                found += [int(word) for word in file.read().split()]
    except OSError:
        pass
    return found


def _resident(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * _PAGE
    except OSError:
        return 0


def _proportional(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return next((int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:")), 0)
    except OSError:
        return _resident(pid)
