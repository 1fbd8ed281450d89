"""Reading what runs handed back."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q

from apps.jobs.errors import NoResult
from apps.jobs.models import RunResult

_GZIP: Final = 16 + zlib.MAX_WBITS
PIECE_BYTES: Final = 256 * 1024


def of(run_id: UUID) -> dict[str, Any]:
    """The result without its rows as CSV. Raises NoResult."""
    found = (
        RunResult.objects.filter(run_id=run_id)
        .annotate(has_rows_csv=ExpressionWrapper(Q(rows_csv__isnull=False), output_field=BooleanField()))
        .values("attempt", "data", "has_rows_csv")
        .first()
    )
    if found is None:
        raise NoResult
    return dict(found)


def csv_of(run_id: UUID) -> Iterator[bytes]:
    """A query's rows as CSV in UTF-8, unpacked piece by piece. Raises NoResult, at once."""
    packed = RunResult.objects.filter(run_id=run_id).values_list("rows_csv", flat=True).first()
    if packed is None:
        raise NoResult
    return _unpacked(bytes(packed))


def _unpacked(packed: bytes) -> Iterator[bytes]:
    unpack = zlib.decompressobj(_GZIP)
    rest = packed
    while rest and not unpack.eof:
        if piece := unpack.decompress(rest, PIECE_BYTES):
            yield piece
        rest = unpack.unconsumed_tail
    if piece := unpack.flush():
        yield piece
