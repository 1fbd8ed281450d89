"""The JSON schemas of parameters. Nothing is ever fetched: a schema refers to its own parts only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import jsonschema
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from apps.jobs.domain import patterns
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


def bad_pattern(schema: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first pattern in the schema that can't be matched in linear time, and why; or None."""
    for word, where in _patterns(schema):
        try:
            patterns.check(word)
        except patterns.BadPattern as error:
            return word, str(error)
        if where == "patternProperties" and _has(schema, "unevaluatedProperties"):
            return word, "unevaluatedProperties"  # whose rule would match it in exponential time
    return None


def foreign_reference(schema: object) -> str | None:
    """The first reference that leads out of the schema, or None."""
    return next((target for target in _references(schema) if not target.startswith("#")), None)


def misfit(schema: Mapping[str, Any], value: Mapping[str, Any]) -> Misfit | None:
    """What of the value does not fit the schema best explains why, or None when it fits."""
    validator = _Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER, registry=_OFFLINE)
    try:
        error = jsonschema.exceptions.best_match(validator.iter_errors(value))
    except Unresolvable:
        return Misfit("", Phrase(N_("the schema refers to a part that it does not have")))
    except RecursionError:
        return Misfit("", Phrase(N_("the schema refers to itself without end")))
    except patterns.BadPattern:
        return Misfit("", Phrase(N_("the schema has a pattern that can't be used")))
    return error and Misfit(".".join(str(part) for part in error.absolute_path), error.message)


def _pattern(validator: Any, word: str, instance: object, schema: object) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not patterns.found(word, instance):
        yield ValidationError(f"{instance!r} does not match {word!r}")


def _pattern_properties(
    validator: Any, rules: Mapping[str, Any], instance: object, schema: object
) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for word, rule in rules.items():
            for name, value in instance.items():
                if patterns.found(word, name):
                    yield from validator.descend(value, rule, path=name, schema_path=word)


def _additional_properties(
    validator: Any, rule: object, instance: object, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    known, words = schema.get("properties", {}), schema.get("patternProperties", {})
    for name, value in instance.items():
        if name in known or any(patterns.found(word, name) for word in words):
            continue
        if rule is False:
            yield ValidationError(f"{name!r} is not among the properties that it may have")
        else:
            yield from validator.descend(value, rule, path=name)


#: The library's own match patterns in time that may double with each letter.
_Validator: Final[Any] = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    },
)


def _patterns(schema: object) -> Iterator[tuple[str, str]]:
    """Each pattern, and the keyword that it stands under."""
    if isinstance(schema, dict):
        if isinstance(word := schema.get("pattern"), str):
            yield word, "pattern"
        if isinstance(rules := schema.get("patternProperties"), dict):
            yield from ((word, "patternProperties") for word in rules)
        for value in schema.values():
            yield from _patterns(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _patterns(item)


def _has(schema: object, keyword: str) -> bool:
    if isinstance(schema, dict):
        return keyword in schema or any(_has(value, keyword) for value in schema.values())
    return isinstance(schema, list) and any(_has(item, keyword) for item in schema)


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key in ("$ref", "$dynamicRef") and isinstance(value, str):
                yield value
            yield from _references(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _references(item)
