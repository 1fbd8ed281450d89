"""What changed from one version of a definition to another."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypedDict

#: Texts longer than this are not compared line by line: the time for it grows with the square of the lines.
MOST_LINES: Final = 5_000
#: Fields whose members are told apart.
_GROUPS: Final = frozenset({"retry", "limits", "env", "headers"})


class Change(TypedDict):
    """One field that differs. field: its path. diff: unified, for texts of several lines; None for the rest."""

    field: str
    before: Any
    after: Any
    diff: str | None


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The fields that differ, by path; a field that one side lacks is None there."""
    left, right = dict(_fields(before)), dict(_fields(after))
    return [
        Change(
            field=path,
            before=left.get(path),
            after=right.get(path),
            diff=_unified(path, left.get(path), right.get(path)),
        )
        for path in sorted(left.keys() | right.keys())
        if left.get(path) != right.get(path)
    ]


def _fields(definition: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in definition.items():
        if name in _GROUPS and isinstance(value, Mapping):
            yield from ((f"{name}.{key}", inner) for key, inner in value.items())
        else:
            yield name, value


def _unified(path: str, before: Any, after: Any) -> str | None:
    old, new = _text(before).splitlines(), _text(after).splitlines()
    if max(len(old), len(new)) > MOST_LINES or max(len(old), len(new)) < 2:
        return None
    return "\n".join(difflib.unified_diff(old, new, f"a/{path}", f"b/{path}", lineterm="")) + "\n"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
