"""Which folders a script may read besides the system's: never one that the platform's own lie in.

Where scripts share the platform's user, the rules on folders are all that keeps them from its secrets; so a rule
for a large folder is split around what must stay hidden, and an interpreter opens only what belongs to a Python.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path


def around(path: str, hidden: Sequence[str]) -> list[str]:
    """``path``, or where hidden folders lie below it, all its parts that lead to none of them. Follows no links."""
    real = os.path.realpath(path)
    below = [one for one in hidden if is_within(one, real)]
    if not below:
        return [path]
    if real in below:
        return []
    try:
        with os.scandir(real) as entries:
            return [part for one in entries if not one.is_symlink() for part in around(one.path, below)]
    except OSError:
        return []


def of_interpreter(path: str, hidden: Sequence[str]) -> list[str]:
    """The program itself, and the installations or environments of Python that it belongs to."""
    real = os.path.realpath(path)
    homes = (Path(os.path.abspath(path)).parent.parent, Path(real).parent.parent)
    closed = [*hidden, os.path.realpath(os.path.expanduser("~"))]
    return [
        path,
        *(
            str(home)
            for home in dict.fromkeys(homes)
            if _is_python(home) and not any(is_within(one, os.path.realpath(home)) for one in closed)
        ),
    ]


def is_hidden(path: str, hidden: Iterable[str]) -> bool:
    """Whether a path, or what it is a link to, lies in a hidden folder."""
    places = (os.path.abspath(path), os.path.realpath(path))
    return any(is_within(place, one) for place in places for one in hidden)


def is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _is_python(home: Path) -> bool:
    return (home / "pyvenv.cfg").is_file() or any(home.glob("lib/python3*/os.py"))
