"""Patterns that users write for parameters: matched in linear time, whatever they are made of."""

from __future__ import annotations

import time

import pytest

from apps.jobs.domain import definition
from apps.jobs.domain.definition import BadDefinition, BadParameters

EVIL = "^(a+)+$"
TEXT = "a" * 100_000 + "!"


def schema(**rule):
    return {"type": "object", "properties": {"x": rule}}


@pytest.mark.parametrize(
    "rule",
    [
        {"pattern": EVIL},
        {"type": "object", "patternProperties": {EVIL: True}, "additionalProperties": False},
        {"type": "object", "propertyNames": {"pattern": EVIL}},
        {"type": "array", "items": {"anyOf": [{"pattern": EVIL}, {"pattern": "(a|aa)+$"}]}},
    ],
)
@pytest.mark.timeout(20)
def test_no_pattern_takes_exponential_time(rule):
    value = {"object": {TEXT: 1}, "array": [TEXT]}.get(rule.get("type", ""), TEXT)
    begun = time.monotonic()

    with pytest.raises(BadParameters):
        definition.parameters(schema(**rule), {"x": value})

    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"^\d{4}-\d{2}$", "2026-11", "2026-1"),
        ("节", "节拍", "拍"),
        (r"^[\u4e00-\u9fa5]+$", "节拍", "jiepai"),
        (r"^\\u4e00$", r"\u4e00", "一"),
        (EVIL, "aaa", "aab"),
        ("b", "abc", "ac"),
    ],
)
def test_a_pattern_is_found_anywhere_in_the_text(pattern, good, bad):
    rules = schema(type="string", pattern=pattern)
    definition.complete("python", {"source": "1", "parameters": rules})

    assert definition.parameters(rules, {"x": good}) == {"x": good}
    with pytest.raises(BadParameters, match="does not match"):
        definition.parameters(rules, {"x": bad})


@pytest.mark.parametrize(
    "rule",
    [
        {"pattern": "(?=a)b"},
        {"pattern": r"(a)\1"},
        {"prefixItems": [{"allOf": [{"pattern": "(?<!a)b"}]}]},
        {"patternProperties": {"(?!a)": {}}},
        {"patternProperties": {"a": {}}, "unevaluatedProperties": False},
    ],
)
def test_a_pattern_that_takes_more_than_linear_time_is_refused_when_it_is_saved(rule):
    with pytest.raises(BadDefinition, match="can't be used") as refused:
        definition.complete("python", {"source": "1", "parameters": schema(**rule)})

    assert refused.value.field == "parameters"


def test_a_pattern_that_was_saved_before_it_was_refused_fits_nothing():
    with pytest.raises(BadParameters, match="a pattern that can't be used"):
        definition.parameters(schema(pattern="(?=a)b"), {"x": "b"})


def test_names_are_told_apart_as_json_schema_does():
    rules = schema(
        type="object",
        properties={"a": {}},
        patternProperties={"^n_": {"type": "integer"}},
        additionalProperties={"type": "string"},
    )

    assert definition.parameters(rules, {"x": {"a": None, "n_1": 1, "z": "text"}})
    for wrong in ({"n_1": "text"}, {"z": 1}):
        with pytest.raises(BadParameters):
            definition.parameters(rules, {"x": wrong})
    closed = schema(type="object", additionalProperties=False)
    assert definition.parameters(closed, {"x": {}})
    with pytest.raises(BadParameters, match="'z' is not among the properties"):
        definition.parameters(closed, {"x": {"z": 1}})
