"""HTTP jobs: from a job's version to one request."""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.conf import settings

from apps.jobs.domain.outcome import Outcome
from apps.jobs.models import Run
from apps.jobs.runners import http
from apps.jobs.runners.sandbox import CancelToken
from apps.jobs.runners.sql_jobs import of_failure
from kernel.network import Guard

if TYPE_CHECKING:
    from apps.jobs.runners.attempts import Log


def carry_out(run: Run, *, log: Log, cancel: CancelToken) -> Outcome:
    """Send the request of the run's version; ``${name}`` in it is the parameter of that name."""
    rules, params = run.version.definition, run.params
    end = http.run(
        http.HttpSpec(
            method=rules["method"],
            url=_filled(rules["url"], params, lambda value: quote(value, safe="")),
            guard=Guard.of(settings.ENV.http_deny, allow=settings.ENV.http_allow),
            headers={name: _filled(value, params, _one_line) for name, value in rules["headers"].items()},
            body=_filled_deep(rules["body"], params),
            timeout_seconds=rules["timeout_seconds"],
            expected_status=tuple(rules["expected_status"]),
            follow_redirects=rules["follow_redirects"],
            verify_tls=rules["verify_tls"],
        ),
        on_line=lambda stream, line: log.write(stream, line.encode() + b"\n"),
        cancel=cancel,
    )
    if end.kind == "succeeded":
        return Outcome(result=end.result)
    return of_failure(end.kind, end.reason, end.error, log=log, result=end.result)


def _filled(text: str, params: Mapping[str, Any], clean: Callable[[str], str]) -> str:
    """With its parameters in place; a name that is no parameter stays as it is."""
    values = {
        name: clean(value if isinstance(value, str) else json.dumps(value)) for name, value in params.items()
    }
    return string.Template(text).safe_substitute(values)


def _filled_deep(body: Any, params: Mapping[str, Any]) -> Any:
    if isinstance(body, str):
        return _filled(body, params, str)
    if isinstance(body, dict):
        return {name: _filled_deep(value, params) for name, value in body.items()}
    if isinstance(body, list):
        return [_filled_deep(value, params) for value in body]
    return body


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")
