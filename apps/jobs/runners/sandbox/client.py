"""The worker's side: starts the fork server, sends scripts to it, survives its loss."""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import json
import logging
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from apps.jobs.runners.sandbox import grants, probe, reach, users, watch, workdirs
from apps.jobs.runners.sandbox.cancel import CancelToken
from apps.jobs.runners.sandbox.spec import Protection, ScriptEnd, ScriptSpec
from apps.jobs.runners.sandbox.users import Users
from apps.jobs.runners.sandbox.watchman import OnOutput, Watchman

Level = Literal["auto", "none", "basic", "strict"]

_ROOT: Final = Path(__file__).resolve().parents[4]
_BOOT: Final = (
    "import sys; sys.path += {paths!r}; from apps.jobs.runners.sandbox import zygote; zygote.main()"
)
_START_SECONDS: Final = 20.0
_SLICES: Final = Path("/run/jiepai-script-users")
#: Where scripts share the worker's user, its other threads count against the limit on processes.
_SPARE_TASKS: Final = 2000

logger = logging.getLogger(__name__)


class NotConfined(RuntimeError):
    """The level that was asked for can't be had on this machine."""


@dataclass(slots=True, eq=False)
class Link:
    """One life of the fork server, and the socket to it."""

    control: socket.socket
    process: subprocess.Popen[bytes]
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_gone: bool = False

    def send(self, message: dict[str, Any], descriptors: list[int] | None = None) -> bool:
        """Whether it went out; False when the fork server is gone."""
        packet = json.dumps(message).encode()
        with self.lock:
            if self.is_gone:
                return False
            try:
                if descriptors:
                    socket.send_fds(self.control, [packet], descriptors)
                else:
                    self.control.send(packet)
            except OSError:
                return False
        return True

    def close(self) -> None:
        with self.lock:
            self.is_gone = True
            self.control.close()


@dataclass(slots=True, eq=False)
class Ticket:
    """What is known of one run. done: readable once it has ended. link: where it was sent."""

    id: int
    uid: int | None = None
    link: Link | None = None
    done: int = field(default_factory=lambda: os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK))
    pid: int = 0
    status: int | None = None
    cpu_seconds: float = 0.0
    max_rss_bytes: int = 0
    was_asked: bool = False
    refused: tuple[str, str] | None = None
    lost: str = ""


class ForkServer:
    """Runs scripts, many at once; ``run`` may be called from any thread.

    workdirs: the folder for the scripts' own folders; as root, one that every user may pass to.
    level: "auto" takes what the machine has; "strict" raises NotConfined at start where something is missing.
    hidden: folders that no script may read, besides the platform's own code and what lies beside ``workdirs``.
    """

    def __init__(self, *, workdirs: Path, level: Level = "auto", hidden: Iterable[Path] = ()) -> None:
        self._workdirs = workdirs.absolute()
        self._level = level
        secret = (_ROOT, self._workdirs.parent, *hidden)
        self._hidden = list(dict.fromkeys(os.path.realpath(path) for path in secret))
        self._ids = itertools.count(1)
        self._runs: dict[int, Ticket] = {}
        self._lock = threading.Lock()
        self._start_lock = threading.Lock()
        self._link: Link | None = None
        self._users: Users | None = None
        self._no_users = ""
        self._facts: dict[str, Any] = {}
        self._protections: list[Protection] = []
        self._is_stopping = False
        self._spare_tasks = 0
        self.oom_kills = 0

    # --- life -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the fork server and find out what it protects from. Raises NotConfined, OSError."""
        self._no_users = users.obstacle() if self._level != "none" else "scripts are not confined"
        self._workdirs.mkdir(parents=True, exist_ok=True)
        self._workdirs.chmod(0o700 if self._no_users else 0o711)
        if not self._no_users:
            if not reach.may_pass(self._workdirs.parent):
                raise NotConfined(
                    f"{self._workdirs} lies below a folder that only root may enter; "
                    "set JIEPAI_SCRIPT_DIR to one that every user may pass through"
                )
            self._users = Users(_SLICES)
        self._spare_tasks = _SPARE_TASKS + 2 * watch.tasks_of_user() if self._no_users else 0
        self._python = reach.for_scripts(self._workdirs.parent, own_users=not self._no_users)
        self.oom_kills = watch.out_of_memory_kills()
        try:
            with self._start_lock:
                self._launch()
            self._protections = probe.probe(self, facts=self._facts, workdirs=self._workdirs)
            missing = [f"{one.name}: {one.reason}" for one in self._protections if one.state == "missing"]
            if self._level == "strict" and any(one.name in probe.STRICT for one in self._missing()):
                raise NotConfined("; ".join(missing))
        except BaseException:
            self.stop()
            raise
        if self.level != "strict":
            logger.warning("scripts are confined at level %s only: %s", self.level, "; ".join(missing))

    def stop(self, grace: float = 0.0) -> None:
        """Kill what still runs, after ``grace`` seconds in which it may end, and the fork server."""
        until = time.monotonic() + grace
        while self._runs and time.monotonic() < until:
            time.sleep(0.02)
        self._is_stopping = True
        with self._start_lock:
            link = self._link
        if link is not None:
            with contextlib.suppress(OSError):
                link.control.shutdown(socket.SHUT_WR)
            try:
                link.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                link.process.kill()
                link.process.wait()
        if self._users is not None:
            self._users.close()

    @property
    def level(self) -> str:
        """What has been reached: none, basic or strict."""
        if self._level in ("none", "basic"):
            return self._level
        return "basic" if any(one.name in probe.STRICT for one in self._missing()) else "strict"

    def report(self) -> dict[str, Any]:
        """What scripts are kept from on this machine, as found by trying: level and protections."""
        return {
            "level": self.level,
            "protections": [
                {"name": one.name, "state": one.state, "reason": one.reason} for one in self._protections
            ],
        }

    @property
    def pid(self) -> int:
        """Of the fork server's process; 0 while there is none."""
        link = self._link
        return link.process.pid if link is not None else 0

    def _missing(self) -> list[Protection]:
        return [one for one in self._protections if one.state == "missing"]

    def _launch(self) -> Link:
        """A new fork server, after the death of all that an earlier one has left. Raises NotConfined, OSError."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        paths = [str(_ROOT), *_libraries()]
        with theirs:
            process = subprocess.Popen(
                [self._python.executable, "-I", "-S", "-c", _BOOT.format(paths=paths), str(theirs.fileno())],
                env=self._python.environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        link = Link(ours, process)
        wants = self._level in ("auto", "strict")
        try:
            link.send(
                {
                    "readable": [str(self._python.prefix)],
                    "hidden": self._hidden,
                    "landlock": wants,
                    "seccomp": wants,
                    "sweep": self._users.occupied() if self._users is not None else [],
                }
            )
            ours.settimeout(_START_SECONDS)
            answer = b""
            with contextlib.suppress(ConnectionError):
                answer = ours.recv(4096)
            if not answer:
                raise NotConfined(f"the fork server ended at once, with exit code {process.wait()}")
            facts = json.loads(answer)
            if self._facts and any(facts[layer] != self._facts[layer] for layer in ("landlock", "seccomp")):
                raise NotConfined("what scripts are kept from has changed; start the worker again")
        except BaseException as error:
            process.kill()
            process.wait()
            link.close()
            if isinstance(error, TimeoutError):
                raise NotConfined(f"the fork server did not start within {_START_SECONDS:.0f} s") from None
            raise
        ours.settimeout(None)
        self._facts = {**facts, "users": self._no_users}
        self._link = link
        threading.Thread(target=self._listen, args=[link], name="fork-server", daemon=True).start()
        return link

    def _ensure(self) -> Link | None:
        """The living fork server, a new one if need be. None when all is over. Raises NotConfined, OSError."""
        if (link := self._link) is not None:
            return link
        with self._start_lock:
            return self._link or (None if self._is_stopping else self._launch())

    def _listen(self, link: Link) -> None:
        """Hear what becomes of the runs, until the fork server ends; then see to it that nothing of it is left."""
        while True:
            try:
                packet = link.control.recv(4096)
            except OSError:
                packet = b""
            if not packet:
                break
            self._hear(json.loads(packet))
        code = link.process.wait()
        link.close()
        reason = f"the fork server ended with exit code {code}"
        with self._lock:
            if self._link is link:
                self._link = None
        try:
            if not self._is_stopping:
                logger.warning("%s; starting another", reason)
                self._ensure()
        except (NotConfined, OSError) as error:
            logger.warning("the fork server does not start again: %s", error)
        finally:
            with self._lock:
                for run in self._runs.values():
                    if run.link is link and run.status is None and not run.lost:
                        run.lost = reason
                        os.eventfd_write(run.done, 1)

    def _hear(self, message: dict[str, Any]) -> None:
        with self._lock:
            run = self._runs.get(message["id"])
            if run is None:
                return
            if "started" in message:
                run.pid = message["started"]
                return
            if "refused" in message:
                run.refused = message["refused"], message["detail"]
                return
            if "failed" in message:
                run.lost = message["failed"]
            else:
                run.status, run.was_asked = message["status"], message["was_asked"]
                run.cpu_seconds, run.max_rss_bytes = message["cpu"], message["rss"]
            os.eventfd_write(run.done, 1)

    # --- one run ----------------------------------------------------------------------------------

    def run(self, spec: ScriptSpec, *, on_output: OnOutput, cancel: CancelToken) -> ScriptEnd:
        """Run a script and wait for its end.

        on_output: gets the output as it comes, in this thread; while it does not return, the script's pipe fills
        and the script waits. What it raises is raised here, once the script is dead. Never raises for what the
        script does.
        """
        if (refusal := self._refusal(spec)) is not None:
            return refusal
        if cancel.is_set:
            return ScriptEnd("cancelled", detail=cancel.reason)
        run = Ticket(next(self._ids))
        workdir = self._workdirs / f"{os.getpid()}-{run.id}"
        if self._users is not None:
            run.uid = self._users.take()
        with self._lock:
            self._runs[run.id] = run
        try:
            return Watchman(self, run, spec, workdir, on_output, cancel).watch()
        finally:
            with self._lock:
                del self._runs[run.id]
                os.close(run.done)
            workdirs.remove(workdir)
            if run.uid is not None and self._users is not None:
                self._users.give_back(run.uid)

    def _refusal(self, spec: ScriptSpec) -> ScriptEnd | None:
        if not spec.network and self._facts["seccomp"] != "ok":
            return ScriptEnd("network_open", detail=self._facts["seccomp"])
        path = spec.interpreter
        if path is None:
            return None
        if grants.is_hidden(path, self._hidden):
            return ScriptEnd("bad_interpreter", detail=f"{path}: it lies in the platform's own folders")
        return None if os.path.exists(path) else ScriptEnd("no_interpreter", detail=path)

    def send_off(self, run: Ticket, workdir: str, descriptors: list[int]) -> bool:
        """Have a run started, on another fork server where one dies right now. False when none can be had."""
        message = {"op": "run", "id": run.id, "uid": run.uid, "workdir": workdir}
        for _ in range(3):
            try:
                link = self._ensure()
            except (NotConfined, OSError):
                return False
            if link is None:
                return False
            with self._lock:
                run.link = link
            if link.send(message, descriptors):
                return True
            time.sleep(0.05)
        return False

    def tell(self, run: Ticket, op: Literal["term", "kill"]) -> None:
        if run.link is not None:
            run.link.send({"op": op, "id": run.id})

    def tree_of(self, run: Ticket) -> watch.Tree:
        with self._lock:
            others = {other.pid for other in self._runs.values()} - {run.pid}
        zygote = run.link.process.pid if run.link is not None else 0
        return watch.tree(run.pid, uid=run.uid, zygote=zygote, others=others)

    def has_seen_oom_kill(self, *, since: int) -> bool:
        """Whether the kernel has killed for want of memory; ``since`` is an earlier count of such kills."""
        self.oom_kills = watch.out_of_memory_kills()
        return self.oom_kills > since

    def payload(self, spec: ScriptSpec, workdir: str) -> dict[str, Any]:
        """What the child reads: all that it needs to become the script."""
        limits = spec.limits
        argv: list[str] | None = None
        environment: dict[str, str] = {}
        readable = list(spec.readable)
        if spec.interpreter is not None:
            readable += grants.of_interpreter(spec.interpreter, self._hidden)
        if spec.interpreter is not None or spec.kind == "shell":
            options = ["-I", "-u"] if spec.kind == "python" else []
            argv = [spec.interpreter or "/bin/bash", *options, workdirs.place(workdir, spec)]
        else:
            environment = self._python.environment
        processes = limits.processes and limits.processes + self._spare_tasks
        return {
            "argv": argv,
            "source": "" if argv else spec.source,
            "env": {
                "PATH": "/usr/local/bin:/usr/bin:/bin",
                "LANG": "C.UTF-8",
                **environment,
                **spec.env,
                "HOME": workdir,
                "TMPDIR": workdir,
                "JIEPAI_RESULT_FILE": os.path.join(workdir, workdirs.RESULT),
            },
            "limits": {
                "cpu_seconds": limits.cpu_seconds,
                "memory_bytes": limits.memory_bytes,
                "file_bytes": limits.file_bytes,
                "open_files": limits.open_files,
                "processes": processes,
            },
            "groups": list(spec.groups),
            "network": spec.network,
            "readable": [path for path in readable if os.path.exists(path)],
            "writable": list(spec.writable),
        }


def _libraries() -> list[str]:
    """The folders that hold what the fork server imports besides the standard library."""
    found: dict[str, None] = {}
    for name in ("pyprctl", "pyseccomp", "py_landlock"):
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            home = Path(spec.origin).parent
            found[str(home.parent if spec.submodule_search_locations else home)] = None
    return list(found)
