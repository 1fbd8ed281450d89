"""`make test` itself: a failure is a failure, and in CI so is a skip."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest

from launcher import checks, testbed
from launcher.checks import Step, Verdict, run_step
from launcher.place import Refusal
from tests.processes import until


def test_the_output_of_a_failed_step_is_shown_in_one_piece(capsys: pytest.CaptureFixture[str]) -> None:
    verdict = Verdict()
    assert not run_step(Step("broken", ["sh", "-c", "echo one; echo two >&2; exit 3"]), verdict)
    assert run_step(Step("fine", ["sh", "-c", "echo nothing to see"]), verdict)
    shown = capsys.readouterr().out
    assert shown.startswith("one\ntwo\nFAILED broken")
    assert "nothing to see" not in shown
    assert verdict.failed == ["broken"]


def test_a_step_that_hangs_is_ended_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "STEP_SECONDS", 0.5)
    verdict = Verdict()
    child = tmp_path / "child"
    run_step(Step("hangs", ["sh", "-c", f"sleep 987 & echo $! > {child}; wait"]), verdict)
    assert verdict.failed == ["hangs"]
    assert "still running after 0.5 seconds" in capsys.readouterr().out
    until(
        lambda: _has_ended(int(child.read_text())), seconds=10
    )  # a kill takes effect when the kernel comes to it


def test_settings_of_the_caller_do_not_reach_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIEPAI_DATABASE_URL", "postgresql://production/")
    program = "import os, sys; sys.exit('JIEPAI_DATABASE_URL' in os.environ)"
    assert run_step(Step("clean", [sys.executable, "-c", program]), Verdict())


@pytest.mark.parametrize(("allowed", "failed"), [(True, []), (False, ["browser"])])
def test_a_skip_is_a_failure_where_skips_are_not_allowed(allowed: bool, failed: list[str]) -> None:
    verdict = Verdict()
    verdict.skip("browser", "there is no Chromium", allowed=allowed)
    assert verdict.failed == failed


def test_packages_that_nobody_can_install_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        testbed, "PACKAGES", {"a-server": ("/nonexistent/a-server",), "a-shell": ("/bin/sh",)}
    )
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(Refusal, match=r"apt install a-server$"):
        testbed.ensure(print)


def _has_ended(pid: int) -> bool:
    """Gone, or waiting to be reaped by init."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
