"""JSON that PostgreSQL's jsonb takes: it refuses two characters that JSON itself allows."""

from __future__ import annotations

import math
from typing import Any

from kernel.errors import N_


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


class Unstorable(Exception):
    """path: where in the value. sentence: why, a sentence for gettext that takes %(name)s."""

    def __init__(self, path: str, sentence: str) -> None:
        super().__init__(path, sentence)
        self.path = path
        self.sentence = sentence


def refuse_unstorable(value: Any, path: str = "") -> None:
    """Raises Unstorable for the first part of a JSON value that PostgreSQL's jsonb does not take."""
    match value:
        case str():
            _refuse_text(value, path)
        case float() if not math.isfinite(value):
            raise Unstorable(path, N_('"%(name)s" is a number that is too large.'))
        case list():
            for number, item in enumerate(value):
                refuse_unstorable(item, f"{path}.{number}" if path else str(number))
        case dict():
            for key, item in value.items():
                _refuse_text(str(key), path or str(key))
                refuse_unstorable(item, f"{path}.{key}" if path else str(key))


def _refuse_text(text: str, path: str) -> None:
    if "\x00" in text:
        raise Unstorable(path, N_('"%(name)s" contains a null character; remove it.'))
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise Unstorable(path, N_('"%(name)s" contains half a character (a lone surrogate); type it again.'))
