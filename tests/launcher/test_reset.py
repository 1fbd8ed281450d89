"""`make reset` asks, and removes no more than what `make run` made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.launcher.conftest import Clone


@pytest.fixture
def used(clone: Clone, short_dir: Path) -> Clone:
    """A clone with data, part of it elsewhere, as after `make run` as root below a closed folder."""
    home = short_dir / "state" / "0123"
    home.mkdir(parents=True)
    (home / "belongs-to").write_text(str(clone.data / "postgres"))
    (short_dir / "state" / "program-x").mkdir()
    (clone.data / "postgres").mkdir(parents=True)
    (clone.data / "postgres" / "home").write_text(f"{home}\n")
    (clone.data / "run.lock").touch()
    return clone


def reset(clone: Clone, answer: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "launcher.reset", *arguments],
        cwd=clone.folder,
        env=clone.environment(),
        input=answer,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("answer", ["no\n", "\n", "y\n", ""])
def test_anything_but_yes_removes_nothing(used: Clone, short_dir: Path, answer: str) -> None:
    done = reset(used, answer)
    assert done.returncode == 1
    assert f"This removes {used.data} and {short_dir / 'state/0123'}" in done.stdout
    assert done.stdout.endswith("Nothing was removed.\n")
    assert (used.data / "run.lock").exists()
    assert (short_dir / "state" / "0123").exists()


@pytest.mark.parametrize(("answer", "arguments"), [("yes\n", ()), ("", ("--yes",))])
def test_yes_removes_everything(
    used: Clone, short_dir: Path, answer: str, arguments: tuple[str, ...]
) -> None:
    done = reset(used, answer, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert not used.data.exists()
    assert list((short_dir / "state").iterdir()) == []


def test_programs_stay_while_another_clone_has_data_beside_them(used: Clone, short_dir: Path) -> None:
    other = short_dir / "state" / "4567"
    other.mkdir()
    (other / "belongs-to").write_text("/elsewhere")
    assert reset(used, "", "--yes").returncode == 0
    assert {path.name for path in (short_dir / "state").iterdir()} == {"4567", "program-x"}


def test_a_folder_of_somebody_else_is_refused(clone: Clone, short_dir: Path) -> None:
    home = short_dir / "thesis"
    home.mkdir()
    clone.variables["JIEPAI_DATA_DIR"] = str(home)
    done = reset(clone, "", "--yes")
    assert done.stderr == f"jiepai: {home} was not made by `make run`: remove it yourself if you mean it.\n"
    assert home.exists()


def test_nothing_to_remove(clone: Clone) -> None:
    assert reset(clone, "").stdout == f"There is nothing to remove: {clone.data} does not exist.\n"
