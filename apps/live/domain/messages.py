"""The words of the protocol (docs/live.md): what clients say, and what they are told."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

MOST_BYTES: Final = 4096
PONG: Final = '{"pong":1}'
_GREATEST: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Join:
    """after, attempt: of a log, what the client holds already. attempt None: not said."""

    topic: str
    after: int = 0
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    topic: str


@dataclass(frozen=True, slots=True)
class Ping:
    pass


def parse(text: str) -> Join | Leave | Ping:
    """What the client said. Raises ValueError."""
    try:
        said = json.loads(text)
    except RecursionError as error:
        raise ValueError("too deep") from error
    match said:
        case {"join": str(topic)}:
            attempt = _number(said, "attempt", least=1)
            return Join(topic, _number(said, "after", least=0) or 0, attempt)
        case {"leave": str(topic)}:
            return Leave(topic)
        case {"ping": _}:
            return Ping()
    raise ValueError("unknown")


def _number(said: dict[str, Any], name: str, *, least: int) -> int | None:
    value = said.get(name)
    if value is None:
        return None
    if type(value) is not int or not least <= value <= _GREATEST:
        raise ValueError(name)
    return value


def encode(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def joined(topic: str) -> str:
    return encode({"topic": topic, "joined": True})


def gap(topic: str) -> str:
    return encode({"topic": topic, "gap": True})


def error(topic: str, *, code: str, detail: str) -> str:
    return encode({"topic": topic, "error": {"code": code, "detail": detail}})


def events(topic: str, encoded: Iterable[str]) -> str:
    """encoded: each event as JSON already: it is the same for every socket that hears of it."""
    return f'{{"topic":{encode(topic)},"events":[{",".join(encoded)}]}}'
