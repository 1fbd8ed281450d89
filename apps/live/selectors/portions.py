"""A log from any place on, in portions that fit into a message."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from django.utils import translation

from apps.jobs.models import LogChunk, Run
from apps.jobs.selectors import logs
from apps.live.domain import messages

PORTION_BYTES: Final = 128 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """How far a listener has come. attempt None: the latest one, once there is one.

    follows: whether it goes on to the attempts after that.
    """

    attempt: int | None
    line: int
    follows: bool


@dataclass(frozen=True, slots=True)
class Portion:
    """blocks: as JSON. place: after them. has_more: more is stored."""

    blocks: tuple[str, ...]
    place: Place
    has_more: bool


def read(run_id: UUID, place: Place, *, language: str, limit_bytes: int = PORTION_BYTES) -> Portion:
    """The next lines after the place, in the language for the platform's own ones."""
    if place.attempt is None:
        latest = Run.objects.filter(pk=run_id).values_list("attempt", flat=True).first()
        if not latest:
            return Portion((), place, has_more=False)
        place = replace(place, attempt=latest)
    assert place.attempt is not None
    with translation.override(language):
        blocks, has_more = logs.read_blocks(
            run_id, attempt=place.attempt, after=place.line, limit_bytes=limit_bytes
        )
    if blocks:
        last = blocks[-1]
        place = replace(place, line=last.line + last.text.count("\n") - 1)
    if not has_more and place.follows:
        later = (
            LogChunk.objects.filter(run_id=run_id, attempt__gt=place.attempt)
            .order_by("attempt")
            .values_list("attempt", flat=True)
            .first()
        )
        if later is not None:
            has_more, place = True, replace(place, attempt=later, line=0)
    texts = (
        messages.encode(
            {
                "attempt": block.attempt,
                "line": block.line,
                "text": block.text,
                "stream": block.stream,
                "at_ms": block.at_ms,
            }
        )
        for block in blocks
    )
    return Portion(tuple(texts), place, has_more)
