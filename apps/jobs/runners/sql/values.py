"""A database's values as JSON and as CSV cells, without losing what they say."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from apps.jobs.domain.storable import storable

MAX_CELL_CHARACTERS: Final = 10_000
_MAX_EXACT_INTEGER: Final = 2**53 - 1  # what a reader of JSON may count on (RFC 8259, section 6)


def to_json(value: Any) -> Any:
    """The value in JSON: numbers that JSON can't hold exactly, and everything it does not know, as text.

    Decimal and large integers in digits, NaN and Infinity by name, times in ISO 8601, bytes in base64;
    a text beyond MAX_CELL_CHARACTERS is cut and ends in "…".
    """
    return _plain(value, most=MAX_CELL_CHARACTERS)


def to_text(value: Any) -> str:
    """The value as a CSV cell: NULL is empty, the rest as in ``to_json`` but never cut."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float() if not math.isfinite(value):
            return _name_of(value)
        case Decimal():
            return format(value, "f") if value.is_finite() else _name_of(float(value))
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return _duration(value)
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(bytes(value)).decode("ascii")
        case list() | tuple() | Mapping():
            return json.dumps(_plain(value, most=None), ensure_ascii=False)
        case _:
            return str(value)


def _plain(value: Any, *, most: int | None) -> Any:
    match value:
        case None | bool():
            return value
        case int():
            return value if abs(value) <= _MAX_EXACT_INTEGER else str(value)
        case float():
            return value if math.isfinite(value) else _name_of(value)
        case list() | tuple():
            return [_plain(item, most=most) for item in value]
        case Mapping():
            return {str(key): _plain(item, most=most) for key, item in value.items()}
        case _:
            return _cut(to_text(value), most)


def _name_of(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _duration(value: timedelta) -> str:
    """ISO 8601 with days and seconds, such as "P1DT3600.5S"; "-" in front when negative."""
    size = abs(value)
    seconds = f"{size.seconds}.{size.microseconds:06d}".rstrip("0").rstrip(".")
    return f"{'-' if value < timedelta(0) else ''}P{size.days}DT{seconds}S"


def _cut(text: str, most: int | None) -> str:
    if most is not None and len(text) > most:
        text = text[: most - 1] + "…"
    whole: str = storable(text)
    return whole
