"""Reading a log from any line on, in blocks of one stream."""

from __future__ import annotations

import pytest

from apps.jobs.selectors import logs
from apps.jobs.services.logs import LogWriter
from kernel.errors import N_
from tests import factories


@pytest.fixture
def log(acme):
    return LogWriter(factories.run().pk, attempt=1, cap_bytes=10_000_000)


def read(
    log: LogWriter, *, after: int = 0, limit_bytes: int = 1_000_000
) -> tuple[list[tuple[int, str, str]], bool]:
    blocks, has_more = logs.read_blocks(log.run_id, attempt=1, after=after, limit_bytes=limit_bytes)
    return [(block.line, block.stream, block.text) for block in blocks], has_more


def test_lines_of_one_stream_are_one_block_across_chunks(log):
    log.write("out", b"a\nb\n")
    log.flush()
    log.write("out", b"c\n")
    log.write("err", b"oops\n")
    log.flush()
    log.write("out", b"d\n")
    log.flush()

    assert read(log) == ([(1, "out", "a\nb\nc\n"), (4, "err", "oops\n"), (5, "out", "d\n")], False)


@pytest.mark.parametrize(
    ("after", "expected"),
    [(0, "abcde"), (1, "bcde"), (2, "cde"), (3, "de"), (5, ""), (99, "")],
)
def test_it_begins_after_any_line(log, after, expected):
    log.write("out", b"a\nb\n")
    log.flush()
    log.write("out", b"c\nd\ne\n")
    log.flush()

    blocks, has_more = read(log, after=after)

    assert "".join(text for _, _, text in blocks).replace("\n", "") == expected
    assert not has_more
    assert not blocks or blocks[0][0] == after + 1


def test_portions_join_without_a_hole_or_a_double(log):
    lines = [f"line {number}" for number in range(1, 2001)]
    for begin in range(0, 2000, 7):
        log.write("out", "".join(f"{line}\n" for line in lines[begin : begin + 7]).encode())
        log.flush()

    found: list[str] = []
    has_more = True
    while has_more:
        blocks, has_more = read(log, after=len(found), limit_bytes=1500)
        assert blocks[0][0] == len(found) + 1
        for _, _, text in blocks:
            assert len(text) <= 1500
            found += text.splitlines()

    assert found == lines


def test_one_line_comes_however_small_the_limit(log):
    log.write("out", b"x" * 9000 + b"\nnext\n")
    log.flush()

    assert read(log, limit_bytes=10) == ([(1, "out", "x" * 9000 + "\n")], True)


def test_many_tiny_blocks_count_as_well(log):
    for _ in range(200):
        log.write("out", b"o\n")
        log.write("err", b"e\n")
    log.flush()

    blocks, has_more = read(log, limit_bytes=1000)

    assert len(blocks) < 20
    assert has_more


def test_the_platforms_own_words_are_sentences(log):
    log.say(
        N_("… %(lines)d lines (%(bytes)d bytes) left out: the log is over its size limit …"), lines=3, bytes=9
    )
    log.say("100 %% sure")
    log.flush()

    said = "… 3 lines (9 bytes) left out: the log is over its size limit …\n100 % sure\n"
    assert read(log) == ([(1, "system", said)], False)


def test_reading_costs_three_queries(log, django_assert_num_queries):
    log.write("out", b"a\n" * 5000)
    log.flush()

    with django_assert_num_queries(3):
        read(log, after=4000)
