"""Bodies of requests: JSON of a bounded size and depth, of which every text can be sent back and stored.

What is wrong with one field is its serializer's or its service's affair; here is only what would break both.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from django.conf import settings
from rest_framework.parsers import BaseParser

from kernel.errors import N_, DomainError, Invalid

MOST_LEVELS: Final = 64
_MB: Final = 1024 * 1024
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")


class TooLarge(DomainError):
    code = "request.too_large"
    status = 413
    template = N_("The request is larger than the %(most)d MB that are taken.")


class NotJson(Invalid):
    code = "request.not_json"
    template = N_("The request's body is not JSON: %(reason)s.")


class TooDeep(Invalid):
    code = "request.too_deep"
    template = N_("The request's body is nested more than %(most)d levels deep.")


class HalfACharacter(Invalid):
    code = "request.half_a_character"
    template = N_("The request's body contains half a character (a lone surrogate, such as \\ud800).")


class JsonParser(BaseParser):
    """Raises TooLarge, NotJson, TooDeep, HalfACharacter. DATA_UPLOAD_MAX_MEMORY_SIZE is the largest body.

    Not a subclass of DRF's, for which Django would refuse a body that is too large with a page.
    """

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        raw = _read(stream, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        try:
            value = json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant)
        except UnicodeDecodeError as error:
            raise NotJson(reason=f"byte {error.start} is not UTF-8") from None
        except json.JSONDecodeError as error:
            reason = f"{error.msg[:1].lower()}{error.msg[1:]} (line {error.lineno}, column {error.colno})"
            raise NotJson(reason=reason) from None
        except ValueError as error:
            raise NotJson(reason=str(error)) from None
        except RecursionError:
            raise TooDeep(most=MOST_LEVELS) from None
        if raw.count(b"[") + raw.count(b"{") > MOST_LEVELS and _is_deeper(value, MOST_LEVELS):
            raise TooDeep(most=MOST_LEVELS)
        if _SURROGATE.search(raw):
            _refuse_halves(value)
        return value


def _read(stream: Any, most: int) -> bytes:
    """The whole body. One that is too large is read on for a while, so that its sender hears the answer."""
    raw: bytes = stream.read(most + 1)
    if len(raw) <= most:
        return raw
    for _ in range(4 * most // _MB):
        if not stream.read(_MB):
            break
    raise TooLarge(most=most // _MB)


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is not a JSON value")


def _is_deeper(value: Any, most: int) -> bool:
    level = [value]
    for _ in range(most):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def _refuse_halves(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise HalfACharacter from None
