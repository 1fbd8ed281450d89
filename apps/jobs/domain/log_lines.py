"""From a child's raw output to the lines of a log: cut, decoded, counted and capped.

A log keeps its beginning up to a cap and, past it, its last lines: what matters is mostly at either end.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

Stream = Literal["out", "err", "system"]
MAX_LINE_BYTES: Final = 16 * 1024
TAIL_BYTES: Final = 64 * 1024
_TAG: Final = {"out": "o", "err": "e", "system": "s"}
_STREAM: Final[dict[str, Stream]] = {"o": "out", "e": "err", "s": "system"}


@dataclass(frozen=True, slots=True)
class Line:
    """number: counted from 1 within the attempt. at_ms: since the attempt began."""

    number: int
    at_ms: int
    stream: Stream
    text: str


class LineCutter:
    """Collects bytes of two streams and gives back whole lines, encoded for storage.

    clock: seconds since the attempt began. Not thread-safe.
    """

    def __init__(self, *, cap_bytes: int, clock: Callable[[], float]) -> None:
        self._cap = cap_bytes
        self._clock = clock
        self._partial: dict[Stream, bytes] = {"out": b"", "err": b""}
        self._kept = 0
        self._tail: deque[str] = deque()
        self._tail_bytes = 0
        self._dropped_lines = 0
        self._dropped_bytes = 0

    def feed(self, stream: Stream, data: bytes) -> list[str]:
        """Add output. Returns the encoded lines that are complete now and still fit under the cap."""
        data = self._partial[stream] + data
        *whole, rest = data.split(b"\n")
        lines = [piece for line in whole for piece in _pieces(line)]
        while len(rest) > MAX_LINE_BYTES:
            cut = _boundary(rest, MAX_LINE_BYTES)
            lines.append(rest[:cut])
            rest = rest[cut:]
        self._partial[stream] = rest
        at_ms = int(self._clock() * 1000)
        return [kept for line in lines if (kept := self._keep(stream, line, at_ms)) is not None]

    def say(self, template: str, **params: Any) -> str:
        """A line of the platform's own: a sentence for gettext, translated when it is read."""
        return self._encode("system", json.dumps({"t": template, "p": params}), int(self._clock() * 1000))

    def close(self, marker: str) -> list[str]:
        """The last lines: what had no line end, and past the cap the ``marker`` sentence and the tail.

        marker: takes %(bytes)d and %(lines)d, what was left out.
        """
        at_ms = int(self._clock() * 1000)
        last = []
        for stream, rest in self._partial.items():
            if rest and (kept := self._keep(stream, rest, at_ms)) is not None:
                last.append(kept)
        self._partial = {"out": b"", "err": b""}
        if self._dropped_lines:
            last.append(self.say(marker, bytes=self._dropped_bytes, lines=self._dropped_lines))
        last.extend(self._tail)
        self._tail.clear()
        return last

    def _keep(self, stream: Stream, raw: bytes, at_ms: int) -> str | None:
        line = self._encode(stream, _decode(raw), at_ms)
        size = len(raw) + 1
        if self._kept + size <= self._cap and not self._tail:
            self._kept += size
            return line
        self._tail.append(line)
        self._tail_bytes += len(line)
        while self._tail_bytes > TAIL_BYTES and len(self._tail) > 1:
            gone = self._tail.popleft()
            self._tail_bytes -= len(gone)
            self._dropped_lines += 1
            self._dropped_bytes += len(gone.split(" ", 1)[1].encode()) - 1
        return None

    @staticmethod
    def _encode(stream: Stream, text: str, at_ms: int) -> str:
        return f"{at_ms} {_TAG[stream]}{text}\n"


def parse(text: str, *, first_line: int) -> Iterator[Line]:
    """The lines of stored text."""
    for number, line in enumerate(text.split("\n")[:-1], start=first_line):
        at_ms, rest = line.split(" ", 1)
        yield Line(number, int(at_ms), _STREAM[rest[0]], rest[1:])


def _pieces(line: bytes) -> Iterator[bytes]:
    while len(line) > MAX_LINE_BYTES:
        cut = _boundary(line, MAX_LINE_BYTES)
        yield line[:cut]
        line = line[cut:]
    yield line


def _boundary(data: bytes, at: int) -> int:
    """The nearest place at or before ``at`` that does not split a UTF-8 character."""
    for back in range(4):
        if (data[at - back] & 0xC0) != 0x80:
            return at - back
    return at


def _decode(raw: bytes) -> str:
    """Text that PostgreSQL can hold: what is not UTF-8 is shown as \\xNN, and so is the null character."""
    text = raw.removesuffix(b"\r").decode("utf-8", errors="backslashreplace")
    return text.replace("\x00", "\\x00") if "\x00" in text else text
