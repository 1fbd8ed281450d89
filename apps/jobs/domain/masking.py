"""What of a request or an environment may be shown: names and values, but no secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

MASK: Final = "•••"
_SECRET_HEADERS: Final = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-amz-security-token"}
)
_SECRET_WORDS: Final = re.compile(
    r"(?:^|[-_.])(?:api-?_?key|auth|key|passwd|password|pwd|secret|sig|signature|token)(?:$|[-_.])|"
    r"(?:token|secret|password|apikey)$",
    re.IGNORECASE,
)

_WITH_PASSWORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/\s]*@")


def is_secret(name: str) -> bool:
    """Whether the value under this name of a header, a variable or a query parameter is likely a secret."""
    return name.lower() in _SECRET_HEADERS or _SECRET_WORDS.search(name) is not None


def headers(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, MASK if is_secret(name) else value) for name, value in pairs]


def values(variables: Mapping[str, str]) -> dict[str, str]:
    """Of variables, also an address with a password in it is masked as one."""
    return {
        name: MASK if is_secret(name) else url(value) if _WITH_PASSWORD.match(value) else value
        for name, value in variables.items()
    }


def url(address: str) -> str:
    """The address without user, password and secret query values. What can't be read as a URL is hidden whole."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return MASK
    netloc = parts.netloc.rpartition("@")[2]
    if "@" in parts.netloc:
        netloc = f"{MASK}@{netloc}"
    query = parts.query
    pairs = parse_qsl(query, keep_blank_values=True)
    if any(is_secret(name) for name, _ in pairs):
        query = "&".join(f"{quote(k)}={MASK if is_secret(k) else quote(v)}" for k, v in pairs)
    return urlunsplit((parts.scheme, netloc, parts.path, query, ""))
