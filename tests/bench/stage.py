"""What the scenarios play on: servers, a database with one tenant, a worker and a beat, all on two cores."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

CORES = 2
SCRIPT = "print('hello')\n"


def pin() -> int:
    """Keep this process and all that it starts on two cores. Returns how many it got."""
    cores = sorted(os.sched_getaffinity(0))[:CORES]
    os.sched_setaffinity(0, cores)
    return len(cores)


@contextlib.contextmanager
def platform(folder: Path) -> Iterator[Any]:
    """A worker and a beat at work for the tenant acme; gives what starts further processes."""
    from apps.executors.models import Executor
    from apps.tenants.models import Tenant
    from kernel.schemas import connection
    from tests.processes import running, until

    connection.set_tenant(Tenant.objects.get(slug="acme"))
    with running(folder) as processes:
        processes.beat(JIEPAI_LOG_LEVEL="WARNING")
        worker = processes.worker(JIEPAI_LOG_LEVEL="WARNING")
        until(lambda: Executor.objects.filter(state="online").exists(), seconds=60)
        time.sleep(1.5)
        yield worker


@contextlib.contextmanager
def raw_celery(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The baseline's worker."""
    from tests.processes import until

    log = (folder / "raw.log").open("wb")
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "tests.bench.raw", "worker", "-P", "prefork", "-c", "8",
         "--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING"],
        env={name: value for name, value in os.environ.items() if not name.startswith("DJANGO")},
        stdout=log,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    from tests.bench import raw

    try:
        until(lambda: raw.app.control.ping(timeout=0.5), seconds=60)
        yield worker
    finally:
        worker.terminate()
        worker.wait(timeout=30)


def cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    """Of a process, its descendants, and the children that they have waited for."""
    total = 0.0
    root = psutil.Process(process.pid)
    for one in [root, *root.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def quantiles(values_ms: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values_ms, n=100, method="inclusive")
    return {name: round(cuts[at - 1], 1) for name, at in (("p50_ms", 50), ("p95_ms", 95), ("p99_ms", 99))}


def tell(**figures: Any) -> None:
    print(json.dumps(figures, ensure_ascii=False), flush=True)
