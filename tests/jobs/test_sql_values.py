"""Values of databases in JSON and in CSV: nothing is lost, nothing swells."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from apps.jobs.runners.sql.table import Caps, Column, Table
from apps.jobs.runners.sql.values import MAX_CELL_CHARACTERS, to_json, to_text


@pytest.mark.parametrize(
    ("value", "in_json", "in_csv"),
    [
        (None, None, ""),
        (True, True, "true"),
        (7, 7, "7"),
        (2**53, "9007199254740992", "9007199254740992"),
        (-(2**53) + 1, -9007199254740991, "-9007199254740991"),
        (0.5, 0.5, "0.5"),
        (float("nan"), "NaN", "NaN"),
        (float("-inf"), "-Infinity", "-Infinity"),
        (Decimal("1.10"), "1.10", "1.10"),
        (Decimal("1E+3"), "1000", "1000"),
        (Decimal("NaN"), "NaN", "NaN"),
        ("a\x00b\ud800", "a\ufffdb\ufffd", "a\x00b\ud800"),
        (b"\x00\xff", "AP8=", "AP8="),
        (memoryview(b"a"), "YQ==", "YQ=="),
        (date(2026, 1, 2), "2026-01-02", "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05+00:00"),
        (time(3, 4), "03:04:00", "03:04:00"),
        (timedelta(days=1, seconds=2, microseconds=500_000), "P1DT2.5S", "P1DT2.5S"),
        (timedelta(seconds=-10), "-P0DT10S", "-P0DT10S"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000001"),
        ([1, Decimal("2.0"), [None]], [1, "2.0", [None]], '[1, "2.0", [null]]'),
        ({"a": float("inf")}, {"a": "Infinity"}, '{"a": "Infinity"}'),
    ],
)
def test_a_value_keeps_what_it_says(value, in_json, in_csv):
    assert to_json(value) == in_json
    assert to_text(value) == in_csv
    json.dumps(to_json(value), allow_nan=False)


def test_a_long_text_is_cut_in_the_preview_and_whole_in_the_csv():
    assert to_json("x" * (MAX_CELL_CHARACTERS + 1)) == "x" * (MAX_CELL_CHARACTERS - 1) + "…"
    assert to_json("x" * MAX_CELL_CHARACTERS) == "x" * MAX_CELL_CHARACTERS
    assert len(to_text("x" * 100_000)) == 100_000


def table(**caps) -> Table:
    return Table(1, [Column("n", "int"), Column("text", "text")], Caps(**{"rows": 1000, **caps}))


def rows_of(packed: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(gzip.decompress(packed).decode(), newline="")))


def test_a_table_gives_a_preview_and_all_rows_as_csv():
    made = table(preview_rows=2)
    for number in range(4):
        assert made.add((number, 'a "b"\n,c'))

    assert made.describe() == {
        "statement": 1,
        "columns": [{"name": "n", "type": "int"}, {"name": "text", "type": "text"}],
        "rows": [[0, 'a "b"\n,c'], [1, 'a "b"\n,c']],
        "row_count": 4,
        "truncated": False,
        "csv_rows": 4,
    }
    assert rows_of(made.packed_csv()) == [["n", "text"], *([str(n), 'a "b"\n,c'] for n in range(4))]


def test_the_row_after_the_cap_is_not_taken_and_the_csv_says_so():
    made = table(rows=2)

    assert [made.add((n, "x")) for n in range(3)] == [True, True, False]

    assert (made.row_count, made.is_truncated) == (2, True)
    assert rows_of(made.packed_csv())[-2:] == [["1", "x"], ["# truncated after 2 rows"]]


def test_a_csv_that_grows_too_large_ends_with_the_number_of_its_rows():
    made = table(csv_bytes=100)
    for number in range(50):
        assert made.add((number, "0123456789"))

    described = made.describe()
    assert (described["row_count"], described["truncated"]) == (50, False)
    rows = rows_of(made.packed_csv())
    assert rows[-1] == [f"# truncated after {described['csv_rows']} rows"]
    assert len(rows) == 1 + described["csv_rows"] + 1 < 12


def test_a_preview_that_grows_too_large_ends_early():
    made = table(preview_bytes=1000)
    for number in range(50):
        made.add((number, "x" * 90))

    assert len(made.describe()["rows"]) == 10


def test_the_same_rows_give_the_same_bytes():
    def packed() -> bytes:
        made = table()
        made.add((1, "x"))
        return made.packed_csv()

    assert packed() == packed()
