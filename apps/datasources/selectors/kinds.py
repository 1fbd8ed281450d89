"""The kinds of database that there are, in the reader's language, and whether this installation can reach them."""

from __future__ import annotations

from dataclasses import asdict
from importlib.util import find_spec
from typing import Any

from django.utils.translation import gettext

from apps.datasources.domain.fields import DRIVERS, FIELDS, NOTES, Field
from apps.datasources.domain.kinds import DEFAULT_PORTS, Kind
from apps.datasources.models import Datasource


def described() -> list[dict[str, Any]]:
    """Each kind with its fields, in the order in which a form shows them."""
    labels = dict(Datasource.KINDS)
    return [
        {
            "kind": kind.value,
            "label": labels[kind.value],
            "notes": gettext(NOTES[kind]),
            "is_installed": find_spec(DRIVERS[kind]) is not None,
            "default_port": DEFAULT_PORTS.get(kind),
            "fields": [_spoken(field) for field in FIELDS[kind]],
        }
        for kind in Kind
    ]


def _spoken(field: Field) -> dict[str, Any]:
    return {
        **asdict(field),
        "label": gettext(field.label),
        "help": gettext(field.help),
        "choices": [{"value": value, "label": gettext(words)} for value, words in field.choices],
    }
