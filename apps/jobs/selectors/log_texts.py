"""Logs for who looks for something in them, and for who takes them away. Bounded, however long the log is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final
from uuid import UUID

from django.db.models import Func, IntegerField, Q, QuerySet, Sum, Window
from django.utils.translation import gettext

from apps.jobs.domain.log_lines import Line, parse
from apps.jobs.models import LogChunk
from apps.jobs.selectors.logs import LogBlock, lines_after, said

#: How much of a log is taken from the database at once.
STEP_BYTES: Final = 1024 * 1024


def search(
    run_id: UUID, *, attempt: int, words: str, after: int, limit_bytes: int
) -> tuple[list[LogBlock], bool]:
    """The lines after ``after`` that hold ``words``, in any case, and whether there may be more of them.

    The database finds the chunks. The platform's own sentences are stored untranslated, so every chunk with
    such a line is read.
    """
    wanted = words.lower()
    chunks = LogChunk.objects.filter(run_id=run_id, attempt=attempt).filter(
        Q(text__icontains=words) | Q(text__regex=r"(?n)^\d+ s")
    )
    found: list[Line] = []
    size = 0
    next_line = 0
    while step := _stretch(chunks.filter(first_line__gte=next_line), STEP_BYTES):
        for first_line, text in step:
            for line in map(said, parse(text, first_line=first_line)):
                if line.number > after and wanted in line.text.lower():
                    found.append(line)
                    size += len(line.text.encode()) + 1
                    if size >= limit_bytes:
                        return _blocks(found, attempt), True
        next_line = step[-1][0] + 1
    return _blocks(found, attempt), False


def download(run_id: UUID, *, attempt: int | None = None) -> Iterator[str]:
    """The whole log as text, piece by piece; all attempts one after the other, unless one is named.

    Where there are several, a heading stands before each.
    """
    chunks = LogChunk.objects.filter(run_id=run_id).order_by("attempt")
    numbers = list(chunks.values_list("attempt", flat=True).distinct())
    for number in numbers if attempt is None else [attempt]:
        if attempt is None and len(numbers) > 1:
            yield f"=== {gettext('Attempt %(number)d') % {'number': number}} ===\n"
        piece: list[str] = []
        size = 0
        for line in lines_after(run_id, attempt=number):
            piece.append(f"{line.text}\n")
            size += len(line.text)
            if size >= STEP_BYTES // 4:
                yield "".join(piece)
                piece, size = [], 0
        if piece:
            yield "".join(piece)


def _stretch(chunks: QuerySet[LogChunk], limit_bytes: int) -> list[tuple[int, str]]:
    """first_line and text of the first chunks that together reach the limit; one query."""
    length = Func("text", function="octet_length", output_field=IntegerField())
    before = Window(Sum(length), order_by="first_line") - length
    rows = chunks.order_by("first_line").annotate(before=before).filter(before__lt=limit_bytes)
    return list(rows.values_list("first_line", "text"))


def _blocks(lines: list[Line], attempt: int) -> list[LogBlock]:
    """Neighbours of one stream are one block."""
    blocks = []
    for _, group in groupby(
        enumerate(lines), key=lambda place: (place[1].stream, place[1].number - place[0])
    ):
        members = [line for _, line in group]
        first = members[0]
        text = "".join(f"{line.text}\n" for line in members)
        blocks.append(LogBlock(attempt, first.number, text, first.stream, first.at_ms))
    return blocks
