"""What a job may say, and the exact words for what it may not."""

from __future__ import annotations

import pytest

from apps.jobs.domain import definition
from apps.jobs.domain.definition import BadDefinition, BadParameters, complete

SCRIPT = {"source": "print(1)"}
SQL = {"datasource": "0190f5fe-7c00-7a00-8000-000000000000", "statement": "SELECT 1"}

BAD = [
    ("python", {}, "source", "The script is missing."),
    ("python", {"source": "  \n"}, "source", "The script is missing."),
    (
        "python",
        {"source": "a = 1\nb = '\x00'"},
        "source",
        "The script contains a null character in line 2; remove it.",
    ),
    (
        "shell",
        {"source": "echo \ud83d"},
        "source",
        "The script contains half a character (a lone surrogate); type it again.",
    ),
    (
        "python",
        {"source": "#" * (17 * 1024 * 1024)},
        "source",
        "The script has 17 MB; at most 16 MB fit. Keep data in files, not in the script.",
    ),
    (
        "python",
        {**SCRIPT, "interpreter": "python3.12"},
        "interpreter",
        "The interpreter must be an absolute path, such as /usr/bin/python3.12.",
    ),
    (
        "python",
        {**SCRIPT, "timeout_seconds": -1},
        "timeout_seconds",
        '"timeout_seconds" must be a number above 0 and at most 2592000, not -1.',
    ),
    (
        "python",
        {**SCRIPT, "timeout_seconds": float("nan")},
        "timeout_seconds",
        '"timeout_seconds" must be a number above 0 and at most 2592000, not NaN.',
    ),
    (
        "python",
        {**SCRIPT, "timeout_seconds": True},
        "timeout_seconds",
        '"timeout_seconds" must be a number above 0 and at most 2592000, not true.',
    ),
    (
        "python",
        {**SCRIPT, "priority": 10},
        "priority",
        '"priority" must be a whole number from 1 to 9, not 10.',
    ),
    (
        "python",
        {**SCRIPT, "limits": {"memory_mb": "1G"}},
        "limits.memory_mb",
        '"limits.memory_mb" must be a whole number from 0 to 1000000000, not "1G".',
    ),
    (
        "python",
        {**SCRIPT, "limits": {"ram": 1}},
        "limits.ram",
        'Unknown field "limits.ram"; known are: cpu_seconds, disk_mb, file_mb, memory_mb, open_files, output_mb, processes.',
    ),
    ("python", {**SCRIPT, "limits": [1]}, "limits", '"limits" must be a JSON object.'),
    ("python", {**SCRIPT, "network": "no"}, "network", '"network" must be true or false.'),
    (
        "python",
        {**SCRIPT, "retry": {"strategy": "sometimes"}},
        "retry.strategy",
        '"sometimes" is not a retry strategy; known are: none, fixed, linear, exponential.',
    ),
    (
        "python",
        {**SCRIPT, "retry": {"on": ["cancelled"]}},
        "retry.on",
        '"cancelled" is not an exit reason that can be retried; known are: exit_code, signal, timeout, '
        "out_of_memory, not_started, sql_error, http_error, unreachable.",
    ),
    (
        "python",
        {**SCRIPT, "retry": {"base_seconds": 60, "cap_seconds": 5}},
        "retry.cap_seconds",
        "The longest wait (5 s) must not be shorter than the first (60 s).",
    ),
    (
        "python",
        {**SCRIPT, "retry": {"max_attempts": 0}},
        "retry.max_attempts",
        '"retry.max_attempts" must be a whole number from 1 to 100, not 0.',
    ),
    (
        "python",
        {**SCRIPT, "env": {"A B": "1"}},
        "env",
        '"A B" can\'t name an environment variable: letters, digits and "_" only.',
    ),
    (
        "python",
        {**SCRIPT, "env": {"JIEPAI_RUN_ID": "1"}},
        "env",
        '"JIEPAI_RUN_ID": names that start with JIEPAI_ are the platform\'s own.',
    ),
    (
        "python",
        {**SCRIPT, "env": {"A": 1}},
        "env",
        'The value of environment variable "A" must be text without null characters.',
    ),
    (
        "python",
        {**SCRIPT, "group": "Big Ones"},
        "group",
        '"Big Ones" can\'t name an executor group: lower-case letters, digits, "-" and "_" only.',
    ),
    (
        "python",
        {**SCRIPT, "required_tags": "gpu"},
        "required_tags",
        '"required_tags" must be a list of words.',
    ),
    (
        "python",
        {**SCRIPT, "parameters": {"type": "array"}},
        "parameters",
        'The parameters\' schema must describe an object ("type": "object").',
    ),
    (
        "python",
        {**SCRIPT, "parameters": {"properties": {"a": {"type": "nonsense"}}}},
        "parameters",
        "The parameters' schema is not a JSON schema: 'nonsense' is not valid under any of the given schemas.",
    ),
    (
        "python",
        {**SCRIPT, "parameters": {"properties": {"first day": {}}}},
        "parameters",
        'Parameter "first day" needs another name: letters, digits and "_" only, and no digit first.',
    ),
    ("sql", {"statement": "SELECT 1"}, "datasource", "Choose the datasource that the SQL runs on."),
    ("sql", {**SQL, "statement": ""}, "statement", "The SQL statement is missing."),
    (
        "sql",
        {**SQL, "max_rows": 0},
        "max_rows",
        '"max_rows" must be a whole number from 1 to 1000000, not 0.',
    ),
    ("http", {"url": "ftp://x"}, "url", "The address must start with http:// or https://."),
    (
        "http",
        {"url": "http://x", "method": "FETCH"},
        "method",
        '"FETCH" is not an HTTP method; known are: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS.',
    ),
    (
        "http",
        {"url": "http://x", "headers": {"X-A": "1\r\nX-B: 2"}},
        "headers",
        'Header "X-A" has a name or a value that HTTP does not allow.',
    ),
    (
        "http",
        {"url": "http://x", "expected_status": ["2xx"]},
        "expected_status",
        '"2xx" is not a status such as 200 nor a range such as 200-299.',
    ),
    (
        "http",
        {"url": "http://x", "source": "print(1)"},
        "source",
        'Unknown field "source"; known are: body, env, expected_status, follow_redirects, group, headers, '
        "max_running, method, parameters, priority, required_tags, retry, timeout_seconds, url, verify_tls.",
    ),
]


@pytest.mark.parametrize(("kind", "raw", "field", "message"), BAD)
def test_what_is_wrong_is_named_with_its_field_and_reason(kind, raw, field, message):
    with pytest.raises(BadDefinition) as caught:
        complete(kind, raw)

    assert (caught.value.field, caught.value.message) == (field, message)


@pytest.mark.parametrize(("kind", "raw"), [("python", SCRIPT), ("sql", SQL), ("http", {"url": "http://x"})])
def test_what_is_stored_is_complete_and_completing_it_again_changes_nothing(kind, raw):
    done = complete(kind, raw)

    assert complete(kind, done) == done
    assert definition.checksum(done) == definition.checksum(complete(kind, raw))


def test_a_checksum_tells_definitions_apart():
    assert definition.checksum(complete("python", SCRIPT)) != definition.checksum(
        complete("python", {**SCRIPT, "priority": 6})
    )


SCHEMA = {
    "type": "object",
    "properties": {
        "day": {"type": "string", "format": "date"},
        "rows": {"type": "integer", "minimum": 1, "default": 10},
    },
    "required": ["day"],
}


def test_parameters_are_given_over_defaults():
    assert definition.parameters(SCHEMA, {"day": "2026-11-24"}) == {"day": "2026-11-24", "rows": 10}


@pytest.mark.parametrize(
    ("schema", "given", "field", "message"),
    [
        (SCHEMA, {}, "params.day", 'Parameter "day" is required.'),
        (SCHEMA, {"day": "2026-11-24", "rows": 0}, "params.rows",
         'Parameter "rows": 0 is less than the minimum of 1.'),
        (SCHEMA, {"day": "2026-11-24", "rows": "7"}, "params.rows",
         "Parameter \"rows\": '7' is not of type 'integer'."),
        (SCHEMA, {"day": "yesterday"}, "params.day", "Parameter \"day\": 'yesterday' is not a 'date'."),
        (SCHEMA, {"day": "2026-11-24", "dya": 1}, "params.dya",
         'There is no parameter "dya"; the job has: day, rows.'),
        (SCHEMA, [1], "params", "Parameters must be a JSON object."),
        ({}, {"day": 1}, "params.day", 'The job takes no parameters, so "day" means nothing to it.'),
    ],
)  # fmt: skip
def test_parameters_that_do_not_fit_are_named(schema, given, field, message):
    with pytest.raises(BadParameters) as caught:
        definition.parameters(schema, given)

    assert (caught.value.field, caught.value.message) == (field, message)
