"""Sees to the totals of a run's process tree, which no limit of a single process holds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def tree_memory(main: int, *, uid: int | None, zygote: int) -> int:
    """Bytes of memory that a run's processes hold: those below ``main`` and, by user, those that lost their parent."""
    roots = [main]
    if uid is not None:
        roots += [pid for pid in _children(zygote) if pid != main and _uid(pid) == uid]
    total = 0
    while roots:
        pid = roots.pop()
        total += _resident(pid)
        roots += _children(pid)
    return total


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
                        else:
                            total += entry.stat(follow_symlinks=False).st_blocks * 512
                    except OSError:
                        continue
        except OSError:
            continue
    return total


def _children(pid: int) -> list[int]:
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
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return 0


def _uid(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/status") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("Uid:")), -1)
    except OSError:
        return -1
