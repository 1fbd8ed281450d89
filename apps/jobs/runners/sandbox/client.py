"""The worker's side: starts the fork server, runs scripts through it, survives its loss."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import select
import shutil
import socket
import stat
import subprocess
import sysconfig
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from apps.jobs.runners.sandbox import probe, reach, watch
from apps.jobs.runners.sandbox.cancel import CancelToken
from apps.jobs.runners.sandbox.spec import Protection, ScriptEnd, ScriptSpec, Stream
from apps.jobs.runners.sandbox.users import Users

Level = Literal["auto", "none", "basic", "strict"]
OnOutput = Callable[[Stream, bytes], None]

_ROOT: Final = Path(__file__).resolve().parents[4]
_BOOT: Final = (
    "import sys; sys.path += {paths!r}; from apps.jobs.runners.sandbox import zygote; zygote.main()"
)
_OUT_OF_MEMORY: Final = ".out-of-memory"  # as child.py writes it, which this process does not import
_CHUNK: Final = 64 * 1024
_WATCH_SECONDS: Final = 0.1
_DISK_SECONDS: Final = 1.0
_START_SECONDS: Final = 20.0


class NotConfined(RuntimeError):
    """The level that was asked for can't be had on this machine."""


@dataclass(slots=True)
class _Run:
    """What the reader learns of a run. done: readable once it has ended."""

    id: int
    uid: int | None
    done: int = field(default_factory=lambda: os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK))
    pid: int = 0
    status: int | None = None
    cpu_seconds: float = 0.0
    max_rss_bytes: int = 0
    lost: str = ""


class ForkServer:
    """Runs scripts, many at once; ``run`` may be called from any thread.

    workdirs: the folder for the scripts' own folders; as root, one that every user may pass to.
    level: "auto" takes what the machine has; "strict" raises NotConfined at start where something is missing.
    """

    def __init__(self, *, workdirs: Path, level: Level = "auto") -> None:
        self._workdirs = workdirs.absolute()
        self._level = level
        self._ids = itertools.count(1)
        self._runs: dict[int, _Run] = {}
        self._lock = threading.Lock()
        self._start_lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._users: Users | None = None
        self._facts: dict[str, Any] = {}
        self._protections: list[Protection] = []
        self._is_stopping = False

    # --- life -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the fork server and find out what it protects from. Raises NotConfined, OSError."""
        is_root = os.geteuid() == 0
        self._workdirs.mkdir(parents=True, exist_ok=True)
        self._workdirs.chmod(0o711 if is_root else 0o700)
        if is_root and self._level != "none":
            if not reach.may_pass(self._workdirs.parent):
                raise NotConfined(
                    f"{self._workdirs} lies below a folder that only root may enter; "
                    "set JIEPAI_SCRIPT_DIR to one that every user may pass through"
                )
            self._users = Users(Path("/run/jiepai-script-users"))
        self._python = reach.for_scripts(self._workdirs.parent, own_users=self._users is not None)
        self._launch()
        missing = [
            f"{name}: {self._facts[name]}" for name in ("landlock", "seccomp") if self._facts[name] != "ok"
        ]
        if self._level == "strict" and missing:
            self.stop()
            raise NotConfined("; ".join(missing))
        self._protections = probe.probe(self, facts=self._facts, workdirs=self._workdirs)

    def stop(self, grace: float = 0.0) -> None:
        """Kill what still runs, after ``grace`` seconds in which it may end, and the fork server."""
        until = time.monotonic() + grace
        while self._runs and time.monotonic() < until:
            time.sleep(0.02)
        self._is_stopping = True
        if self._control is not None:
            with contextlib.suppress(OSError):
                self._control.shutdown(socket.SHUT_WR)
        if self._process is not None:
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._users is not None:
            self._users.close()

    def report(self) -> dict[str, Any]:
        """What scripts are kept from on this machine, as found by trying: level and protections."""
        return {
            "level": self._facts.get("level", "none"),
            "protections": [
                {"name": one.name, "state": one.state, "reason": one.reason} for one in self._protections
            ],
        }

    @property
    def pid(self) -> int:
        """Of the fork server's process."""
        assert self._process is not None
        return self._process.pid

    def _launch(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        paths = [str(_ROOT), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
        with theirs:
            process = subprocess.Popen(
                [self._python.executable, "-I", "-S", "-c", _BOOT.format(paths=paths), str(theirs.fileno())],
                env=self._python.environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        wants = self._level in ("auto", "strict")
        ours.send(
            json.dumps({"readable": [str(self._python.prefix)], "landlock": wants, "seccomp": wants}).encode()
        )
        ours.settimeout(_START_SECONDS)
        try:
            answer = ours.recv(4096)
        except OSError as error:
            process.kill()
            raise NotConfined(f"the fork server did not start: {error}") from None
        if not answer:
            raise NotConfined(f"the fork server ended at once, with exit code {process.wait()}")
        ours.settimeout(None)
        self._facts = json.loads(answer)
        self._facts["users"] = self._users is not None
        is_full = self._facts["landlock"] == self._facts["seccomp"] == "ok"
        self._facts["level"] = "none" if self._level == "none" else "strict" if is_full else "basic"
        self._process, self._control = process, ours
        threading.Thread(target=self._read, args=[ours, process], name="fork-server", daemon=True).start()

    def _read(self, control: socket.socket, process: subprocess.Popen[bytes]) -> None:
        while True:
            try:
                packet = control.recv(4096)
            except OSError:
                packet = b""
            if not packet:
                break
            message = json.loads(packet)
            run = self._runs.get(message.get("id", 0))
            if run is None:
                continue
            if "started" in message:
                run.pid = message["started"]
                continue
            if "failed" in message:
                run.lost = message["failed"]
            else:
                run.status = message["status"]
                run.cpu_seconds, run.max_rss_bytes = message["cpu"], message["rss"]
            os.eventfd_write(run.done, 1)
        code = process.wait()
        with self._lock:
            control.close()
            if self._control is control:
                self._control = None
            for run in self._runs.values():
                if run.status is None and not run.lost:
                    run.lost = f"the fork server ended with exit code {code}"
                    os.eventfd_write(run.done, 1)

    def _send(self, message: dict[str, Any], descriptors: list[int] | None = None) -> bool:
        """Whether it went out; False when the fork server is gone."""
        packet = json.dumps(message).encode()
        with self._lock:
            if self._control is None:
                return False
            try:
                if descriptors:
                    socket.send_fds(self._control, [packet], descriptors)
                else:
                    self._control.send(packet)
            except OSError:
                return False
        return True

    def _ensure(self) -> None:
        with self._start_lock:
            if self._control is None and not self._is_stopping:
                self._launch()
                if self._users is not None:
                    self._send({"op": "sweep", "uids": self._users.all()})

    # --- one run ----------------------------------------------------------------------------------

    def run(self, spec: ScriptSpec, *, on_output: OnOutput, cancel: CancelToken) -> ScriptEnd:
        """Run a script and wait for its end.

        on_output: gets the output as it comes, in this thread; while it does not return, the script's pipe fills
        and the script waits. Never raises for what the script does.
        """
        if spec.interpreter is not None and not os.path.exists(spec.interpreter):
            return ScriptEnd("not_started", detail=f"there is no {spec.interpreter} on this executor")
        self._ensure()
        uid = self._users.take() if self._users is not None else None
        run = _Run(next(self._ids), uid)
        workdir = self._workdirs / f"{os.getpid()}-{run.id}"
        self._runs[run.id] = run
        try:
            self._make(workdir, uid)
            return _Watchman(self, run, spec, str(workdir), on_output, cancel).watch()
        except OSError as error:
            return ScriptEnd("not_started", detail=error.strerror or str(error))
        finally:
            del self._runs[run.id]
            os.close(run.done)
            _remove(workdir)
            if uid is not None and self._users is not None:
                self._users.give_back(uid)

    @staticmethod
    def _make(workdir: Path, uid: int | None) -> None:
        workdir.mkdir(mode=0o700)
        if uid is not None:
            os.chown(workdir, uid, uid)

    def payload(self, spec: ScriptSpec, workdir: str) -> dict[str, Any]:
        """What the child reads: all that it needs to become the script."""
        limits = spec.limits
        argv: list[str] | None = None
        if spec.interpreter is not None or spec.kind == "shell":
            name = "job.py" if spec.kind == "python" else "job.sh"
            path = os.path.join(workdir, name)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o444)
            with os.fdopen(descriptor, "wb") as file:
                file.write(spec.source.encode())
            argv = [spec.interpreter or "/bin/bash", path]
            if spec.interpreter is not None and spec.kind == "python":
                argv[1:1] = ["-I", "-u"]
        readable = [*spec.readable]
        if spec.interpreter is not None:
            readable.append(str(Path(spec.interpreter).absolute().parent.parent))
            readable.append(str(Path(os.path.realpath(spec.interpreter)).parent.parent))
        return {
            "argv": argv,
            "source": "" if argv else spec.source,
            "env": {
                "PATH": "/usr/local/bin:/usr/bin:/bin",
                "LANG": "C.UTF-8",
                **self._python.environment,
                **spec.env,
                "HOME": workdir,
                "TMPDIR": workdir,
                "JIEPAI_RESULT_FILE": os.path.join(workdir, "result.json"),
            },
            "limits": {
                "cpu_seconds": limits.cpu_seconds,
                "memory_bytes": limits.memory_bytes,
                "file_bytes": limits.file_bytes,
                "open_files": limits.open_files,
                "processes": limits.processes if self._users is not None else None,
            },
            "groups": list(spec.groups),
            "network": spec.network,
            "readable": [path for path in readable if os.path.exists(path)],
            "writable": list(spec.writable),
        }


class _Watchman:
    """Looks after one run: takes its output, keeps its time, stops it when it must."""

    def __init__(
        self,
        forks: ForkServer,
        run: _Run,
        spec: ScriptSpec,
        workdir: str,
        on_output: OnOutput,
        cancel: CancelToken,
    ) -> None:
        self._forks, self._run, self._spec = forks, run, spec
        self._workdir = workdir
        self._on_output = on_output
        self._cancel = cancel
        self._pipes: dict[int, Stream] = {}
        self._cause: tuple[Any, str] | None = None
        self._kill_at: float | None = None

    def watch(self) -> ScriptEnd:
        if not self._launch():
            return ScriptEnd("lost", detail="the fork server is gone")
        began = time.monotonic()
        timeout = self._spec.timeout_seconds
        self._deadline = began + timeout if timeout is not None else None
        self._look_at = began + 2 * _WATCH_SECONDS
        self._weigh_at = began + _DISK_SECONDS
        try:
            self._loop()
            self._drain()
        finally:
            for pipe in self._pipes:
                os.close(pipe)
        return self._end()

    def _launch(self) -> bool:
        payload = json.dumps(self._forks.payload(self._spec, self._workdir)).encode()
        spec_fd = os.memfd_create("spec", os.MFD_CLOEXEC)
        theirs: list[int] = [spec_fd]
        try:
            with os.fdopen(os.dup(spec_fd), "wb") as file:
                file.write(payload)
            for stream in ("out", "err"):
                ours, end = os.pipe2(os.O_CLOEXEC)
                os.set_blocking(ours, False)
                self._pipes[ours] = stream
                theirs.append(end)
            message = {"op": "run", "id": self._run.id, "uid": self._run.uid, "workdir": self._workdir}
            return self._forks._send(message, theirs)
        finally:
            for descriptor in theirs:
                os.close(descriptor)

    def _loop(self) -> None:
        poll = select.poll()
        for pipe in self._pipes:
            poll.register(pipe, select.POLLIN)
        poll.register(self._run.done, select.POLLIN)
        poll.register(self._cancel.fileno(), select.POLLIN)
        while True:
            ready = [descriptor for descriptor, _ in poll.poll(self._pause_ms())]
            for descriptor in ready:
                if descriptor in self._pipes and not self._read(descriptor):
                    poll.unregister(descriptor)
            if self._run.done in ready:
                return
            if self._cancel.is_set and self._cause is None:
                poll.unregister(self._cancel.fileno())
                self._stop("cancelled", self._cancel.reason)
            self._keep_time()

    def _pause_ms(self) -> int:
        now = time.monotonic()
        times = [at for at in (self._deadline, self._kill_at) if at is not None]
        limits = self._spec.limits
        if limits.memory_bytes is not None:
            times.append(self._look_at)
        if limits.disk_bytes is not None:
            times.append(self._weigh_at)
        return max(0, int((min(times) - now) * 1000) + 1) if times else -1

    def _keep_time(self) -> None:
        now = time.monotonic()
        if self._deadline is not None and now >= self._deadline and self._cause is None:
            self._deadline = None
            self._stop("timeout", "")
        if self._kill_at is not None and now >= self._kill_at:
            self._kill_at = now + 1.0
            self._forks._send({"op": "kill", "id": self._run.id})
        limits = self._spec.limits
        if limits.memory_bytes is not None and now >= self._look_at:
            self._look_at = now + _WATCH_SECONDS
            used = (
                watch.tree_memory(self._run.pid, uid=self._run.uid, zygote=self._forks.pid)
                if self._run.pid
                else 0
            )
            if used > limits.memory_bytes:
                self._stop("out_of_memory", _megabytes(used, limits.memory_bytes), at_once=True)
        if limits.disk_bytes is not None and now >= self._weigh_at:
            used = watch.folder_bytes(self._workdir)
            self._weigh_at = time.monotonic() + _DISK_SECONDS
            if used > limits.disk_bytes:
                self._stop("out_of_disk", _megabytes(used, limits.disk_bytes), at_once=True)

    def _stop(self, kind: str, detail: str, *, at_once: bool = False) -> None:
        if self._cause is not None:
            return
        self._cause = (kind, detail)
        self._deadline = None
        grace = 0.0 if at_once else self._spec.grace_seconds
        if grace > 0:
            self._forks._send({"op": "term", "id": self._run.id})
        self._kill_at = time.monotonic() + grace

    def _read(self, pipe: int) -> bool:
        """One portion of output. False at its end."""
        try:
            data = os.read(pipe, _CHUNK)
        except BlockingIOError:
            return True
        if data:
            self._on_output(self._pipes[pipe], data)
        return bool(data)

    def _drain(self) -> None:
        """What is still in the pipes; all writers are dead."""
        for pipe in self._pipes:
            while True:
                try:
                    data = os.read(pipe, _CHUNK)
                except BlockingIOError:
                    break
                if not data:
                    break
                self._on_output(self._pipes[pipe], data)

    def _end(self) -> ScriptEnd:
        run, limits = self._run, self._spec.limits
        if run.status is None:
            return ScriptEnd("lost", detail=run.lost)
        code = os.waitstatus_to_exitcode(run.status)
        facts: dict[str, Any] = {
            "exit_code": code if code >= 0 else None,
            "signal": -code if code < 0 else None,
            "result": self._result(),
            "cpu_seconds": run.cpu_seconds,
            "max_rss_bytes": run.max_rss_bytes,
        }
        if self._cause is not None and not (self._cause[0] in ("cancelled", "timeout") and code == 0):
            kind, detail = self._cause
            return ScriptEnd(kind, detail=detail, **facts)
        if code != 0 and limits.memory_bytes is not None:
            was_refused = os.path.lexists(os.path.join(self._workdir, _OUT_OF_MEMORY))
            if was_refused or run.max_rss_bytes >= limits.memory_bytes * 0.95:
                detail = _megabytes(run.max_rss_bytes, limits.memory_bytes)
                return ScriptEnd("out_of_memory", detail=detail, **facts)
        return ScriptEnd("exited" if code >= 0 else "signalled", **facts)

    def _result(self) -> bytes | None:
        """The script's result file: a regular file, not a link, and no larger than allowed."""
        path = os.path.join(self._workdir, "result.json")
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            facts = os.fstat(descriptor)
            if (
                not stat.S_ISREG(facts.st_mode)
                or facts.st_nlink != 1
                or facts.st_size > self._spec.result_max_bytes
            ):
                return None
            return file.read(self._spec.result_max_bytes)


def _megabytes(used: int, limit: int) -> str:
    return f"{used // 2**20} of {limit // 2**20} MB"


def _remove(folder: Path) -> None:
    """Remove a script's folder whatever it made of it."""

    def open_up(_function: Any, path: str, _error: Any) -> None:
        with contextlib.suppress(OSError):
            os.chmod(os.path.dirname(path), 0o700)
            os.unlink(path) if not os.path.isdir(path) or os.path.islink(path) else shutil.rmtree(path, True)

    shutil.rmtree(folder, onerror=open_up)
