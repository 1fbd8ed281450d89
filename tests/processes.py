"""The platform's processes as a test runs them: real workers, beats and web servers, killed if need be."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import redis

ROOT = Path(__file__).resolve().parent.parent


class Processes:
    """Starts processes on the database that ``JIEPAI_DATABASE_URL`` names, and ends them all at last."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        log = self._folder / f"{len(self._running)}-{Path(command[-1]).name}.log"
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, "JIEPAI_LOG_LEVEL": "INFO", "JIEPAI_LEASE_SECONDS": "3", **environment},
            stdin=subprocess.DEVNULL,
            stdout=log.open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._running.append(process)
        return process

    def worker(self, **environment: str) -> subprocess.Popen[bytes]:
        return self.start("manage.py", "worker", **environment)

    def beat(self, **environment: str) -> subprocess.Popen[bytes]:
        return self.start("manage.py", "beat", **environment)

    def web(self, *, port: int = 0, **environment: str) -> str:
        """A web server, on a free port unless one is given; gives its address."""
        port = port or free_port()
        self.start(
            "-m", "uvicorn", "config.asgi:application", "--port", str(port), "--lifespan", "on",
            "--no-proxy-headers", "--ws-max-size", "65536", "--ws-per-message-deflate", "false",
            JIEPAI_PORT=str(port), PYTHONPATH=f"{ROOT}{os.pathsep}{ROOT / 'platform'}", **environment,
        )  # fmt: skip
        address = f"http://127.0.0.1:{port}"
        until(lambda: _answers(address), seconds=60)
        return address

    @property
    def newest(self) -> subprocess.Popen[bytes]:
        """What was started last."""
        return self._running[-1]

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in sorted(self._folder.glob("*.log")))

    def close(self) -> None:
        for process in self._running:
            if process.poll() is None:
                process.terminate()
        for process in self._running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
                continue
            process.kill()
            process.wait()


def kill(process: subprocess.Popen[bytes]) -> None:
    """As ``kill -9`` does: no chance to say goodbye."""
    process.send_signal(signal.SIGKILL)
    process.wait()


def until(holds: Callable[[], Any], *, seconds: float = 30, every: float = 0.05) -> Any:
    """Wait for something to become true; gives what it was then."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not come true within {seconds} s")
        time.sleep(every)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def empty_broker() -> None:
    """Throw away all that the broker holds."""
    client = redis.Redis.from_url(os.environ["JIEPAI_REDIS_URL"])
    client.flushdb()
    client.close()


def _answers(address: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"{address}/healthz", timeout=2).is_success
    return False


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Processes]:
    processes = Processes(folder)
    try:
        yield processes
    finally:
        processes.close()
