"""Rules about the code that no linter knows."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib

import pytest
from django.core.management import get_commands, load_command_class

from tests.house import sources

ROOT = sources.ROOT
MOST_LINES = 500
#: Longer on purpose: tables of cases.
LONG = {"tests/bad_input/test_messages.py", "tests/jobs/test_sql_runner.py"}


def test_the_platform_folder_does_not_shadow_the_standard_library() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()
    asked = subprocess.run(
        [sys.executable, "-c", "import platform; print(platform.system())"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stdout.strip() == os.uname().sysname


def test_no_file_is_too_long_to_have_one_noun() -> None:
    long = {}
    for path in sources.files(".py", ".ts", ".vue"):
        name = path.relative_to(ROOT).as_posix()
        count = path.read_text(encoding="utf-8").count("\n")
        if count > MOST_LINES and "/migrations/" not in name and not name.endswith("schema.d.ts"):
            long[name] = count
    assert {name: count for name, count in long.items() if name not in LONG} == {}
    assert LONG - set(long) == set()  # what has become short leaves the list


def test_no_file_is_called_after_nothing() -> None:
    vague = {"utils", "util", "helpers", "common", "misc"}
    assert [path for path in sources.files(".py", ".ts") if path.stem.lower() in vague] == []


def test_the_environment_is_read_in_one_place() -> None:
    readers = [
        name
        for name, tree in sources.python("apps", "platform/config", "platform/kernel")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"environ", "getenv"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    ]
    # The last two set a default for a child, or clean their own; neither looks for a setting.
    assert set(readers) <= {
        "platform/config/settings/env.py",
        "platform/config/celery.py",
        "platform/config/wsgi.py",
    } | {name for name in readers if name.startswith("apps/jobs/runners/sandbox/")}


def test_each_command_says_what_it_is_for() -> None:
    ours = {name: app for name, app in get_commands().items() if app.startswith(("apps.", "config"))}
    assert {"worker", "beat", "tenant", "setup_platform"} <= set(ours)
    assert [name for name, app in ours.items() if not load_command_class(app, name).help] == []


def test_no_registry_is_named() -> None:
    """Where packages come from is the business of whoever installs them: a mirror, a proxy, a folder."""
    hosts = re.compile(
        "|".join(["pypi" + r"\.org", "pythonhosted" + r"\.org", "registry" + r"\.npmjs", "npmmirror" + r"\."])
    )
    naming = [
        path.relative_to(ROOT).as_posix()
        for path in sources.files()
        if path.suffix not in {".png", ".ico", ".woff2"}
        and hosts.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert naming == []


@pytest.mark.parametrize(
    "name", ["requirements", "requirements-dev", "requirements-local", "requirements-node"]
)
def test_what_is_asked_for_is_pinned(name: str) -> None:
    asked = re.findall(
        r"^([A-Za-z][\w.-]*)", (ROOT / f"{name}.in").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    pinned = re.findall(
        r"^([A-Za-z][\w.-]*)(?:\[[\w,-]+\])?==", (ROOT / f"{name}.txt").read_text(), flags=re.MULTILINE
    )
    assert {_normal(word) for word in asked} <= {_normal(word) for word in pinned}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_app_is_held_by_the_import_contracts() -> None:
    contracts = (ROOT / ".importlinter").read_text(encoding="utf-8")
    apps = {path.parent.name for path in (ROOT / "apps").glob("*/apps.py")}
    assert {name for name in apps if f"apps.{name}\n" not in contracts} == set()


def test_the_oldest_python_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["requires-python"] == ">=3.11"
    assert project["tool"]["ruff"]["target-version"] == "py311"
    assert project["tool"]["mypy"]["python_version"] == "3.11"
