"""The container image and its compose file, as far as they can be held to something without a container engine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house import sources

ROOT = sources.ROOT
STAGES = re.split(r"^FROM ", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
PLATFORM = STAGES[-1]
COPIES = [
    line.split()[1:] for line in PLATFORM.splitlines() if line.startswith("COPY ") and "--from" not in line
]


@pytest.fixture(scope="module")
def composed() -> dict[str, Any]:
    file: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
    return file


def test_what_the_image_copies_is_let_through_and_nothing_else_is() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    wanted = {name for *names, _ in COPIES for name in names} | {"requirements.txt", "frontend/"}
    assert ignored[1] == "*"
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == wanted
    assert [name for name in wanted if not (ROOT / name).exists()] == []


def test_it_does_not_run_as_root_and_says_when_it_is_well() -> None:
    assert re.search(r"^USER (?!root|0\b)\w+", PLATFORM, flags=re.MULTILINE)
    assert PLATFORM.index("USER ") < PLATFORM.index("HEALTHCHECK ") < PLATFORM.index("\nCMD ")
    assert "/healthz" in PLATFORM


def test_what_is_copied_is_a_whole_platform(tmp_path: Path) -> None:
    """The steps of the last stage, in a folder that holds what the image would."""
    for *names, target in COPIES:
        for name in names:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
            copy(ROOT / name, tmp_path / target / ("" if name.endswith("/") else name), **_options(name))
    built = tmp_path / "frontend" / "dist" / "index.html"
    built.parent.mkdir(parents=True)
    built.write_text("<!doctype html>")
    settings = dict(re.findall(r"(JIEPAI_\w+_URL)=(\S+)", PLATFORM))
    assert len(settings) == 3
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{tmp_path / 'platform'}{os.pathsep}{tmp_path}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "JIEPAI_DATA_DIR": str(tmp_path / "var"),
        **settings,
        "JIEPAI_SECRET_KEY": "x" * 40,
        "JIEPAI_ENCRYPTION_KEYS": os.environ["JIEPAI_ENCRYPTION_KEYS"],
    }
    for command in (
        [
            "-m",
            "babel.messages.frontend",
            "--quiet",
            "compile",
            "--domain",
            "django djangojs",
            "--directory",
            "locale",
        ],
        ["manage.py", "collectstatic", "--no-input", "--verbosity", "0"],
        ["-c", "import config.asgi, config.celery; assert config.asgi.application and config.celery.app"],
    ):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    static = tmp_path / "var" / "static"
    assert (static / "staticfiles.json").exists()
    assert (static / "spa" / "index.html").exists()
    for domain in ("django", "djangojs"):
        assert (tmp_path / f"locale/zh_Hans/LC_MESSAGES/{domain}.mo").exists()


def _options(name: str) -> dict[str, Any]:
    if not (ROOT / name).is_dir():
        return {}
    return {"dirs_exist_ok": True, "ignore": shutil.ignore_patterns("__pycache__", "*.mo")}


def test_the_commands_that_containers_run_are_there(composed: dict[str, Any]) -> None:
    from django.core.management import get_commands

    words = " ".join(" ".join(service.get("command", [])) for service in composed["services"].values())
    named = set(re.findall(r"manage\.py,? (\w+)", words))
    assert named >= {"worker", "beat", "migrate_schemas", "setup_platform"}
    assert named <= set(get_commands())


def test_no_secret_has_a_default(composed: dict[str, Any]) -> None:
    settings = {
        f"{service}.{name}": value
        for service, one in composed["services"].items()
        for name, value in one.get("environment", {}).items()
        if re.search(r"PASSWORD|SECRET|KEYS|_URL", name)
    }
    assert len(settings) > 10
    assert [name for name, value in settings.items() if not re.search(r"\$\{[A-Z_]+:\?[^}]+\}", value)] == []
    assert [name for name, value in settings.items() if re.search(r"\$\{[A-Z_]+:?-", value)] == []
