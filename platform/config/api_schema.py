"""What every operation has in common in the API's description (OpenAPI)."""

from __future__ import annotations

from typing import Any, Final

from kernel.problems import PROBLEM

_FIELD_PROBLEM: Final = {
    "type": "object",
    "properties": {
        "field": {"type": "string", "description": 'The field\'s path, such as "definition.retry.on".'},
        "code": {"type": "string"},
        "detail": {"type": "string"},
    },
    "required": ["field", "code", "detail"],
}
_PROBLEM: Final = {
    "type": "object",
    "description": "Why a request failed (RFC 9457). Programs go by the code, which never changes.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": 'A stable word for programs, such as "run.ended".'},
        "detail": {"type": "string", "description": "A sentence in the reader's language."},
        "errors": {
            "type": "array",
            "items": _FIELD_PROBLEM,
            "description": "What is wrong with which field.",
        },
        "line": {"type": "integer", "description": "Where a source can't be parsed, counted from 1."},
        "column": {"type": "integer", "description": "In characters, counted from 1."},
    },
    "required": ["type", "title", "status", "code", "detail"],
}
_WHEN: Final = {
    "400": "The request can't be taken; the fields that are wrong are named.",
    "401": "Nobody is signed in, or the token is unknown, expired or revoked.",
    "403": "The user may see this, but may not do that with it.",
    "404": "There is nothing here, or the user may not see it.",
    "409": "What the request counts on has changed.",
    "413": "The request is too large.",
    "429": "Too many requests: the header Retry-After says for how many seconds to wait.",
}
_BLANK_IS_A_VALUE: Final = frozenset({"ExitReasonEnum", "NoteEnum"})


def add_problems(result: dict[str, Any], generator: Any, **_: Any) -> dict[str, Any]:
    """Every operation's error answers, all of one shape."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = _PROBLEM
    components["responses"] = {
        f"Problem{status}": {
            "description": text,
            "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, text in _WHEN.items()
    }
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            for status in _statuses(path, method, operation):
                operation["responses"].setdefault(status, {"$ref": f"#/components/responses/Problem{status}"})
    components["schemas"] = dict(sorted(components["schemas"].items()))
    return result


def _statuses(path: str, method: str, operation: dict[str, Any]) -> list[str]:
    """Which of them can come of an operation."""
    found = ["401", "429"]
    if operation.get("parameters") or operation.get("requestBody"):
        found.append("400")
    if "{" in path:
        found.append("404")
    if method != "get":
        found += ["403", "409"]
    if operation.get("requestBody"):
        found.append("413")
    return sorted(found)


def keep_blank_choices(result: dict[str, Any], generator: Any, **_: Any) -> dict[str, Any]:
    """Where "" is a value like the others, the enumeration says so itself, instead of being joined with a blank one."""
    schemas = result.get("components", {}).get("schemas", {})
    blank = "#/components/schemas/BlankEnum"
    for schema in list(schemas.values()):
        for name, field in schema.get("properties", {}).items():
            options = [option.get("$ref") for option in field.get("oneOf", [])]
            if blank not in options or len(options) != 2:
                continue
            (reference,) = (option for option in options if option != blank)
            if reference.rsplit("/", 1)[1] not in _BLANK_IS_A_VALUE:
                continue
            values = schemas[reference.rsplit("/", 1)[1]]["enum"]
            if "" not in values:
                values.insert(0, "")
            rest = {key: value for key, value in field.items() if key != "oneOf"}
            schema["properties"][name] = (
                {"allOf": [{"$ref": reference}], **rest} if rest else {"$ref": reference}
            )
    return result
