"""Bad input of every kind, and the exact words for it: one table a kind, to be read as one.

The sentence says what is wrong, where, and what to do; the code beside it never changes. What is special to one
part has more cases in that part's own tests.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet

from apps.datasources.domain.target import Target
from apps.jobs.domain import definition
from apps.jobs.domain.log_lines import parse
from apps.jobs.domain.run_states import Reason
from apps.jobs.models import LogChunk
from apps.jobs.runners import attempts, http, sql
from apps.jobs.runners.sandbox import CancelToken, ForkServer
from apps.jobs.services.logs import LogWriter
from apps.scheduling.domain.schedules import Schedule, validate
from config.settings.env import BadEnvironment, load
from kernel.errors import DomainError
from kernel.network import Guard
from tests import clients, factories
from tests.jobs.workers import shared
from tests.servers import variant

MB = 2**20
SCRIPT = {"source": "print(1)"}
SCHEMA = {
    "type": "object",
    "properties": {"day": {"type": "string", "format": "date"}, "count": {"type": "integer", "minimum": 1}},
    "required": ["day"],
}


def refused(error: DomainError) -> tuple[str | None, str, str]:
    return error.field, error.code, error.message


# --- schedules: cron, intervals, single runs, windows, time zones --------------------------------------

SCHEDULES: list[tuple[dict[str, Any], str, str, str]] = [
    (
        {"kind": "cron", "expression": "61 * * * *"},
        "expression",
        "cron.out_of_range",
        "minute: 61 is out of range 0–59.",
    ),
    (
        {"kind": "cron", "expression": "* * * *"},
        "expression",
        "cron.too_few_fields",
        "The expression has 4 of the 5 fields it needs: minute, hour, day of month, month, weekday. Write * for a field that does not matter.",
    ),
    (
        {"kind": "cron", "expression": "0 9 * * MOO"},
        "expression",
        "cron.unknown_name",
        "weekday: MOO is not a name that is known here. Did you mean MON?",
    ),
    (
        {"kind": "cron", "expression": "*/0 * * * *"},
        "expression",
        "cron.bad_step",
        "minute: the step in */0 has to be a whole number from 1 to 60.",
    ),
    (
        {"kind": "cron", "expression": "0 0 30 2 *"},
        "expression",
        "cron.never_fires",
        "day of month: 30 never comes in month 2, so the expression would never fire. Write L for the last day.",
    ),
    (
        {"kind": "cron", "expression": "@often"},
        "expression",
        "cron.unknown_macro",
        "@often is not known. Write one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually, or five fields.",
    ),
    (
        {"kind": "cron", "expression": ""},
        "expression",
        "cron.empty",
        "There is no cron expression. Write five fields, for example 0 9 * * MON-FRI.",
    ),
    (
        {"kind": "cron", "expression": "0 9 * * *", "zone": "Asia/Peking"},
        "zone",
        "schedule.unknown_zone",
        "Asia/Peking is not a time zone that is known here. Write a name such as Europe/Berlin or Asia/Shanghai.",
    ),
    (
        {"kind": "cron", "expression": "0 9 * * *", "zone": ""},
        "zone",
        "schedule.unknown_zone",
        "There is no time zone. Write a name such as Europe/Berlin or Asia/Shanghai.",
    ),
    (
        {"kind": "interval", "interval": timedelta(0)},
        "interval",
        "schedule.interval_too_short",
        "The interval is 0 seconds; 1 second is the least.",
    ),
    (
        {"kind": "interval", "interval": timedelta(days=5000)},
        "interval",
        "schedule.interval_too_long",
        "The interval is 5000 days; 3660 days is the most.",
    ),
    (
        {"kind": "interval"},
        "interval",
        "schedule.missing",
        "There is no interval. Set how much time lies between two runs.",
    ),
    (
        {"kind": "once"},
        "once_at",
        "schedule.missing",
        "There is no time to run at. Set the date and time of the one run.",
    ),
    (
        {"kind": "once", "once_at": datetime(2026, 1, 1)},
        "once_at",
        "schedule.naive_time",
        "2026-01-01T00:00:00 says no time zone. Add one, for example 2026-01-01T00:00:00+00:00.",
    ),
    (
        {"kind": "sometimes"},
        "kind",
        "schedule.unknown_kind",
        "sometimes is not a kind of schedule. Choose cron, interval or once.",
    ),
    (
        {
            "kind": "cron",
            "expression": "0 9 * * *",
            "start_at": datetime(2026, 5, 2, tzinfo=UTC),
            "end_at": datetime(2026, 5, 1, tzinfo=UTC),
        },
        "end_at",
        "schedule.empty_window",
        "The trigger would end at 2026-05-01T00:00:00+00:00, which is not after its start at 2026-05-02T00:00:00+00:00.",
    ),
    (
        {
            "kind": "once",
            "once_at": datetime(2026, 5, 3, tzinfo=UTC),
            "end_at": datetime(2026, 5, 1, tzinfo=UTC),
        },
        "once_at",
        "schedule.never_in_window",
        "The one run, at 2026-05-03T00:00:00+00:00, lies outside the time between the trigger's start and its end.",
    ),
    (
        {"kind": "once", "once_at": datetime(9999, 5, 3, tzinfo=UTC)},
        "once_at",
        "schedule.time_out_of_range",
        "9999-05-03T00:00:00+00:00 is too far away. Choose a time between the years 1970 and 9998.",
    ),
]

# --- definitions of jobs ---------------------------------------------------------------------------------

DEFINITIONS: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("python", {}, "source", "job.bad_definition", "The script is missing."),
    (
        "python",
        {**SCRIPT, "timeout_seconds": -1},
        "timeout_seconds",
        "job.bad_definition",
        '"timeout_seconds" must be a number above 0 and at most 2592000, not -1.',
    ),
    (
        "python",
        {**SCRIPT, "tiemout": 3},
        "tiemout",
        "job.bad_definition",
        'Unknown field "tiemout"; known are: env, group, interpreter, limits, max_running, network, parameters, priority, required_tags, retry, source, timeout_seconds.',
    ),
    (
        "shell",
        {"source": "echo \0"},
        "source",
        "job.bad_definition",
        "The script contains a null character in line 1; remove it.",
    ),
    (
        "python",
        {"source": "#" * (17 * MB)},
        "source",
        "job.bad_definition",
        "The script has 17 MB; at most 16 MB fit. Keep data in files, not in the script.",
    ),
    (
        "python",
        {**SCRIPT, "env": {"MY-NAME": "x"}},
        "env",
        "job.bad_definition",
        '"MY-NAME" can\'t name an environment variable: letters, digits and "_" only.',
    ),
    (
        "python",
        {**SCRIPT, "env": {"JIEPAI_X": "x"}},
        "env",
        "job.bad_definition",
        '"JIEPAI_X": names that start with JIEPAI_ are the platform\'s own.',
    ),
    (
        "python",
        {**SCRIPT, "env": {"A": 3}},
        "env",
        "job.bad_definition",
        'The value of environment variable "A" must be text without null characters.',
    ),
    (
        "python",
        {**SCRIPT, "retry": {"strategy": "often"}},
        "retry.strategy",
        "job.bad_definition",
        '"often" is not a retry strategy; known are: none, fixed, linear, exponential.',
    ),
    (
        "python",
        {**SCRIPT, "retry": {"on": ["sunspots"]}},
        "retry.on",
        "job.bad_definition",
        '"sunspots" is not an exit reason that can be retried; known are: exit_code, signal, timeout, out_of_memory, not_started, sql_error, http_error, unreachable.',
    ),
    (
        "python",
        {**SCRIPT, "retry": {"max_attempts": 0}},
        "retry.max_attempts",
        "job.bad_definition",
        '"retry.max_attempts" must be a whole number from 1 to 100, not 0.',
    ),
    (
        "python",
        {**SCRIPT, "retry": {"strategy": "fixed", "base_seconds": 60, "cap_seconds": 10}},
        "retry.cap_seconds",
        "job.bad_definition",
        "The longest wait (10 s) must not be shorter than the first (60 s).",
    ),
    (
        "python",
        {**SCRIPT, "limits": {"memory_mb": -1}},
        "limits.memory_mb",
        "job.bad_definition",
        '"limits.memory_mb" must be a whole number from 0 to 1000000000, not -1.',
    ),
    (
        "python",
        {**SCRIPT, "limits": {"ram": 1}},
        "limits.ram",
        "job.bad_definition",
        'Unknown field "limits.ram"; known are: cpu_seconds, disk_mb, file_mb, memory_mb, open_files, output_mb, processes.',
    ),
    (
        "python",
        {**SCRIPT, "priority": 0},
        "priority",
        "job.bad_definition",
        '"priority" must be a whole number from 1 to 9, not 0.',
    ),
    (
        "python",
        {**SCRIPT, "interpreter": "python3"},
        "interpreter",
        "job.bad_definition",
        "The interpreter must be an absolute path, such as /usr/bin/python3.12.",
    ),
    (
        "python",
        {**SCRIPT, "group": "My Group"},
        "group",
        "job.bad_definition",
        '"My Group" can\'t name an executor group: lower-case letters, digits, "-" and "_" only.',
    ),
    (
        "python",
        {**SCRIPT, "parameters": {"type": "array"}},
        "parameters",
        "job.bad_definition",
        'The parameters\' schema must describe an object ("type": "object").',
    ),
    (
        "python",
        {**SCRIPT, "parameters": {"properties": {"x": {"type": "text"}}}},
        "parameters",
        "job.bad_definition",
        "The parameters' schema is not a JSON schema: 'text' is not valid under any of the given schemas.",
    ),
    (
        "sql",
        {"statement": "SELECT 1"},
        "datasource",
        "job.bad_definition",
        "Choose the datasource that the SQL runs on.",
    ),
    (
        "sql",
        {"datasource": "0190f5fe-7c00-7a00-8000-000000000000"},
        "statement",
        "job.bad_definition",
        "The SQL statement is missing.",
    ),
    (
        "http",
        {"url": "ftp://example.com"},
        "url",
        "job.bad_definition",
        "The address must start with http:// or https://.",
    ),
    (
        "http",
        {"url": "http://example.com", "method": "FETCH"},
        "method",
        "job.bad_definition",
        '"FETCH" is not an HTTP method; known are: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS.',
    ),
    (
        "http",
        {"url": "http://example.com", "expected_status": ["2xx"]},
        "expected_status",
        "job.bad_definition",
        '"2xx" is not a status such as 200 nor a range such as 200-299.',
    ),
]

# --- parameters of a run ---------------------------------------------------------------------------------

PARAMETERS: list[tuple[dict[str, Any], Any, str, str, str]] = [
    (SCHEMA, {}, "params.day", "run.bad_parameters", 'Parameter "day" is required.'),
    (
        SCHEMA,
        {"day": "2026-01-01", "count": "3"},
        "params.count",
        "run.bad_parameters",
        "Parameter \"count\": '3' is not of type 'integer'.",
    ),
    (
        SCHEMA,
        {"day": "2026-01-01", "count": 0},
        "params.count",
        "run.bad_parameters",
        'Parameter "count": 0 is less than the minimum of 1.',
    ),
    (
        SCHEMA,
        {"day": "soon"},
        "params.day",
        "run.bad_parameters",
        "Parameter \"day\": 'soon' is not a 'date'.",
    ),
    (
        SCHEMA,
        {"day": "2026-01-01", "cuont": 3},
        "params.cuont",
        "run.bad_parameters",
        'There is no parameter "cuont"; the job has: count, day.',
    ),
    (
        {},
        {"day": 1},
        "params.day",
        "run.bad_parameters",
        'The job takes no parameters, so "day" means nothing to it.',
    ),
    (SCHEMA, ["day"], "params", "run.bad_parameters", "Parameters must be a JSON object."),
]


@pytest.mark.parametrize(("facts", "field", "code", "message"), SCHEDULES)
def test_a_schedule(facts, field, code, message):
    with pytest.raises(DomainError) as caught:
        validate(Schedule(**facts))
    assert refused(caught.value) == (field, code, message)


@pytest.mark.parametrize(("kind", "raw", "field", "code", "message"), DEFINITIONS)
def test_a_definition(kind, raw, field, code, message):
    with pytest.raises(DomainError) as caught:
        definition.complete(kind, raw)
    assert refused(caught.value) == (field, code, message)


@pytest.mark.parametrize(("schema", "given", "field", "code", "message"), PARAMETERS)
def test_parameters(schema, given, field, code, message):
    with pytest.raises(DomainError) as caught:
        definition.parameters(schema, given)
    assert refused(caught.value) == (field, code, message)


# --- SQL, on a real server ------------------------------------------------------------------------------

STATEMENTS: list[tuple[str, dict[str, Any], Reason, str, str]] = [
    (
        "SELECT 1;\n\nSELEC 2",
        {},
        Reason.SQL_ERROR,
        "sql.syntax_error",
        'Statement 2, line 3, column 1: syntax error at or near "SELEC"',
    ),
    (
        "SELECT 1\nFROM orderz",
        {},
        Reason.SQL_ERROR,
        "sql.error",
        'Statement 1, line 2, column 6: relation "orderz" does not exist',
    ),
    (
        "SELECT 'a",
        {},
        Reason.SQL_ERROR,
        "sql.unterminated",
        "Line 1: a text in quotes begins here and does not end.",
    ),
    (
        "-- later",
        {},
        Reason.SQL_ERROR,
        "sql.empty",
        "The SQL text holds no statement, only comments and blanks.",
    ),
    (
        "SELECT :day",
        {},
        Reason.SQL_ERROR,
        "sql.missing_parameter",
        'Statement 1, line 1: the run has no parameter "day".',
    ),
    (
        "SELECT 1 / 0",
        {},
        Reason.SQL_ERROR,
        "sql.error",
        "Statement 1, line 1: division by zero",
    ),
    (
        "CREATE TABLE forbidden (a int)",
        {"is_read_only": True},
        Reason.SQL_ERROR,
        "sql.read_only",
        "Statement 1, line 1 writes, or could: the datasource or the job is read-only.",
    ),
    (
        "SELECT pg_sleep(30)",
        {"timeout_seconds": 0.3},
        Reason.TIMEOUT,
        "sql.timeout",
        "The run took longer than its 0.3 s and was stopped; nothing is kept.",
    ),
]
SERVERS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"host": "no-such-host.invalid"},
        "network.unknown_host",
        'The host "no-such-host.invalid" is not known: its name can\'t be resolved.',
    ),
    (
        {"password": "guessed"},
        "datasource.wrong_password",
        'The server 127.0.0.1 refuses the user "analyst" with this password.',
    ),
    (
        {"database": "sails"},
        "datasource.unknown_database",
        'The server 127.0.0.1 has no database "sails", or not for the user "analyst".',
    ),
]


def query(target: Target, text: str, **rules: Any) -> tuple[Reason, str, str]:
    end = sql.run(
        sql.SqlSpec(target=target, text=text, **rules), on_line=lambda *_: None, cancel=CancelToken()
    )
    assert end.error is not None, end
    return end.reason, end.error.code, end.error.message


@pytest.mark.parametrize(("text", "rules", "reason", "code", "message"), STATEMENTS)
def test_a_statement(postgres_server, text, rules, reason, code, message):
    assert query(postgres_server, text, **rules) == (reason, code, message)


@pytest.mark.parametrize(("facts", "code", "message"), SERVERS)
def test_a_datasource(postgres_server, facts, code, message):
    assert query(variant(postgres_server, **facts), "SELECT 1")[1:] == (code, message)


def test_a_datasource_where_nothing_listens(postgres_server, closed_port):
    assert query(variant(postgres_server, port=closed_port), "SELECT 1") == (
        Reason.UNREACHABLE,
        "network.refused",
        f"Nothing listens on port {closed_port} of 127.0.0.1: the connection was refused.",
    )


# --- HTTP -----------------------------------------------------------------------------------------------

REQUESTS = [
    (
        "http://169.254.169.254/latest",
        "network.address_refused",
        'The address 169.254.169.254 of the host "169.254.169.254" is closed to jobs.',
    ),
    (
        "http://no-such-host.invalid/",
        "network.unknown_host",
        'The host "no-such-host.invalid" is not known: its name can\'t be resolved.',
    ),
    ("http://a:port/", "http.bad_request", "The request can't be sent: Invalid port: 'port'"),
]


@pytest.mark.parametrize(("url", "code", "message"), REQUESTS)
def test_a_request(url, code, message):
    spec = http.HttpSpec(method="GET", url=url, guard=Guard.of(["169.254.0.0/16"]), timeout_seconds=10)

    end = http.run(spec, on_line=lambda *_: None, cancel=CancelToken())

    assert end.error is not None
    assert (end.error.code, end.error.message) == (code, message)


# --- scripts --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def forks() -> Iterator[ForkServer]:
    folder = shared() / f"bad-input-{os.getpid()}"
    server = ForkServer(workdirs=folder)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


def carried_out(forks: ForkServer, tenant: Any, source: str, **rules: Any) -> tuple[str, str, list[str]]:
    """Reason, sentence and log of a shell script."""
    run = factories.run(factories.job(kind="shell", source=source, timeout_seconds=30, **rules))
    log = LogWriter(run.pk, attempt=1, cap_bytes=MB)
    outcome = attempts.carry_out(run, attempt=1, tenant=tenant, log=log, cancel=CancelToken(), forks=forks)
    log.close()
    lines = [
        line.text
        for chunk in LogChunk.objects.filter(run=run).order_by("first_line")
        for line in parse(chunk.text, first_line=chunk.first_line)
        if line.stream != "system"
    ]
    message = outcome.message
    return outcome.reason.value, message["template"] % message["params"] if message else "", lines


SCRIPTS: list[tuple[str, dict[str, Any], str, str, list[str]]] = [
    ("exit 3", {}, "exit_code", "The script ended with exit code 3.", []),
    (
        "echo never",
        {"interpreter": "/opt/python9/bin/python9"},
        "not_started",
        "The script could not be started: there is no /opt/python9/bin/python9 on this executor.",
        [],
    ),
    (r"printf 'caf\xe9\n'", {}, "", "", ["caf\\xe9"]),
    (r"printf 'a\0b\n'", {}, "", "", ["a\\x00b"]),
    ("echo on\n" + "# filler\n" * (10 * MB // 9), {}, "", "", ["on"]),
    (
        "echo done, 3 rows > $JIEPAI_RESULT_FILE",
        {},
        "",
        "The script's result is not JSON and was left out: Expecting value: line 1 column 1 (char 0).",
        [],
    ),
    (
        "head -c 1048577 /dev/zero > $JIEPAI_RESULT_FILE",
        {},
        "",
        "The script's result was left out: it is larger than the 1048576 bytes that are kept. "
        "Write large results to files.",
        [],
    ),
]


@pytest.mark.parametrize(
    ("source", "rules", "reason", "message", "lines"), SCRIPTS, ids=[case[0][:40] for case in SCRIPTS]
)
def test_a_script(forks, acme, source, rules, reason, message, lines):
    assert carried_out(forks, acme, source, **rules) == (reason, message, lines)


# --- settings -------------------------------------------------------------------------------------------

SETTINGS = [
    ("DATABASE_URL", "mysql://db/x", "must start with one of: postgresql://, postgres://"),
    ("DATABASE_URL", None, None),
    ("REDIS_URL", "localhost:6379", "must start with one of: redis://, rediss://, unix://"),
    ("SECRET_KEY", "secret", "must have at least 32 characters"),
    ("TIME_ZONE", "GMT+8", "is not a known time zone, such as Asia/Shanghai"),
    ("HTTP_ALLOW", "10.0.0.1/8", "10.0.0.1/8 is not a network such as 10.0.0.0/8"),
    ("WORKER_CONCURRENCY", "0", "Input should be greater than or equal to 1"),
    ("LOG_CAP_BYTES", "10MB", "Input should be a valid integer, unable to parse string as an integer"),
    ("SANDBOX", "some", "Input should be 'auto', 'none', 'basic' or 'strict'"),
]


@pytest.mark.parametrize(("name", "value", "reason"), SETTINGS)
def test_a_setting(monkeypatch, name, value, reason):
    for known in [known for known in os.environ if known.startswith("JIEPAI_")]:
        monkeypatch.delenv(known)
    good = {
        "DATABASE_URL": "postgresql://db/jiepai",
        "BROKER_URL": "redis://cache",
        "REDIS_URL": "redis://cache",
        "SECRET_KEY": "x" * 40,
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    }
    for known, text in {**good, name: value}.items():
        if text is not None:
            monkeypatch.setenv(f"JIEPAI_{known}", text)

    with pytest.raises(BadEnvironment) as caught:
        load()

    assert str(caught.value) == (f"JIEPAI_{name}: {reason}" if reason else f"JIEPAI_{name} is not set")


# --- the same over HTTP ---------------------------------------------------------------------------------

ANSWERS: list[tuple[str, dict[str, Any], str, str, str]] = [
    (
        "jobs/",
        {"name": "Load", "kind": "python", "definition": {**SCRIPT, "timeout_seconds": -1}},
        "timeout_seconds",
        "job.bad_definition",
        '"timeout_seconds" must be a number above 0 and at most 2592000, not -1.',
    ),
    (
        "jobs/{job}/runs/",
        {"params": {"day": "2026-01-01", "count": 0}},
        "params.count",
        "run.bad_parameters",
        'Parameter "count": 0 is less than the minimum of 1.',
    ),
    (
        "triggers/preview/",
        {"kind": "cron", "expression": "0 25 * * *", "zone": "UTC"},
        "expression",
        "cron.out_of_range",
        "hour: 25 is out of range 0–23.",
    ),
    (
        "triggers/",
        {"job": "{job}", "kind": "cron", "expression": "0 9 * * *", "zone": "Asia/Peking"},
        "zone",
        "schedule.unknown_zone",
        "Asia/Peking is not a time zone that is known here. Write a name such as Europe/Berlin or Asia/Shanghai.",
    ),
]


@pytest.mark.parametrize(("path", "body", "field", "code", "detail"), ANSWERS)
def test_an_answer_is_a_problem_that_names_the_field(acme, path, body, field, code, detail):
    job = factories.job(parameters=SCHEMA)
    body = {name: str(job.pk) if value == "{job}" else value for name, value in body.items()}

    answer = clients.browser(acme, factories.owner()).post(
        f"/api/v1/{path.format(job=job.pk)}", body, format="json", HTTP_ACCEPT_LANGUAGE="en"
    )

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    problem = answer.json()
    assert problem["errors"] == [{"field": field, "code": code, "detail": detail}]
    assert problem["code"] in (code, "invalid")
