"""The answer to an HTTP job's request: as much of it as is kept."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, Final

import httpx

from apps.jobs.domain import masking
from apps.jobs.domain.storable import storable

MAX_PREVIEW_CHARACTERS: Final = 10_000
MAX_JSON_BYTES: Final = 256 * 1024
_SHOWN_HEADERS: Final = frozenset(
    {
        "cache-control", "content-encoding", "content-language", "content-length", "content-type", "date",
        "etag", "expires", "last-modified", "location", "retry-after", "server", "x-request-id",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """url: the last one, after redirects. body: after decompression, at most the cap."""

    url: str
    status: int
    http_version: str
    headers: httpx.Headers
    body: bytes
    is_truncated: bool
    redirects: int
    elapsed_ms: int
    encoding: str

    @classmethod
    async def read(cls, response: httpx.Response, *, most: int, redirects: int, begun: float) -> Answer:
        """Read the body up to ``most`` bytes and close. begun: time.monotonic() of the start."""
        body = bytearray()
        try:
            async for part in response.aiter_bytes():
                body += part[: most + 1 - len(body)]
                if len(body) > most:
                    break
        finally:
            await response.aclose()
        return cls(
            url=str(response.url),
            status=response.status_code,
            http_version=response.http_version,
            headers=response.headers,
            body=bytes(body[:most]),
            is_truncated=len(body) > most,
            redirects=redirects,
            elapsed_ms=round((time.monotonic() - begun) * 1000),
            encoding=response.charset_encoding or "utf-8",
        )

    def describe(self) -> dict[str, Any]:
        """The result as JSON. ``json`` when the body is JSON and small, else ``body``: its text, perhaps cut.

        A body that is no text has neither.
        """
        result: dict[str, Any] = {
            "status": self.status,
            "url": masking.url(self.url),
            "http_version": self.http_version,
            "redirects": self.redirects,
            "headers": {
                name: masking.url(value) if name == "location" else storable(value)
                for name, value in self.headers.items()
                if name in _SHOWN_HEADERS
            },
            "bytes": len(self.body),
            "truncated": self.is_truncated,
            "elapsed_ms": self.elapsed_ms,
        }
        found, value = self._json()
        if found:
            result["json"] = value
        elif (text := self._text()) is not None:
            result["body"] = storable(text[:MAX_PREVIEW_CHARACTERS])
            result["body_cut"] = len(text) > MAX_PREVIEW_CHARACTERS
        return result

    def _json(self) -> tuple[bool, Any]:
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        is_json = kind == "application/json" or kind.endswith("+json")
        if not is_json or self.is_truncated or len(self.body) > MAX_JSON_BYTES:
            return False, None
        try:
            return True, storable(json.loads(self.body, parse_constant=str))
        except (ValueError, RecursionError):
            return False, None

    def _text(self) -> str | None:
        try:
            return self.body.decode(self.encoding, "replace" if self.is_truncated else "strict")
        except LookupError:
            return self.body.decode("utf-8", "replace")
        except UnicodeDecodeError:
            is_text = self.headers.get("content-type", "").startswith("text/")
            return self.body.decode(self.encoding, "replace") if is_text else None
