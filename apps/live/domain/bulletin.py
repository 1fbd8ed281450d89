"""What a process that changes something tells the processes that hold sockets: ids, and no contents."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


def channel(database: int, schema: str) -> str:
    """Where one tenant's bulletins are published. database: Valkey's number, which its channels do not know of."""
    return f"jiepai:live:{database}:{schema}"


class Change(NamedTuple):
    """Somebody did something to a job, a trigger or a datasource, of which there may be no row any more.

    kind: "job", "trigger" or "datasource". job: a trigger's. version: a job's current one. by: the user's id.
    """

    kind: str
    id: str
    job: str | None
    what: str
    version: int | None
    by: int
    at: str


@dataclass(frozen=True, slots=True)
class Bulletin:
    """events: (run, job, event id). logs: runs whose log grew. has_gap: some bulletins before this one were lost."""

    events: tuple[tuple[str, str, int], ...] = ()
    logs: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    has_gap: bool = False


def read(data: bytes) -> Bulletin:
    """Raises ValueError for what is no bulletin."""
    try:
        said = json.loads(data)
        events = tuple((str(run), str(job), int(event)) for run, job, event in said.get("events", ()))
        changes = tuple(Change(*change) for change in said.get("changes", ()))
        return Bulletin(events, tuple(map(str, said.get("logs", ()))), changes, bool(said.get("gap")))
    except (AttributeError, TypeError) as error:
        raise ValueError(f"not a bulletin: {data[:80]!r}") from error


def write(
    *,
    events: Iterable[tuple[object, object, int]] = (),
    logs: Iterable[object] = (),
    changes: Iterable[Change] = (),
    has_gap: bool = False,
) -> bytes:
    said: dict[str, object] = {}
    if rows := [(str(run), str(job), event) for run, job, event in events]:
        said["events"] = rows
    if runs := [str(run) for run in logs]:
        said["logs"] = runs
    if done := list(changes):
        said["changes"] = done
    if has_gap:
        said["gap"] = True
    return json.dumps(said, separators=(",", ":")).encode()
