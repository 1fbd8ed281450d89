"""A clone of the repository with the real launcher and a platform small enough to start in no time."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from launcher.place import ROOT

STANDIN = Path(__file__).with_name("standin")


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A folder that other accounts may pass through, with a path short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="jp-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def private_dir() -> Iterator[Path]:
    """A folder like /root: nobody but its owner may enter."""
    folder = Path(tempfile.mkdtemp(prefix="jp-", dir="/tmp"))
    yield folder / "inner"
    assert folder.stat().st_mode & 0o777 == 0o700, "somebody opened a folder above the data"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def state_root(short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place of the test's own instead of /var/lib/jiepai."""
    from embedded import account

    root = short_dir / "state"
    monkeypatch.setattr(account, "STATE_ROOT", root)
    return root


@pytest.fixture
def small_disk(short_dir: Path) -> Iterator[Callable[[int], Path]]:
    """Mounts a file system of that many megabytes."""
    mounted: list[Path] = []

    def mount(megabytes: int) -> Path:
        folder = short_dir / f"disk{len(mounted)}"
        folder.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=711", "tmpfs", folder],
            capture_output=True,
        )
        if done.returncode != 0:
            pytest.skip("no small file system can be mounted here")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", folder], check=True)


class Clone:
    """A folder that `make run` runs in, and the launcher processes that the test started there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "var"
        self.started: list[subprocess.Popen[bytes]] = []
        self.variables: dict[str, str] = {}
        folder.mkdir()
        shutil.copytree(STANDIN / "config", folder / "platform/config")
        shutil.copy(STANDIN / "manage.py", folder)
        ignore = shutil.ignore_patterns("__pycache__")
        for part in ("launcher", "embedded"):
            shutil.copytree(ROOT / "platform" / part, folder / "platform" / part, ignore=ignore)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("JIEPAI_")}
        path = os.pathsep.join((str(self.folder / "platform"), str(self.folder)))
        return {**kept, "PYTHONPATH": path, "JIEPAI_PORT": str(self.port), **self.variables}

    def launch(self, module: str = "launcher.run", *arguments: str) -> subprocess.Popen[bytes]:
        """Start the launcher; its output is in ``output()``."""
        with self._log(len(self.started)).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def run(self) -> psutil.Process:
        """Start the platform, and wait until it says that it answers."""
        process = self.launch()
        self.wait_for("Ctrl-C stops everything.")
        return psutil.Process(process.pid)

    def refused(self, module: str = "launcher.run", *arguments: str) -> str:
        """Start it, and give the one sentence with which it refuses."""
        process = self.launch(module, *arguments)
        assert process.wait(60) == 1
        lines = self.output().strip().splitlines()
        assert not [line for line in lines if "Traceback" in line], self.output()
        return lines[-1].removeprefix("jiepai: ")

    def interrupt(self) -> str:
        """Ctrl-C; gives what was said from the first to the last word of this launch."""
        self.started[-1].send_signal(signal.SIGINT)
        assert self.started[-1].wait(60) == 0, self.output()
        return self.output()

    def wait_for(self, text: str, *, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.output():
            assert self.started[-1].poll() is None, self.output()
            assert time.monotonic() < deadline, self.output()
            time.sleep(0.05)

    def output(self) -> str:
        return self._log(len(self.started) - 1).read_text(encoding="utf-8", errors="replace")

    def events(self) -> list[str]:
        """What the stand-in's commands wrote down, in order, without process ids."""
        path = self.data / "events"
        return [
            line.rsplit(" ", 1)[0] if line[-1].isdigit() else line for line in path.read_text().splitlines()
        ]

    def pid_of(self, name: str) -> int:
        """The process id of the last start of the worker or beat."""
        lines = (self.data / "events").read_text().splitlines()
        return int([line for line in lines if line.startswith(f"{name} started")][-1].split()[-1])

    def processes(self) -> list[psutil.Process]:
        """All processes of this clone that are alive: the launcher's descendants, and marked ones."""
        found = []
        for process in psutil.process_iter():
            try:
                text = " ".join(process.cmdline()) + str(process.environ().get("JIEPAI_LAUNCHER"))
            except psutil.Error:
                continue
            if str(self.folder) in text and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        return found

    def clean_up(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in self.started:
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for left in self.processes():
            left.kill()

    def _log(self, number: int) -> Path:
        return self.folder / f"launch-{number}.log"


@pytest.fixture
def clone(short_dir: Path) -> Iterator[Clone]:
    made = Clone(short_dir / "clone")
    yield made
    made.clean_up()
