"""From raw output to lines: nothing is lost but what the cap leaves out, and that is said."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from apps.jobs.domain.log_lines import MAX_LINE_BYTES, LineCutter, parse

MARKER = "%(lines)d lines (%(bytes)d bytes) left out"


def _cutter(cap: int = 10**6) -> LineCutter:
    return LineCutter(cap_bytes=cap, clock=lambda: 1.5)


def _texts(lines: list[str]) -> list[str]:
    return [line.text for line in parse("".join(lines), first_line=1)]


def test_lines_are_whole_however_the_output_arrives():
    cutter = _cutter()
    lines = cutter.feed("out", b"one\ntw") + cutter.feed("err", b"bad\n") + cutter.feed("out", b"o\nthree")
    lines += cutter.close(MARKER)

    parsed = list(parse("".join(lines), first_line=7))
    assert [(line.number, line.stream, line.text) for line in parsed] == [
        (7, "out", "one"), (8, "err", "bad"), (9, "out", "two"), (10, "out", "three"),
    ]  # fmt: skip
    assert {line.at_ms for line in parsed} == {1500}


def test_what_is_not_utf8_and_null_characters_are_shown_not_lost():
    cutter = _cutter()

    assert _texts(cutter.feed("out", b"caf\xe9 \x00 \xe4\xb8\xad\r\n")) == ["caf\\xe9 \\x00 中"]


def test_a_line_without_end_is_cut_between_characters():
    cutter = _cutter()
    text = "中" * MAX_LINE_BYTES
    lines = cutter.feed("out", text.encode()) + cutter.close(MARKER)

    assert "".join(_texts(lines)) == text
    assert max(len(line.encode()) for line in _texts(lines)) <= MAX_LINE_BYTES


def test_past_the_cap_the_end_is_kept_and_the_marker_says_what_is_missing():
    cutter = _cutter(cap=1000)
    lines = []
    for number in range(50_000):
        lines += cutter.feed("out", b"line %d\n" % number)
    lines += cutter.close(MARKER)

    parsed = list(parse("".join(lines), first_line=1))
    kept = [line.text for line in parsed if line.stream == "out"]
    (marker,) = [line for line in parsed if line.stream == "system"]
    assert kept[0] == "line 0"
    assert kept[-1] == "line 49999"
    missing = 50_000 - len(kept)
    assert f'"lines": {missing}' in marker.text
    assert len("".join(lines)) < 1000 * 3 + 64 * 1024 + 200


def test_output_just_under_the_cap_has_no_marker():
    cutter = _cutter(cap=1000)
    lines = cutter.feed("out", b"x" * 99 + b"\n") + cutter.close(MARKER)

    assert _texts(lines) == ["x" * 99]


@given(st.lists(st.binary(max_size=200), max_size=30))
def test_the_pieces_in_which_output_arrives_do_not_matter(pieces):
    """However the output is cut on its way, the lines are the same."""
    whole, split = _cutter(10**9), _cutter(10**9)
    data = b"".join(pieces)
    in_one = whole.feed("out", data) + whole.close(MARKER)
    in_many = [line for piece in pieces for line in split.feed("out", piece)] + split.close(MARKER)

    assert _texts(in_one) == _texts(in_many)
