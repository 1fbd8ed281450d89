"""What a process that moves runs tells the processes that hold sockets: ids, and no contents."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass


def channel(database: int, schema: str) -> str:
    """Where one tenant's bulletins are published. database: Valkey's number, which its channels do not know of."""
    return f"jiepai:live:{database}:{schema}"


@dataclass(frozen=True, slots=True)
class Bulletin:
    """events: (run, job, event id). logs: runs whose log grew. has_gap: some bulletins before this one were lost."""

    events: tuple[tuple[str, str, int], ...] = ()
    logs: tuple[str, ...] = ()
    has_gap: bool = False


def read(data: bytes) -> Bulletin:
    """Raises ValueError for what is no bulletin."""
    try:
        said = json.loads(data)
        events = tuple((str(run), str(job), int(event)) for run, job, event in said.get("events", ()))
        return Bulletin(events, tuple(map(str, said.get("logs", ()))), bool(said.get("gap")))
    except (AttributeError, TypeError) as error:
        raise ValueError(f"not a bulletin: {data[:80]!r}") from error


def write(
    *, events: Iterable[tuple[object, object, int]] = (), logs: Iterable[object] = (), has_gap: bool = False
) -> bytes:
    said: dict[str, object] = {}
    if rows := [(str(run), str(job), event) for run, job, event in events]:
        said["events"] = rows
    if runs := [str(run) for run in logs]:
        said["logs"] = runs
    if has_gap:
        said["gap"] = True
    return json.dumps(said, separators=(",", ":")).encode()
