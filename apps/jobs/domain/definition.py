"""What a version of a job says, checked and completed.

A definition is plain JSON, so that it can be stored, compared and carried between installations. ``complete``
is the only way in: what is stored has every field.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from apps.jobs.domain import schemas
from apps.jobs.domain.retry import RetryPolicy
from apps.jobs.domain.run_states import RETRYABLE, Reason
from apps.jobs.domain.storable import Unstorable, refuse_unstorable
from kernel.errors import N_, Invalid, Phrase

MAX_SOURCE_BYTES: Final = 16 * 1024 * 1024
MAX_TIMEOUT_SECONDS: Final = 30 * 24 * 3600
HTTP_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_ENV_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_GROUP: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")

#: What a script may use, unless its job says otherwise. 0 means no limit of that kind.
LIMITS: Final = {
    "cpu_seconds": 0,
    "memory_mb": 1024,
    "file_mb": 1024,
    "open_files": 256,
    "processes": 64,
    "disk_mb": 2048,
    "output_mb": 1024,
}
RETRY: Final = {
    "strategy": "none",
    "max_attempts": 3,
    "base_seconds": 10.0,
    "cap_seconds": 600.0,
    "on": [Reason.EXIT_CODE.value, Reason.SIGNAL.value, Reason.TIMEOUT.value, Reason.UNREACHABLE.value],
}


class BadDefinition(Invalid):
    code = "job.bad_definition"


class BadParameters(Invalid):
    code = "run.bad_parameters"


def complete(kind: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The definition of a job of this kind with all defaults filled in.

    Raises BadDefinition for the first thing that is wrong, naming the field by its path ("retry.on").
    """
    if not isinstance(raw, Mapping):
        raise BadDefinition(N_("The definition must be a JSON object."), field="definition")
    _known(raw, _FIELDS[kind] | _COMMON, "")
    _storable({name: value for name, value in raw.items() if name not in _STRICT}, "", BadDefinition)
    done: dict[str, Any] = {}
    match kind:
        case "python" | "shell":
            done["source"] = _source(raw.get("source"))
            done["interpreter"] = _interpreter(raw.get("interpreter"))
            done["limits"] = _limits(raw.get("limits") or {})
            done["network"] = _flag(raw, "network", default=True)
        case "sql":
            done.update(_sql(raw))
        case "http":
            done.update(_http(raw))
    done["parameters"] = _schema(raw.get("parameters") or {})
    done["env"] = _env(raw.get("env") or {})
    done["timeout_seconds"] = _number(raw, "timeout_seconds", default=3600, above=0, most=MAX_TIMEOUT_SECONDS)
    done["retry"] = _retry(raw.get("retry") or {})
    done["priority"] = _whole(raw, "priority", default=5, least=1, most=9)
    done["group"] = _group(raw.get("group", "default"))
    done["required_tags"] = _words(raw.get("required_tags") or [], "required_tags")
    done["max_running"] = (
        None
        if raw.get("max_running") is None
        else _whole(raw, "max_running", default=1, least=1, most=100_000)
    )
    return done


def checksum(definition: Mapping[str, Any]) -> str:
    """SHA-256 of the definition, in hexadecimal; the same for the same content."""
    text = json.dumps(definition, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def retry_policy(definition: Mapping[str, Any]) -> RetryPolicy:
    retry = definition["retry"]
    return RetryPolicy(
        strategy=retry["strategy"],
        max_attempts=retry["max_attempts"],
        base=timedelta(seconds=retry["base_seconds"]),
        cap=timedelta(seconds=retry["cap_seconds"]),
        on=frozenset(Reason(word) for word in retry["on"]),
    )


def parameters(schema: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of one run: the schema's defaults under what was given.

    Raises BadParameters for the first that does not fit, naming it.
    """
    if not isinstance(given, Mapping):
        raise BadParameters(N_("Parameters must be a JSON object."), field="params")
    _storable(given, "params", BadParameters)
    properties = schema.get("properties", {})
    whole = {
        name: rule["default"]
        for name, rule in properties.items()
        if isinstance(rule, dict) and "default" in rule
    }
    whole.update(given)
    if schema:
        unknown = sorted(set(whole) - set(properties))
        if unknown and not schema.get("additionalProperties", False):
            raise BadParameters(
                N_('There is no parameter "%(name)s"; the job has: %(known)s.'),
                field=f"params.{unknown[0]}",
                name=unknown[0],
                known=", ".join(sorted(properties)) or "–",
            )
        missing = [name for name in schema.get("required", []) if name not in whole]
        if missing:
            raise BadParameters(
                N_('Parameter "%(name)s" is required.'), field=f"params.{missing[0]}", name=missing[0]
            )
        misfit = schemas.misfit(schema, whole)
        if misfit is not None:
            raise BadParameters(
                N_('Parameter "%(name)s": %(reason)s.'),
                field=f"params.{misfit.path}" if misfit.path else "params",
                name=misfit.path or "params",
                reason=misfit.reason,
            )
    elif whole:
        name = sorted(whole)[0]
        raise BadParameters(
            N_('The job takes no parameters, so "%(name)s" means nothing to it.'),
            field=f"params.{name}",
            name=name,
        )
    return whole


# --- fields -----------------------------------------------------------------------------------------

_COMMON: Final = frozenset(
    {"parameters", "env", "timeout_seconds", "retry", "priority", "group", "required_tags", "max_running"}
)
#: Fields whose own rules let nothing through that can't be stored.
_STRICT: Final = frozenset(
    {"source", "statement", "url", "timeout_seconds", "retry", "priority", "max_running", "max_rows"}
    | {"limits"}
)
_SCRIPT: Final = frozenset({"source", "interpreter", "limits", "network"})
_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "python": _SCRIPT,
    "shell": _SCRIPT,
    "sql": frozenset({"datasource", "statement", "read_only", "max_rows"}),
    "http": frozenset(
        {"method", "url", "headers", "body", "expected_status", "follow_redirects", "verify_tls"}
    ),
}


def _known(raw: Mapping[str, Any], names: frozenset[str], path: str) -> None:
    unknown = sorted(set(raw) - names)
    if unknown:
        raise BadDefinition(
            N_('Unknown field "%(name)s"; known are: %(known)s.'),
            field=path + unknown[0],
            name=path + unknown[0],
            known=", ".join(sorted(names)),
        )


def _storable(value: object, path: str, error: type[Invalid]) -> None:
    try:
        refuse_unstorable(value, path)
    except Unstorable as refused:
        name = refused.path.replace("\x00", "\ufffd").encode(errors="replace").decode()
        raise error(refused.sentence, field=name, name=name) from None


def _text(value: object, field: str, what: Phrase) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadDefinition(N_("%(what)s is missing."), field=field, what=what)
    if "\x00" in value:
        line = value.count("\n", 0, value.index("\x00")) + 1
        raise BadDefinition(
            N_("%(what)s contains a null character in line %(line)d; remove it."),
            field=field,
            what=what,
            line=line,
        )
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadDefinition(
            N_("%(what)s contains half a character (a lone surrogate); type it again."),
            field=field,
            what=what,
        ) from None
    return value


def _source(value: object) -> str:
    source = _text(value, "source", Phrase(N_("The script")))
    size = len(source.encode())
    if size > MAX_SOURCE_BYTES:
        raise BadDefinition(
            N_("The script has %(size)d MB; at most %(most)d MB fit. Keep data in files, not in the script."),
            field="source",
            size=size // 2**20,
            most=MAX_SOURCE_BYTES // 2**20,
        )
    return source.replace("\r\n", "\n")


def _interpreter(value: object) -> str | None:
    if value in (None, ""):
        return None
    if not isinstance(value, str) or not value.startswith("/") or "\x00" in value:
        raise BadDefinition(
            N_("The interpreter must be an absolute path, such as /usr/bin/python3.12."), field="interpreter"
        )
    return value


def _limits(raw: object) -> dict[str, int]:
    if not isinstance(raw, Mapping):
        raise BadDefinition(N_('"%(name)s" must be a JSON object.'), field="limits", name="limits")
    _known(raw, frozenset(LIMITS), "limits.")
    return {
        name: _whole(raw, name, default=default, least=0, most=10**9, path="limits.")
        for name, default in LIMITS.items()
    }


def _sql(raw: Mapping[str, Any]) -> dict[str, Any]:
    try:
        datasource = str(UUID(str(raw.get("datasource"))))
    except ValueError:
        raise BadDefinition(N_("Choose the datasource that the SQL runs on."), field="datasource") from None
    return {
        "datasource": datasource,
        "statement": _text(raw.get("statement"), "statement", Phrase(N_("The SQL statement"))),
        "read_only": _flag(raw, "read_only", default=False),
        "max_rows": _whole(raw, "max_rows", default=10_000, least=1, most=1_000_000),
    }


def _http(raw: Mapping[str, Any]) -> dict[str, Any]:
    url = _text(raw.get("url"), "url", Phrase(N_("The address (URL)"))).strip()
    if not re.match(r"https?://[^/\s]", url):
        raise BadDefinition(N_("The address must start with http:// or https://."), field="url")
    method = str(raw.get("method") or "GET").upper()
    if method not in HTTP_METHODS:
        raise BadDefinition(
            N_('"%(method)s" is not an HTTP method; known are: %(known)s.'),
            field="method",
            method=method,
            known=", ".join(HTTP_METHODS),
        )
    headers = raw.get("headers") or {}
    if not isinstance(headers, Mapping):
        raise BadDefinition(N_('"%(name)s" must be a JSON object.'), field="headers", name="headers")
    for name, value in headers.items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", str(name)) or re.search(
            r"[\r\n\x00]", str(value)
        ):
            raise BadDefinition(
                N_('Header "%(name)s" has a name or a value that HTTP does not allow.'),
                field="headers",
                name=name,
            )
    expected = raw.get("expected_status") or ["200-299"]
    for word in expected if isinstance(expected, list) else [expected]:
        if not re.fullmatch(r"[1-5]\d\d(-[1-5]\d\d)?", str(word)):
            raise BadDefinition(
                N_('"%(word)s" is not a status such as 200 nor a range such as 200-299.'),
                field="expected_status",
                word=word,
            )
    return {
        "url": url,
        "method": method,
        "headers": {str(k): str(v) for k, v in headers.items()},
        "body": raw.get("body"),
        "expected_status": [str(word) for word in (expected if isinstance(expected, list) else [expected])],
        "follow_redirects": _flag(raw, "follow_redirects", default=False),
        "verify_tls": _flag(raw, "verify_tls", default=True),
    }


def _schema(schema: object) -> dict[str, Any]:
    if not isinstance(schema, dict):
        raise BadDefinition(N_('"%(name)s" must be a JSON object.'), field="parameters", name="parameters")
    if not schema:
        return {}
    if schema.get("type", "object") != "object":
        raise BadDefinition(
            N_('The parameters\' schema must describe an object ("type": "object").'), field="parameters"
        )
    reason = schemas.flaw(schema)
    if reason is not None:
        raise BadDefinition(
            N_("The parameters' schema is not a JSON schema: %(reason)s."), field="parameters", reason=reason
        )
    reference = schemas.foreign_reference(schema)
    if reference is not None:
        raise BadDefinition(
            N_(
                'The parameters\' schema refers to "%(reference)s"; '
                'only parts of itself ("#/…") can be referred to.'
            ),
            field="parameters",
            reference=reference,
        )
    if bad := schemas.bad_pattern(schema):
        raise BadDefinition(
            N_(
                "The pattern \"%(pattern)s\" in the parameters' schema can't be used: %(reason)s. "
                "A pattern can't look around itself or refer to its own groups."
            ),
            field="parameters",
            pattern=bad[0],
            reason=bad[1],
        )
    for name in schema.get("properties", {}):
        if not _ENV_NAME.match(name):
            raise BadDefinition(
                N_(
                    'Parameter "%(name)s" needs another name: letters, digits and "_" only, '
                    "and no digit first."
                ),
                field="parameters",
                name=name,
            )
    return {"type": "object", **schema}


def _env(raw: object) -> dict[str, str]:
    if not isinstance(raw, Mapping):
        raise BadDefinition(N_('"%(name)s" must be a JSON object.'), field="env", name="env")
    for name, value in raw.items():
        if not _ENV_NAME.match(str(name)):
            raise BadDefinition(
                N_('"%(name)s" can\'t name an environment variable: letters, digits and "_" only.'),
                field="env",
                name=name,
            )
        if str(name).startswith("JIEPAI_"):
            raise BadDefinition(
                N_('"%(name)s": names that start with JIEPAI_ are the platform\'s own.'),
                field="env",
                name=name,
            )
        if not isinstance(value, str) or "\x00" in value:
            raise BadDefinition(
                N_('The value of environment variable "%(name)s" must be text without null characters.'),
                field="env",
                name=name,
            )
    return {str(k): v for k, v in raw.items()}


def _retry(raw: object) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        raise BadDefinition(N_('"%(name)s" must be a JSON object.'), field="retry", name="retry")
    _known(raw, frozenset(RETRY), "retry.")
    strategy = raw.get("strategy", RETRY["strategy"])
    if strategy not in ("none", "fixed", "linear", "exponential"):
        raise BadDefinition(
            N_('"%(word)s" is not a retry strategy; known are: none, fixed, linear, exponential.'),
            field="retry.strategy",
            word=strategy,
        )
    reasons = _words(raw.get("on", RETRY["on"]), "retry.on")
    known = [reason.value for reason in RETRYABLE]
    for word in reasons:
        if word not in known:
            raise BadDefinition(
                N_('"%(word)s" is not an exit reason that can be retried; known are: %(known)s.'),
                field="retry.on",
                word=word,
                known=", ".join(known),
            )
    base = _number(raw, "base_seconds", default=10.0, above=0, most=86_400, path="retry.")
    cap = _number(raw, "cap_seconds", default=max(600.0, base), above=0, most=86_400, path="retry.")
    if cap < base:
        raise BadDefinition(
            N_("The longest wait (%(cap)s s) must not be shorter than the first (%(base)s s)."),
            field="retry.cap_seconds",
            cap=cap,
            base=base,
        )
    return {
        "strategy": strategy,
        "max_attempts": _whole(raw, "max_attempts", default=3, least=1, most=100, path="retry."),
        "base_seconds": base,
        "cap_seconds": cap,
        "on": reasons,
    }


def _group(value: object) -> str:
    if not isinstance(value, str) or not _GROUP.match(value):
        raise BadDefinition(
            N_('"%(word)s" can\'t name an executor group: lower-case letters, digits, "-" and "_" only.'),
            field="group",
            word=value,
        )
    return value


def _words(value: object, field: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
        raise BadDefinition(N_('"%(name)s" must be a list of words.'), field=field, name=field)
    return sorted({word.strip() for word in value})


def _flag(raw: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = raw.get(name, default)
    if not isinstance(value, bool):
        raise BadDefinition(N_('"%(name)s" must be true or false.'), field=name, name=name)
    return value


def _number(
    raw: Mapping[str, Any], name: str, *, default: float, above: float, most: float, path: str = ""
) -> float:
    value = raw.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not above < value <= most:
        raise BadDefinition(
            N_('"%(name)s" must be a number above %(above)s and at most %(most)s, not %(value)s.'),
            field=path + name,
            name=path + name,
            above=above,
            most=most,
            value=json.dumps(value, ensure_ascii=False, default=str),
        )
    return value


def _whole(raw: Mapping[str, Any], name: str, *, default: int, least: int, most: int, path: str = "") -> int:
    value = raw.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadDefinition(
            N_('"%(name)s" must be a whole number from %(least)s to %(most)s, not %(value)s.'),
            field=path + name,
            name=path + name,
            least=least,
            most=most,
            value=json.dumps(value, ensure_ascii=False, default=str),
        )
    return value
