"""What an editor asks for: the definition to begin with, and a source put into shape."""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from apps.jobs.domain import definition
from apps.jobs.services import formatting
from tests import clients, factories

pytestmark = pytest.mark.django_db
FORMAT, DEFAULTS = "/api/v1/jobs/format/", "/api/v1/jobs/defaults/"


@pytest.fixture
def client(acme):
    return clients.browser(acme, factories.user())


def shape(client, kind, source):
    answer = client.post(FORMAT, {"kind": kind, "source": source})
    assert answer.status_code == 200, answer.content
    return answer.json()


SHAPES = {
    "python": ("x = {  'a':1 }\nif x :\n  print( x)", 'x = {"a": 1}\nif x:\n    print(x)\n'),
    "shell": ('if true; then\necho "$x"\nfi', 'if true; then\n    echo "$x"\nfi\n'),
    "sql": (
        "select Name, b from Data where d = :day -- all\nand b > 1;",
        "select Name,\n       b\nfrom Data\nwhere d = :day -- all\nand b > 1;\n",
    ),
}


@pytest.mark.parametrize("kind", SHAPES)
def test_a_source_is_put_into_its_languages_shape_once(client, kind):
    before, after = SHAPES[kind]

    assert shape(client, kind, before) == {"source": after, "changed": True}
    assert shape(client, kind, after) == {"source": after, "changed": False}
    assert shape(client, kind, " \n") == {"source": " \n", "changed": False}


def test_python_keeps_to_the_syntax_of_the_oldest_that_may_run_it(client):
    source = "try:\n    pass\nexcept (ValueError, TypeError):\n    pass\n"

    assert shape(client, "python", source)["source"] == source


@pytest.mark.parametrize(
    ("kind", "source", "line", "column"),
    [
        ("python", 'print("节拍")\nx = "节拍" +\n', 2, 11),
        ("python", "def f(:\n    pass\n", 1, 7),
        ("shell", 'if x; then\n    echo "节" (\nfi\n', 2, 14),
        ("shell", "if true; then\n", 1, 10),
    ],
)
def test_a_source_that_can_not_be_parsed_says_where(client, kind, source, line, column):
    answer = client.post(FORMAT, {"kind": kind, "source": source})

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (400, "job.source_unparsable")
    assert (problem["line"], problem["column"]) == (line, column)
    assert problem["detail"].startswith(f"Line {line}, column {column}: ")
    assert problem["errors"][0]["field"] == "source"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "http", "source": "x"}, "invalid_choice"),
        ({"kind": "python"}, "required"),
        ({"kind": "python", "source": "x\x00"}, "null_characters_not_allowed"),
        ({"kind": "python", "source": "#" * (256 * 1024 + 1)}, "job.source_too_large"),
        ({"kind": "python", "source": "x = " + "(" * 100_000}, "job.source_unparsable"),
        ({"kind": "sql", "source": "select " + "(" * 100_000}, "job.source_not_formatted"),
    ],
)
def test_what_can_not_be_formatted_is_refused(client, body, code):
    answer = client.post(FORMAT, body)

    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["code"] == code


def test_who_is_not_signed_in_formats_nothing(acme):
    assert clients.anyone(acme).post(FORMAT, {"kind": "python", "source": "x"}).status_code == 401


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Path]:
    """A formatter that does what the test says."""

    def make(text: str) -> Path:
        path = tmp_path / "tool"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        monkeypatch.setitem(formatting._COMMANDS, "shell", (str(path),))
        return path

    return make


def test_the_formatter_learns_nothing_of_the_servers_secrets(client, tool, monkeypatch):
    monkeypatch.setenv("JIEPAI_SECRET_KEY", "geheim")
    assert "geheim" in os.environ["JIEPAI_SECRET_KEY"]
    tool("env")

    told = shape(client, "shell", "x")["source"]

    names = {line.partition("=")[0] for line in told.splitlines() if "=" in line}
    assert names <= {"PATH", "LANG", "PWD", "_", "SHLVL", "OLDPWD"}


def test_a_formatter_that_takes_too_long_is_stopped(client, tool, monkeypatch):
    monkeypatch.setattr(formatting, "SECONDS", 0.3)
    tool("exec sleep 30")

    answer = client.post(FORMAT, {"kind": "shell", "source": "x"})

    assert (answer.status_code, answer.json()["code"]) == (400, "job.source_not_formatted")


def test_a_formatter_that_is_missing_is_the_platforms_fault(client, tool):
    tool("true").unlink()

    answer = client.post(FORMAT, {"kind": "shell", "source": "x"})

    assert (answer.status_code, answer.json()["code"]) == (500, "platform.no_formatter")


@pytest.mark.parametrize("kind", ["python", "shell", "sql", "http"])
def test_a_new_job_begins_with_every_default(client, kind):
    begun = client.get(DEFAULTS, {"kind": kind}).json()

    given = {**begun, **{"sql": {"datasource": str(uuid4())}, "http": {"url": "https://a"}}.get(kind, {})}
    assert definition.complete(kind, given) == given
    assert begun["timeout_seconds"] == 3600
    if kind in ("sql", "http"):
        assert begun["datasource" if kind == "sql" else "url"] == ""


@pytest.mark.parametrize("kind", ["python", "shell", "sql"])
def test_the_source_to_begin_with_is_in_shape_and_explains_itself_in_the_readers_language(acme, kind):
    client = clients.browser(acme, factories.user(language="zh-hans"))

    begun = client.get(DEFAULTS, {"kind": kind}).json()
    source = begun["statement" if kind == "sql" else "source"]

    assert "参数" in source
    assert shape(client, kind, source)["changed"] is False


def test_the_scripts_to_begin_with_run(client, tmp_path):
    env = {
        "JIEPAI_PARAMS": '{"day": "monday"}',
        "JIEPAI_RESULT_FILE": str(tmp_path / "result"),
        "PATH": os.environ["PATH"],
    }
    for kind, program in (("python", "python3"), ("shell", "bash")):
        source = client.get(DEFAULTS, {"kind": kind}).json()["source"]
        done = subprocess.run([program, "-c", source], env=env, capture_output=True, text=True, check=True)
        assert "monday" in done.stdout
        assert ast.literal_eval((tmp_path / "result").read_text().replace("true", "True")) == {"ok": True}


def test_defaults_are_asked_for_by_kind(client):
    for query in ({}, {"kind": "perl"}):
        answer = client.get(DEFAULTS, query)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "kind")
