"""The log of one attempt as the page of a run shows it: its last lines, and then what is new."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import F, Max

from apps.jobs.domain.log_lines import Line
from apps.jobs.models import LogChunk
from apps.jobs.selectors import logs

TAIL_LINES = 500
MOST_LINES = 1000  # of one answer


@dataclass(frozen=True)
class Shown:
    """lines: dictionaries of number, time, stream and text. hidden: how many lines come before the first."""

    lines: list[dict[str, Any]]
    hidden: int = 0
    has_more: bool = False

    @property
    def last(self) -> int:
        return self.lines[-1]["number"] if self.lines else 0


def tail(run_id: UUID, *, attempt: int) -> Shown:
    """The last lines that are there now."""
    ends = LogChunk.objects.filter(run_id=run_id, attempt=attempt).annotate(
        end=F("first_line") + F("lines") - 1
    )
    newest = ends.aggregate(newest=Max("end"))["newest"] or 0
    hidden = max(0, newest - TAIL_LINES)
    # what is written meanwhile is left to the page's script
    lines = _shown(islice(logs.lines_after(run_id, attempt=attempt, after=hidden), newest - hidden))
    return Shown(lines, hidden=hidden)


def after(run_id: UUID, *, attempt: int, line: int) -> Shown:
    """The lines that follow a line; ``has_more`` when there are more than fit into one answer."""
    lines = _shown(islice(logs.lines_after(run_id, attempt=attempt, after=line), MOST_LINES + 1))
    return Shown(lines[:MOST_LINES], has_more=len(lines) > MOST_LINES)


def _shown(lines: Iterable[Line]) -> list[dict[str, Any]]:
    return [
        {
            "number": line.number,
            "time": f"{line.at_ms / 1000:.3f}",
            "stream": line.stream,
            "text": line.text,
        }
        for line in lines
    ]
