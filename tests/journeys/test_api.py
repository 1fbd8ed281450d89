"""The example of the documents, run as a program of its own against real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from apps.accounts.services import tokens
from apps.executors.models import Executor
from apps.jobs.models import Run
from apps.scheduling.models import Trigger
from tests import factories
from tests.processes import ROOT, until

pytestmark = pytest.mark.processes
EXAMPLE = ROOT / "docs" / "examples" / "first_job.py"

#: Names below "localhost" lead to this machine (RFC 6761), which not every system's resolver knows.
RESOLVER = """
import socket
ask = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: ask("127.0.0.1" if str(host).endswith(".localhost") else host, *rest, **more)
"""


def _lines_of_code(path: Path) -> int:
    text = path.read_text(encoding="utf-8").split('"""', 2)[2]
    return sum(1 for line in text.splitlines() if line.strip())


def test_a_program_makes_a_job_sees_it_fire_follows_its_log_and_pauses_it(processes, tmp_path):
    # Given a running platform and a token
    _, key = tokens.issue(user=factories.owner(), name="example", lifetime=timedelta(days=1))
    port = urlsplit(processes.web()).port
    processes.worker()
    processes.beat()
    until(
        lambda: Executor.objects.filter(state="online").exists() and "Starting" in processes.logs(),
        seconds=60,
    )
    (tmp_path / "sitecustomize.py").write_text(RESOLVER)

    # When the example runs
    program = subprocess.Popen(
        [sys.executable, EXAMPLE],
        env={
            **os.environ,
            "PYTHONPATH": str(tmp_path),
            "JIEPAI_URL": f"http://acme.localhost:{port}",
            "JIEPAI_TOKEN": key,
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    heard = [(line.rstrip("\n"), datetime.now(UTC)) for line in program.stdout]
    assert program.wait(timeout=60) == 0

    # Then it has printed both logs, the second one line after line while that run ran, and paused the job
    lines = [f"line {number}" for number in range(4)]
    assert [line for line, _ in heard] == [*lines, *lines, "paused: True"]
    first: Any
    second: Any
    first, second = Run.objects.order_by("scheduled_for")[:2]
    assert second.scheduled_for - first.scheduled_for == timedelta(seconds=5)
    assert second.started_at < heard[4][1] < second.finished_at
    assert heard[7][1] - heard[4][1] > timedelta(seconds=1)

    # And nothing fires any more
    assert Trigger.objects.get().next_fire_at is None
    fired = Run.objects.count()
    time.sleep(5.5)
    assert Run.objects.count() == fired


def test_the_example_is_short():
    assert _lines_of_code(EXAMPLE) < 20


def test_the_documents_show_the_example_as_it_is():
    code = EXAMPLE.read_text(encoding="utf-8").split('"""', 2)[2].lstrip("\n")

    assert f"```python\n{code}```" in (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
