"""What a socket can listen to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Kind(StrEnum):
    RUNS = "runs"
    CHANGES = "changes"
    JOB = "job"
    RUN = "run"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class Topic:
    """id: of the job or the run; None for ``runs`` and ``changes``, which are about all that the listener may see."""

    kind: Kind
    id: UUID | None = None

    def __str__(self) -> str:
        return self.kind.value if self.id is None else f"{self.kind.value}:{self.id}"


def parse(name: str) -> Topic | None:
    """The topic of this name, or None. Only the canonical form of an id counts, so a topic has one name."""
    if name in (Kind.RUNS, Kind.CHANGES):
        return Topic(Kind(name))
    kind, _, rest = name.partition(":")
    if kind not in (Kind.JOB, Kind.RUN, Kind.LOG):
        return None
    try:
        found = Topic(Kind(kind), UUID(rest))
    except ValueError:
        return None
    return found if str(found) == name else None
