"""A version of a job as people read it, and what it changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from apps.datasources.models import Datasource
from apps.jobs.admin.forms import OF_KIND, PLACE, JobForm
from apps.jobs.domain import diffs

_COMMON = ["parameters", "env", "timeout_seconds", "retry", *PLACE]


@dataclass(frozen=True)
class Entry:
    """One entry of a definition. ``is_code``: it has lines of its own."""

    label: str
    text: str
    is_code: bool


@dataclass(frozen=True)
class Change:
    """lines: (sign, text), the sign one of "+", "-", " " and "@" for a gap."""

    label: str
    lines: list[tuple[str, str]]


def entries(definition: Mapping[str, Any], kind: str) -> list[Entry]:
    return [
        Entry(label, text, is_code="\n" in text or name in ("source", "statement"))
        for name, label, text in _spelled(definition, kind)
        if text
    ]


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What differs between two definitions, field by field."""
    return [Change(_label(found["field"]), list(_lines(found))) for found in diffs.compare(before, after)]


def _lines(found: diffs.Change) -> Iterator[tuple[str, str]]:
    if found["diff"]:
        for number, line in enumerate(found["diff"].splitlines()[2:]):
            if not line.startswith("@@"):
                yield line[:1] or " ", line[1:]
            elif number:
                yield "@", "⋯"
        return
    name = found["field"]
    for sign, value in (("-", found["before"]), ("+", found["after"])):
        if value is not None:
            yield from ((sign, line) for line in (_text(name, value) or "–").splitlines())


def _spelled(definition: Mapping[str, Any], kind: str) -> Iterator[tuple[str, str, str]]:
    names = [name for name in [*OF_KIND[kind], "limits", *_COMMON] if name in definition]
    for name in names:
        yield name, _label(name), _text(name, definition[name])


def _label(path: str) -> str:
    """The label of a field of the form, by its path in the definition."""
    field = JobForm.base_fields.get(path.replace(".", "_"))
    if field is not None:
        return str(field.label)
    group, _dot, member = path.partition(".")
    word = {"limits": gettext("Limits"), "retry": gettext("Try again")}.get(group)
    word = word or str(JobForm.base_fields[group].label)
    return f"{word} · {member}" if member else word


def _text(name: str, value: Any) -> str:
    if value is None or value in ({}, [], ""):
        return ""
    match value:
        case bool():
            return "✓" if value else "–"
        case str() if name == "datasource":
            return Datasource.objects.filter(pk=value).values_list("name", flat=True).first() or value
        case str():
            return value
        case list():
            return ", ".join(map(str, value))
        case dict() if name in ("limits", "retry"):
            return "\n".join(f"{_label(f'{name}.{key}')}: {_plain(item)}" for key, item in value.items())
        case dict():
            return json.dumps(value, indent=2, ensure_ascii=False)
    return str(value)


def _plain(item: Any) -> str:
    return ", ".join(item) if isinstance(item, list) else str(item)
