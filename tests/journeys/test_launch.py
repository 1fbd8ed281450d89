"""`make run` in life: the real platform from an empty data folder, stopped, killed, and started again."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from launcher.place import ROOT
from tests.processes import free_port, until

pytestmark = [pytest.mark.processes, pytest.mark.timeout(400)]
START_SECONDS = 180  # a busy machine; an idle one takes a tenth of it
GRACE_SECONDS = 2
IS_BUILT = (ROOT / "frontend" / "dist" / "index.html").exists()


class Launch:
    """A data folder, and the launcher that runs on it."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "var"
        self.port = free_port()
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start the platform; gives what it has said once it answers."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("JIEPAI_")}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "launcher.run"],
                cwd=ROOT,
                env={
                    **kept,
                    "PYTHONPATH": f"{ROOT / 'platform'}{os.pathsep}{ROOT}",
                    "JIEPAI_DATA_DIR": str(self.data),
                    "JIEPAI_PORT": str(self.port),
                    "JIEPAI_SHUTDOWN_GRACE_SECONDS": str(GRACE_SECONDS),
                    "JIEPAI_LEASE_SECONDS": "3",
                    "JIEPAI_LANGUAGE": "en",
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until(self._has_greeted, seconds=START_SECONDS)
        return self.said()

    def _has_greeted(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.said()
        return "Ctrl-C stops everything." in self.said()

    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def interrupt(self) -> float:
        """Ctrl-C; gives the seconds until everything had stopped."""
        assert self._process is not None
        everything = self.processes()
        began = time.monotonic()
        self._process.send_signal(signal.SIGINT)
        assert self._process.wait(60) == 0, self.said()
        seconds = time.monotonic() - began
        assert [process for process in everything if process.is_running()] == []
        return seconds

    def kill_everything(self) -> None:
        """As a power cut does, but for the disk: nobody gets to say goodbye."""
        everything = self.processes()
        for process in everything:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(everything, timeout=10)
        if self._process is not None:
            self._process.wait(10)

    def processes(self) -> list[psutil.Process]:
        if self._process is None or self._process.poll() is not None:
            return []
        launcher = psutil.Process(self._process.pid)
        return [launcher, *launcher.children(recursive=True)]


class Visitor:
    """Somebody of the demo tenant who signs in over HTTP."""

    def __init__(self, launch: Launch) -> None:
        sign_in = json.loads((launch.data / "sign-in.json").read_text())["demo tenant"]
        host = f"demo.localhost:{launch.port}"
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{launch.port}", headers={"Host": host}, timeout=30
        )
        self.http.get("/api/v1/session/")
        self._prove(self.http.cookies["csrftoken"])
        answer = self.http.post(
            "/api/v1/session/", json={name: sign_in[name] for name in ("username", "password")}
        )
        assert answer.status_code == 200, answer.text
        self._prove(answer.json()["csrf_token"])

    def _prove(self, token: str) -> None:
        """Show that the next request is meant."""
        self.http.headers.update({"X-CSRFToken": token, "Origin": f"http://{self.http.headers['Host']}"})

    def get(self, path: str, **query: Any) -> Any:
        answer = self.http.get(f"/api/v1/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **fields: Any) -> Any:
        answer = self.http.post(f"/api/v1/{path}", json=fields)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def runs(self) -> dict[str, set[str]]:
        """The states of each job's runs."""
        states: dict[str, set[str]] = {}
        for run in self.get("runs/")["results"]:
            states.setdefault(run["job"]["name"], set()).add(run["state"])
        return states

    def state(self, run: str) -> tuple[str, int]:
        found = self.get(f"runs/{run}/")
        return found["state"], found["attempt"]


@pytest.fixture
def launch() -> Iterator[Launch]:
    folder = Path(tempfile.mkdtemp(prefix="jp-", dir="/tmp"))
    folder.chmod(0o711)
    made = Launch(folder)
    yield made
    made.kill_everything()
    shutil.rmtree(folder, ignore_errors=True)


def test_the_platform_starts_stops_in_order_and_recovers_from_kill_9(launch: Launch) -> None:
    # When it is started on an empty folder, then it says where to go and how to sign in, which only its owner can read
    said = launch.start()
    sign_in = json.loads((launch.data / "sign-in.json").read_text())
    assert sign_in["platform"]["password"] in said
    assert (launch.data / "sign-in.json").stat().st_mode & 0o777 == 0o600
    for address in re.findall(r"^  \S.*?(http://\S+)$", said, re.MULTILINE):
        host = address.split("/")[2]
        answer = httpx.get(address.replace(host, f"127.0.0.1:{launch.port}"), headers={"Host": host})
        is_page = address.endswith(f"demo.localhost:{launch.port}/")
        assert answer.status_code in (200, 302) or (is_page and not IS_BUILT), address

    # Then the demo's jobs run: SQL, and Python that takes files into a database; one fails now and then
    visitor = Visitor(launch)
    reliable = {"门店收银导出", "销售数据入库", "品类日营收", "清理已入库文件"}
    until(
        lambda: {name for name, states in visitor.runs().items() if "succeeded" in states} >= reliable,
        seconds=60,
    )
    assert visitor.runs()["汇率同步"] & {"queued", "running", "succeeded", "failed"}

    # When it is stopped while a script runs, then the script has its grace, and goes back to the queue
    source = (
        "import os, time\nprint('attempt', os.environ['JIEPAI_ATTEMPT'], flush=True)\n"
        "time.sleep(60 if int(os.environ['JIEPAI_ATTEMPT']) < 3 else 0)"
    )
    job = visitor.post("jobs/", name="slow", kind="python", definition={"source": source})["id"]
    run = visitor.post(f"jobs/{job}/runs/")["id"]
    until(lambda: visitor.state(run) == ("running", 1), seconds=60)
    seconds = launch.interrupt()
    assert seconds < GRACE_SECONDS + 20
    assert launch.said().rstrip().endswith("Stopped.")
    assert "Traceback" not in launch.said()

    # When it is started again, then the script runs again
    said = launch.start()
    assert sign_in["platform"]["password"] not in said
    visitor = Visitor(launch)
    until(lambda: visitor.state(run) == ("running", 2), seconds=60)
    attempts = visitor.get(f"runs/{run}/attempts/")["results"]
    assert {one["number"]: one["exit_reason"] for one in attempts} == {1: "executor_stopped", 2: ""}

    # When everything is killed, with another run just requested
    late = visitor.post(f"jobs/{job}/runs/")["id"]
    launch.kill_everything()

    # Then the next start takes both up
    launch.start()
    visitor = Visitor(launch)
    until(lambda: visitor.state(run) == ("succeeded", 3), seconds=60)
    assert visitor.state(late)[0] in ("queued", "running")
    assert "Traceback" not in launch.said()
    launch.interrupt()
