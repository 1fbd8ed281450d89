"""The rows of one statement: a preview in JSON and all of them, up to the caps, as gzip-compressed CSV."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from apps.jobs.runners.sql.values import to_json, to_text

_COMPRESSION: Final = 6


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Caps:
    """What a result may hold at most. Bytes of CSV before compression, bytes of JSON for the preview."""

    rows: int
    preview_rows: int = 100
    preview_bytes: int = 512 * 1024
    csv_bytes: int = 64 * 1024 * 1024


@dataclass(slots=True)
class Table:
    """Takes rows one at a time and keeps no more than the caps allow."""

    statement: int
    columns: Sequence[Column]
    caps: Caps
    row_count: int = 0
    is_truncated: bool = False
    preview: list[list[Any]] = field(default_factory=list)
    _preview_size: int = 0
    _preview_full: bool = False
    _csv_rows: int = 0
    _csv_size: int = 0
    _csv_full: bool = False
    _packed: io.BytesIO = field(default_factory=io.BytesIO)
    _gzip: gzip.GzipFile = field(init=False)

    def __post_init__(self) -> None:
        # mtime 0: the same rows give the same bytes
        self._gzip = gzip.GzipFile(fileobj=self._packed, mode="wb", compresslevel=_COMPRESSION, mtime=0)
        self._write(column.name for column in self.columns)

    def add(self, row: Sequence[Any]) -> bool:
        """Take one row; False, and the row is dropped, when it is one more than the cap."""
        if self.row_count >= self.caps.rows:
            self.is_truncated = True
            return False
        self.row_count += 1
        self._preview(row)
        if not self._csv_full and self._write(to_text(value) for value in row):
            self._csv_rows += 1
        return True

    def describe(self) -> dict[str, Any]:
        """The result as JSON: ``truncated`` means that there were more than ``row_count`` rows."""
        return {
            "statement": self.statement,
            "columns": [{"name": column.name, "type": column.type} for column in self.columns],
            "rows": self.preview,
            "row_count": self.row_count,
            "truncated": self.is_truncated,
            "csv_rows": self._csv_rows,
        }

    def packed_csv(self) -> bytes:
        """RFC 4180 in UTF-8, gzip-compressed. A last line says so when rows are missing. Call it once, at the end."""
        if self._csv_full or self.is_truncated:
            line = f"# truncated after {self._csv_rows} rows\r\n"
            self._gzip.write(line.encode())
        self._gzip.close()
        return self._packed.getvalue()

    def _preview(self, row: Sequence[Any]) -> None:
        if self._preview_full or len(self.preview) >= self.caps.preview_rows:
            return
        cells = [to_json(value) for value in row]
        self._preview_size += len(json.dumps(cells, ensure_ascii=False).encode("utf-8", "replace"))
        if self._preview_size > self.caps.preview_bytes:
            self._preview_full = True
        else:
            self.preview.append(cells)

    def _write(self, cells: Iterable[str]) -> bool:
        line = io.StringIO(newline="")
        csv.writer(line).writerow(list(cells))
        data = line.getvalue().encode("utf-8", "replace")
        self._csv_size += len(data)
        if self._csv_size > self.caps.csv_bytes:
            self._csv_full = True
            return False
        self._gzip.write(data)
        return True
