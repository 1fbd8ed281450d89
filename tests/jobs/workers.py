"""Workers under test as other processes: as root or as an ordinary user, with all layers or with few."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from apps.jobs.runners.sandbox import reach

ROOT = Path(__file__).resolve().parents[2]
NOBODYS_UID = 4242
#: So that a sandbox that fails can't take the machine down.
BOUNDS = {
    "cpu_seconds": 10, "memory_bytes": 256 * 2**20, "file_bytes": 64 * 2**20, "open_files": 128,
    "processes": 40, "disk_bytes": 64 * 2**20, "output_bytes": 128 * 2**20,
}  # fmt: skip


class Worker:
    """One such process. folder: what lies there is the platform's; canary: in its environment, heap and files."""

    def __init__(
        self, process: subprocess.Popen[str], folder: Path, canary: str, abstract: str, *, is_root: bool
    ) -> None:
        self.process = process
        self.is_root = is_root
        self.folder = folder
        self.canary = canary
        self.abstract = abstract
        self.facts = SimpleNamespace(**self._hear())

    def run(
        self, source: str, *, kind: str = "python", limits: dict[str, Any] | None = None, **spec: Any
    ) -> Any:
        spec.setdefault("timeout_seconds", 20)
        spec.setdefault("grace_seconds", 0.3)
        bounds = {**BOUNDS, **(limits or {})}
        return SimpleNamespace(**self.ask("run", source=source, kind=kind, limits=bounds, **spec))

    def left(self) -> Any:
        return SimpleNamespace(**self.ask("left"))

    def ask(self, op: str, **request: Any) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"op": op, **request}) + "\n")
        self.process.stdin.flush()
        return self._hear()

    def target(self) -> dict[str, Any]:
        """Where a script would find what it must not."""
        return {
            "worker": self.facts.pid,
            "zygote": self.facts.zygote,
            "folder": str(self.folder),
            "abstract": self.abstract,
            "canary": self.canary,
        }

    def _hear(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the worker ended with {self.process.wait()}"
        return json.loads(line)


@contextlib.contextmanager
def working(
    *, level: str = "auto", as_root: bool = False, lacks_layers: bool = False, python: Path | None = None
) -> Iterator[Worker]:
    """A worker. Skips the test when this process can't start one as root, or lacks the layers that it tests."""
    if as_root and os.geteuid() != 0:
        pytest.skip("this needs root")
    folder = Path(tempfile.mkdtemp(prefix="jiepai-worker-", dir="/var/tmp"))
    canary, abstract = secrets.token_hex(8), f"jiepai-test-{secrets.token_hex(8)}"
    _furnish(folder, canary)
    drop: list[str] = []
    environment: dict[str, str] = {}
    program = python or Path(sys.executable)
    if os.geteuid() == 0 and python is None:
        reachable = reach.for_scripts(shared(), own_users=True)
        if reachable.prefix.parent == shared():  # one copy of Python serves all workers
            (folder / reachable.prefix.name).symlink_to(reachable.prefix)
    if os.geteuid() == 0 and not as_root:
        reachable = reach.for_scripts(shared(), own_users=True)
        program, environment = python or reachable.executable, reachable.environment
        drop = ["setpriv", f"--reuid={NOBODYS_UID}", f"--regid={NOBODYS_UID}", "--clear-groups"]
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODYS_UID, NOBODYS_UID, follow_symlinks=False)
    config = {
        "paths": [str(ROOT), *_libraries()],
        "folder": str(folder),
        "level": level,
        "abstract": abstract,
        "lacks_layers": lacks_layers,
    }
    process = subprocess.Popen(
        [*drop, str(program), "-I", str(ROOT / "tests/jobs/worker_under_test.py"), json.dumps(config)],
        env={**environment, "PATH": "/usr/bin:/bin", "JIEPAI_SECRET_KEY": canary},
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Worker(process, folder, canary, abstract, is_root=as_root)
    finally:
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout and process.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


def _furnish(folder: Path, canary: str) -> None:
    """What lies in the platform's data folder: secrets, settings, the files of another tenant and of another run."""
    folder.chmod(0o711)
    for name, mode in (("secrets.json", 0o600), ("sign-in.json", 0o600), ("settings.py", 0o644)):
        (folder / name).write_text(canary)
        (folder / name).chmod(mode)
    for name, mode in (("tenants", 0o711), ("tenants/t_globex", 0o711), ("tenants/t_globex/files", 0o770)):
        (folder / name).mkdir()
        (folder / name).chmod(mode)
    (folder / "tenants/t_globex/files/orders.csv").write_text(canary)
    (folder / "tenants/t_globex/files/orders.csv").chmod(0o660)
    (folder / "work").mkdir()
    (folder / "work/1-1").mkdir(mode=0o700)
    (folder / "work/1-1/job.sh").write_text(canary)


def shared() -> Path:
    """Where a copy of Python for ordinary users lies, for the whole session."""
    folder = Path(os.environ["JIEPAI_TEST_FOLDER"]) / "python"
    folder.mkdir(exist_ok=True, mode=0o755)
    return folder


def _libraries() -> list[str]:
    spec = importlib.util.find_spec("pyprctl")
    assert spec is not None
    assert spec.origin is not None
    return [str(Path(spec.origin).parent.parent)]
