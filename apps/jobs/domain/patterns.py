"""Regular expressions that users write, matched in time that grows with the text alone.

Python's own go through every way to take "aaaa" for ``^(a+)+$`` apart, of which each further letter doubles the number.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

import re2

_MOST_BYTES: Final = 1024 * 1024
#: \\uXXXX is JSON schema's way to write a character; RE2's is \\x{XXXX}.
_UNICODE: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\u([0-9a-fA-F]{4})")


class BadPattern(ValueError):
    """Why it is no pattern, in RE2's words."""


def found(pattern: str, text: str) -> bool:
    """Whether the pattern is found anywhere in the text. Raises BadPattern."""
    return _compiled(pattern).search(text) is not None


def check(pattern: str) -> None:
    """Raises BadPattern for what is no pattern, looks around itself or refers to its own groups."""
    _compiled(pattern)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MOST_BYTES
    try:
        return re2.compile(_UNICODE.sub(r"\1\\x{\2}", pattern), options)
    except re2.error as error:
        (reason,) = error.args
        raise BadPattern(
            reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        ) from None
