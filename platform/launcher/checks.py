"""`make test`: every linter and every test, each step's output in one piece, and a verdict at the end.

The cheap steps run beside each other while missing test servers are installed; then pytest has all
cores, then the browser. No step is left out because an earlier one failed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from launcher import install, testbed
from launcher.place import ROOT, VENV, Refusal, exit_with_one_sentence, say

STEP_SECONDS = 10 * 60
PYTEST_SECONDS = 40 * 60
# Tests that share a server that is slow to start are marked as one group, which one process gets.
SHARED_OUT = ("-n", "auto", "--maxprocesses=4", "--dist=loadgroup")


@dataclass(frozen=True, slots=True)
class Step:
    """One command of `make test`; ``live`` shows its output as it comes. seconds: its limit, if not the usual one."""

    name: str
    command: Sequence[str]
    cwd: Path = ROOT
    env: Mapping[str, str] = field(default_factory=dict)
    live: bool = False
    seconds: float | None = None


class Verdict:
    """Collects how the steps ended; safe to use from several threads."""

    def __init__(self) -> None:
        self.failed: list[str] = []
        self._speaking = threading.Lock()

    def tell(self, name: str, *, ok: bool, seconds: float, output: str = "") -> None:
        with self._speaking:
            if output and not ok:
                say(output.rstrip())
            say(f"{'ok    ' if ok else 'FAILED'} {name}  ({seconds:.1f} s)")
            if not ok:
                self.failed.append(name)

    def skip(self, name: str, reason: str, *, allowed: bool) -> None:
        with self._speaking:
            say(f"{'skip  ' if allowed else 'FAILED'} {name}: {reason}")
            if not allowed:
                self.failed.append(name)


def main() -> int:
    """Run everything; 0 when all is well. CI=true turns every skip into a failure."""
    in_ci = os.environ.get("CI") == "true"
    verdict = Verdict()
    with ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 2)) as pool:
        pool.submit(_guarded, verdict, "test servers", lambda: testbed.ensure(say), allowed=not in_ci)
        if (install.FRONTEND / "package.json").exists():
            pool.submit(_guarded, verdict, "front end", lambda: _frontend(verdict), allowed=False)
        for step in static_steps():
            pool.submit(run_step, step, verdict)
    run_step(pytest_step("pytest", ["--ignore=tests/e2e", *SHARED_OUT]), verdict)
    if (ROOT / "tests" / "e2e").is_dir():
        if testbed.chromium():
            run_step(pytest_step("pytest in the browser", ["tests/e2e", "-n", "2"]), verdict)
        else:
            verdict.skip("pytest in the browser", "there is no Chromium", allowed=not in_ci)
    say(
        f"\n{len(verdict.failed)} failed: {', '.join(verdict.failed)}" if verdict.failed else "\nAll is well."
    )
    return 1 if verdict.failed else 0


def static_steps() -> list[Step]:
    """The steps that need no server and not much of a processor."""
    python, tools = str(install.PYTHON), VENV / "bin"
    return [
        Step("mypy", [str(tools / "mypy"), "manage.py", "apps", "platform", "tests"]),
        Step("ruff check", [str(tools / "ruff"), "check", "."]),
        Step("ruff format", [str(tools / "ruff"), "format", "--check", "."]),
        Step("import-linter", [str(tools / "lint-imports")]),
        Step(
            "the platform module",
            [python, "-c", "import platform; platform.system()"],
            env={"PYTHONPATH": ""},
        ),
        Step(
            "migrations",
            [python, "manage.py", "makemigrations", "--check", "--dry-run"],
            env={"DJANGO_SETTINGS_MODULE": "tests.settings"},
        ),
    ]


def pytest_step(name: str, arguments: Sequence[str]) -> Step:
    """A pytest run that shows its progress."""
    command = [str(install.PYTHON), "-m", "pytest", "--durations=10", *arguments]
    return Step(name, command, live=True, seconds=PYTEST_SECONDS)


def run_step(step: Step, verdict: Verdict) -> bool:
    """Run one step to its end, or to its time limit with all its children; tells the verdict."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("JIEPAI_")}
    begun = time.monotonic()
    patience = step.seconds or STEP_SECONDS
    if step.live:
        say(f"\n--- {step.name}")
    process = subprocess.Popen(
        step.command,
        cwd=step.cwd,
        env={**inherited, **step.env},
        stdin=subprocess.DEVNULL,
        stdout=None if step.live else subprocess.PIPE,
        stderr=None if step.live else subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output = process.communicate(timeout=patience)[0] or ""
    except BaseException as error:  # also Ctrl-C: its children must not outlive us
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        output = (process.communicate()[0] or "") + f"\nStopped: still running after {patience} seconds."
    ok = process.returncode == 0
    verdict.tell(step.name, ok=ok, seconds=time.monotonic() - begun, output=output)
    return ok


def _frontend(verdict: Verdict) -> None:
    environment = install.ensure_node_modules()
    npm = shutil.which("npm", path=environment["PATH"]) or "npm"
    run_step(Step("front end", [npm, "run", "check"], cwd=install.FRONTEND, env=environment), verdict)


def _guarded(verdict: Verdict, name: str, work: Callable[[], None], *, allowed: bool) -> None:
    """Do some work whose Refusal is a skip where skips are allowed, and a failure where not."""
    try:
        work()
    except Refusal as refusal:
        verdict.skip(name, str(refusal), allowed=allowed)
    except Exception as error:  # a thread of the pool would swallow it
        verdict.skip(name, repr(error), allowed=False)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    exit_with_one_sentence(main)
