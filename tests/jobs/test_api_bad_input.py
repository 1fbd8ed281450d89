"""What the API of jobs and runs refuses, each with a problem document that says what to mend."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apps.jobs.models import Job, Run
from tests import clients, factories

JOBS, RUNS = "/api/v1/jobs/", "/api/v1/runs/"
PROBLEM = "application/problem+json"


@pytest.fixture
def client(acme):
    return clients.browser(acme, factories.owner())


def create(client: Any, **facts: Any) -> Any:
    facts = {"name": "Load", "kind": "python", "definition": {"source": "print(1)"}, **facts}
    return client.post(JOBS, {name: value for name, value in facts.items() if value is not ...})


def refusal(answer: Any) -> tuple[str, str]:
    """The one field that is wrong and why."""
    assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM), answer.content
    (error,) = answer.json()["errors"]
    return error["field"], error["detail"]


BAD_JOBS: dict[str, tuple[dict[str, Any], str, str]] = {
    "no name": ({"name": ...}, "name", "This field is required."),
    "a blank name": ({"name": "  "}, "name", "This field may not be blank."),
    "a name that is too long": (
        {"name": "n" * 201}, "name", "Ensure this field has no more than 200 characters.",
    ),
    "a null character in the name": ({"name": "a\x00b"}, "name", "Null characters are not allowed."),
    "a null character in a tag": ({"tags": ["a\x00"]}, "tags.0", "Null characters are not allowed."),
    "tags that are a word": ({"tags": "a"}, "tags", 'Expected a list of items but got type "str".'),
    "an unknown kind": ({"kind": "perl"}, "kind", '"perl" is not a valid choice.'),
    "no definition": ({"definition": ...}, "definition", "This field is required."),
    "a definition that is a list": (
        {"definition": [1]}, "definition", "The definition must be a JSON object.",
    ),
    "no script": ({"definition": {}}, "source", "The script is missing."),
    "a null character in the script": (
        {"definition": {"source": "a\nb\x00"}},
        "source",
        "The script contains a null character in line 2; remove it.",
    ),
    "a null character in the parameters' schema": (
        {"definition": {"source": "x", "parameters": {"properties": {"day": {"title": "a\x00"}}}}},
        "parameters.properties.day.title",
        '"parameters.properties.day.title" contains a null character; remove it.',
    ),
    "a schema that leads elsewhere": (
        {"definition": {"source": "x", "parameters": {"properties": {"a": {"$ref": "file:///etc/passwd"}}}}},
        "parameters",
        'The parameters\' schema refers to "file:///etc/passwd"; only parts of itself ("#/…") can be referred to.',
    ),
    "a schema that is none": (
        {"definition": {"source": "x", "parameters": {"properties": []}}},
        "parameters",
        "The parameters' schema is not a JSON schema: [] is not of type 'object'.",
    ),
    "a null character in a name": (
        {"definition": {"source": "x", "env": {"A\x00": "1"}}},
        "env",
        '"env" contains a null character; remove it.',
    ),
    "a null character in a body": (
        {"kind": "http", "definition": {"url": "https://example.com", "body": {"a": ["\x00"]}}},
        "body.a.0",
        '"body.a.0" contains a null character; remove it.',
    ),
    "a script for SQL": (
        {"kind": "sql"},
        "source",
        'Unknown field "source"; known are: datasource, env, group, max_rows, max_running, parameters, '
        "priority, read_only, required_tags, retry, statement, timeout_seconds.",
    ),
    "SQL without a datasource": (
        {"kind": "sql", "definition": {"statement": "SELECT 1"}},
        "datasource",
        "Choose the datasource that the SQL runs on.",
    ),
    "a negative timeout": (
        {"definition": {"source": "x", "timeout_seconds": -1}},
        "timeout_seconds",
        '"timeout_seconds" must be a number above 0 and at most 2592000, not -1.',
    ),
    "an unknown retry strategy": (
        {"definition": {"source": "x", "retry": {"strategy": "often"}}},
        "retry.strategy",
        '"often" is not a retry strategy; known are: none, fixed, linear, exponential.',
    ),
    "a priority of ten": (
        {"definition": {"source": "x", "priority": 10}},
        "priority",
        '"priority" must be a whole number from 1 to 9, not 10.',
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_JOBS)
def test_a_job_that_makes_no_sense_is_refused_by_field(client, case):
    facts, field, detail = BAD_JOBS[case]

    assert refusal(create(client, **facts)) == (field, detail)
    assert not Job.objects.exists()


def test_a_name_is_given_once_in_any_case(client):
    create(client)

    answer = create(client, name="LOAD")

    assert answer.json()["code"] == "job.name_taken"
    assert refusal(answer) == ("name", 'There is already a job named "LOAD".')


SCHEMA = {"properties": {"day": {"type": "string"}, "n": {"type": "integer"}}, "required": ["day"]}
BAD_PARAMS: dict[str, tuple[Any, str, str]] = {
    "a list": ([1], "params", "Parameters must be a JSON object."),
    "a missing one": ({}, "params.day", 'Parameter "day" is required.'),
    "an unknown one": (
        {"day": "x", "dya": 1}, "params.dya", 'There is no parameter "dya"; the job has: day, n.',
    ),
    "another type": (
        {"day": "x", "n": "1"}, "params.n", "Parameter \"n\": '1' is not of type 'integer'.",
    ),
    "a null character": (
        {"day": "\x00"}, "params.day", '"params.day" contains a null character; remove it.',
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_PARAMS)
def test_parameters_that_do_not_fit_the_schema_are_refused_by_name(client, case):
    params, field, detail = BAD_PARAMS[case]
    job = factories.job(parameters=SCHEMA)

    assert refusal(client.post(f"{JOBS}{job.pk}/runs/", {"params": params})) == (field, detail)
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"$ref": "#"}, "the schema refers to itself without end"),
        ({"$ref": "#/$defs/day"}, "the schema refers to a part that it does not have"),
        ({"$ref": "#day"}, "the schema refers to a part that it does not have"),
    ],
)
def test_a_schema_that_leads_nowhere_is_told_when_it_is_used(client, schema, reason):
    job = factories.job(parameters={"properties": {"day": {}}, **schema})

    answer = client.post(f"{JOBS}{job.pk}/runs/", {"params": {"day": 1}})

    assert refusal(answer) == ("params", f'Parameter "params": {reason}.')


@pytest.mark.parametrize("key", ["", "k" * 201, "täglich", "a\tb"])
def test_an_idempotency_key_has_a_bounded_length_and_plain_characters(client, key):
    job = factories.job()

    answer = client.post(f"{JOBS}{job.pk}/runs/", HTTP_IDEMPOTENCY_KEY=key)

    assert refusal(answer) == (
        "Idempotency-Key",
        "The Idempotency-Key header must have 1 to 200 printable ASCII characters.",
    )
    assert not Run.objects.exists()


RAW: dict[str, tuple[bytes, str, str]] = {
    "half a body": (
        b'{"name": ',
        "request.not_json",
        "The request's body is not JSON: expecting value (line 1, column 10).",
    ),
    "not a number": (
        b'{"name": NaN}',
        "request.not_json",
        "The request's body is not JSON: NaN is not a JSON value.",
    ),
    "not UTF-8": (
        b'{"name": "\xff"}',
        "request.not_json",
        "The request's body is not JSON: byte 10 is not UTF-8.",
    ),
    "a deep one": (
        b"[" * 65 + b"]" * 65,
        "request.too_deep",
        "The request's body is nested more than 64 levels deep.",
    ),
    "a bottomless one": (
        b"[" * 500_000,
        "request.too_deep",
        "The request's body is nested more than 64 levels deep.",
    ),
    "half a character": (
        b'{"kind": "\\ud800"}',
        "request.half_a_character",
        "The request's body contains half a character (a lone surrogate, such as \\ud800).",
    ),
    "a list": (b"[1]", "invalid", "Invalid data. Expected a dictionary, but got list."),
    "a word": (b'"job"', "invalid", "Invalid data. Expected a dictionary, but got str."),
}


@pytest.mark.parametrize("case", RAW)
@pytest.mark.parametrize("path", [JOBS, f"{JOBS}{{job}}/runs/", "/api/v1/session/"])
def test_a_body_that_can_not_be_read_is_told_apart(client, case, path):
    body, code, detail = RAW[case]
    path = path.format(job=factories.job().pk)

    answer = client.post(path, body, content_type="application/json")

    assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM), answer.content
    assert (answer.json()["code"], answer.json()["detail"]) == (code, detail)


def test_a_whole_character_outside_the_basic_plane_is_no_half(client):
    answer = client.post(
        JOBS,
        json.dumps({"name": "Load 😀", "kind": "python", "definition": {"source": "print('😀')"}}),
        content_type="application/json",
    )

    assert (answer.status_code, answer.json()["name"]) == (201, "Load 😀")


def test_a_script_of_10_mb_is_taken_and_one_of_17_is_refused_with_its_size(client):
    ten = create(client, definition={"source": "# 节拍\n" * 1_000_000})
    seventeen = create(client, definition={"source": "#" * 17 * 2**20})

    assert ten.status_code == 201
    assert refusal(seventeen) == (
        "source",
        "The script has 17 MB; at most 16 MB fit. Keep data in files, not in the script.",
    )


def test_a_request_that_is_too_large_is_refused_as_such(client):
    answer = create(client, definition={"source": "#" * 41 * 2**20})

    assert (answer.status_code, answer["Content-Type"]) == (413, PROBLEM)
    assert (answer.json()["code"], answer.json()["detail"]) == (
        "request.too_large",
        "The request is larger than the 40 MB that are taken.",
    )


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x"])
def test_only_json_is_understood(client, content_type):
    answer = client.post(JOBS, b"name=x", content_type=content_type)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "path",
    [
        f"{JOBS}1/",
        f"{JOBS}0190f5fe-7c00-7a00-8000-000000000000/",
        f"{JOBS}%00/",
        f"{JOBS}0190f5fe-7c00-7a00-8000-000000000000/versions/1/",
        f"{RUNS}x/log/",
        f"{RUNS}0190f5fe-7c00-7a00-8000-000000000000/log/download/",
        f"{RUNS}0190f5fe-7c00-7a00-8000-000000000000/result/",
    ],
)
def test_what_is_not_there_is_404_whatever_its_name(client, path):
    answer = client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), answer.content


@pytest.mark.parametrize("path", [JOBS, RUNS])
@pytest.mark.parametrize("cursor", ["x", "%00", "cD0=", "cD1ub3RhZGF0ZQ==", "bz05OTk5OTk5OTk5OTk5OTk5"])
def test_a_cursor_that_nobody_gave_is_refused_or_leads_nowhere(client, path, cursor):
    factories.run()

    answer = client.get(f"{path}?cursor={cursor}")

    assert answer.status_code in (200, 404), answer.content
    if answer.status_code == 404:
        assert answer["Content-Type"] == PROBLEM


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("search=%00", "search"),
        ("tag=%00", "tag"),
        ("owner=%00", "owner"),
        ("kind=perl", "kind"),
        ("datasource=sales", "datasource"),
        ("ordering=%00", None),
        ("ordering=version__definition", None),
        ("page_size=-1", None),
        ("page_size=many", None),
    ],
)
def test_a_list_of_jobs_takes_or_names_what_it_is_asked(client, query, field):
    factories.job()

    answer = client.get(f"{JOBS}?{query}")

    if field is None:
        assert answer.status_code == 200
        assert len(answer.json()["results"]) == 1
    else:
        assert refusal(answer)[0] == field
