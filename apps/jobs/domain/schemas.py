"""The JSON schemas of parameters. Nothing is ever fetched: a schema refers to its own parts only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import jsonschema
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.exceptions import Unresolvable

from kernel.errors import N_, Phrase

#: The library's own would ask the network for what it does not know.
_OFFLINE: Final[Registry[Any]] = Registry()


@dataclass(frozen=True, slots=True)
class Misfit:
    """path: of the part that does not fit, with dots; empty for the whole."""

    path: str
    reason: str


def flaw(schema: Mapping[str, Any]) -> str | None:
    """Why this is no JSON schema (draft 2020-12), or None."""
    try:
        Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        return str(error.message)
    return None


def foreign_reference(schema: object) -> str | None:
    """The first reference that leads out of the schema, or None."""
    return next((target for target in _references(schema) if not target.startswith("#")), None)


def misfit(schema: Mapping[str, Any], value: Mapping[str, Any]) -> Misfit | None:
    """What of the value does not fit the schema best explains why, or None when it fits."""
    validator = Draft202012Validator(
        schema, format_checker=Draft202012Validator.FORMAT_CHECKER, registry=_OFFLINE
    )
    try:
        error = jsonschema.exceptions.best_match(validator.iter_errors(value))
    except Unresolvable:
        return Misfit("", Phrase(N_("the schema refers to a part that it does not have")))
    except RecursionError:
        return Misfit("", Phrase(N_("the schema refers to itself without end")))
    return error and Misfit(".".join(str(part) for part in error.absolute_path), error.message)


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key in ("$ref", "$dynamicRef") and isinstance(value, str):
                yield value
            yield from _references(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _references(item)
