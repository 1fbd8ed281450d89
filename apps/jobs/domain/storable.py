"""JSON that PostgreSQL's jsonb takes: it refuses two characters that JSON itself allows."""

from __future__ import annotations

from typing import Any


def storable(value: Any) -> Any:
    """The same JSON value with U+FFFD in place of null characters and of halves of surrogate pairs.

    Raises RecursionError for a value nested deeper than Python's stack.
    """
    match value:
        case str():
            text = value.replace("\x00", "\ufffd")
            return (
                text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            )
        case list():
            return [storable(item) for item in value]
        case dict():
            return {storable(key): storable(item) for key, item in value.items()}
        case _:
            return value
