"""Reading logs: from any line on, in blocks of one stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import F, Func, IntegerField

from apps.jobs.domain.log_lines import Line, Stream, parse
from apps.jobs.models import LogChunk
from kernel import sentences

#: What a block costs besides its text, in bytes: a reader's limit holds for a log of many tiny blocks, too.
BLOCK_BYTES: Final = 64
_CHUNKS_AT_ONCE: Final = 256


@dataclass(frozen=True, slots=True)
class LogBlock:
    """Consecutive lines of one stream.

    line: the first one's number, from 1. text: whole lines, each ending in a line feed.
    at_ms: when the first one came, since the attempt began.
    """

    attempt: int
    line: int
    text: str
    stream: Stream
    at_ms: int


def read_blocks(run_id: UUID, *, attempt: int, after: int, limit_bytes: int) -> tuple[list[LogBlock], bool]:
    """What is stored of an attempt's log after line ``after``, and whether there is more of it.

    About ``limit_bytes``, at least one line. The platform's own lines come in the active language.
    """
    blocks: list[LogBlock] = []
    pending: list[Line] = []
    size = 0

    def close() -> None:
        if pending:
            text = "".join(f"{line.text}\n" for line in pending)
            first = pending[0]
            blocks.append(LogBlock(attempt, first.number, text, first.stream, first.at_ms))
            pending.clear()

    for line in lines_after(run_id, attempt=attempt, after=after):
        is_new = not pending or pending[-1].stream != line.stream
        cost = len(line.text.encode()) + 1 + (BLOCK_BYTES if is_new else 0)
        if size and size + cost > limit_bytes:
            close()
            return blocks, True
        if is_new:
            close()
        pending.append(line)
        size += cost
    close()
    return blocks, False


def lines_after(run_id: UUID, *, attempt: int, after: int = 0) -> Iterator[Line]:
    """The stored lines of an attempt after line ``after``, read as they are asked for."""
    chunks = LogChunk.objects.filter(run_id=run_id, attempt=attempt)
    first = (
        chunks.filter(first_line__lte=after + 1)
        .order_by("-first_line")
        .values_list("first_line", flat=True)
        .first()
    )
    next_line = first if first is not None else after + 1
    has_more = True
    while has_more:
        places = list(
            chunks.filter(first_line__gte=next_line)
            .annotate(size=Func(F("text"), function="octet_length", output_field=IntegerField()))
            .order_by("first_line")
            .values_list("first_line", "size")[:_CHUNKS_AT_ONCE]
        )
        if not places:
            return
        for start, end in _portions(places):
            for first_line, text in (
                chunks.filter(first_line__range=(start, end))
                .order_by("first_line")
                .values_list("first_line", "text")
            ):
                for line in parse(text, first_line=first_line):
                    if line.number > after:
                        yield said(line)
        has_more, next_line = len(places) == _CHUNKS_AT_ONCE, places[-1][0] + 1


def _portions(places: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """First and last chunk of each query for texts: many small chunks, or one large one."""
    most_bytes = 256 * 1024
    start, end, size = places[0][0], places[0][0], 0
    for first_line, length in places:
        if size and size + length > most_bytes:
            yield start, end
            start, size = first_line, 0
        end = first_line
        size += length
    yield start, end


def said(line: Line) -> Line:
    """The platform's own sentences in the reader's language, on one line; other lines as they are."""
    if line.stream != "system":
        return line
    try:
        sentence = json.loads(line.text)
        text = sentences.render(sentence["t"], sentence["p"])
    except (ValueError, TypeError, KeyError):
        text = line.text
    return Line(line.number, line.at_ms, line.stream, " ".join(text.splitlines()))
