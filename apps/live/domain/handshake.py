"""What a client says when it asks for a socket."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Handshake:
    """The headers that matter; a missing one is empty, and so is a host or an origin that is said twice."""

    host: str = ""
    origin: str = ""
    cookie: str = ""
    authorization: str = ""
    accept_language: str = ""

    @classmethod
    def of(cls, headers: Iterable[tuple[bytes, bytes]]) -> Handshake:
        found: dict[str, list[str]] = {}
        for name, value in headers:
            found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        hosts, origins = found.get("host", []), found.get("origin", [])
        return cls(
            host=hosts[0].strip().lower() if len(hosts) == 1 else "",
            origin=origins[0].strip().lower() if len(origins) == 1 else "",
            cookie="; ".join(found.get("cookie", [])),
            authorization=(found.get("authorization") or [""])[0],
            accept_language=(found.get("accept-language") or [""])[0],
        )

    @property
    def token(self) -> str | None:
        """The key of ``Authorization: Token <key>``; empty: the header says something else; None: there is none."""
        if not self.authorization:
            return None
        word, _, key = self.authorization.partition(" ")
        return key.strip() if word.lower() == "token" else ""

    @property
    def is_from_here(self) -> bool:
        """Whether a page of this very host asks: a browser sends its cookies along whoever's page it shows.

        The scheme is not compared: behind a proxy that ends TLS the page's is https, ours is not.
        """
        try:
            origin = urlsplit(self.origin)
        except ValueError:
            return False
        return origin.scheme in ("http", "https") and bool(self.host) and origin.netloc == self.host
