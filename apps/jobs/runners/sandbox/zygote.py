"""The fork server's own process: warm, single-threaded, empty of secrets.

It is started with an empty environment and talks to the worker over one socket of packets. It never reads what
it is told to run: the specification lies in a memory file that only the forked child opens, so nothing of one
tenant is left for the next. Run as a program; see ``main``.

Packets in:  {"op": "run", "id", "uid", ...} with the descriptors [spec, out, err]; {"op": "term" | "kill", "id"}.
Packets out: {"id", "started": pid}, {"id", "status": wait status, "cpu", "rss"}.
"""

from __future__ import annotations

import array
import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
from dataclasses import dataclass
from typing import Any, NoReturn

import pyprctl

from apps.jobs.runners.sandbox import child, confine

WARM = (
    "argparse", "base64", "collections", "contextlib", "csv", "dataclasses", "datetime", "decimal", "functools",
    "hashlib", "itertools", "json", "logging", "math", "pathlib", "random", "re", "shutil", "sqlite3", "string",
    "subprocess", "tempfile", "textwrap", "time", "traceback", "typing", "urllib.request", "uuid", "zoneinfo",
)  # fmt: skip
MAX_PACKET = 4096


@dataclass(slots=True)
class Live:
    """A script that runs. uid: its own user, or None where a keeper looks after its descendants."""

    id: int
    pid: int
    uid: int | None


class Zygote:
    def __init__(self, control: socket.socket, settings: dict[str, Any]) -> None:
        self._control = control
        self.facts: dict[str, Any] = {"landlock": "switched off", "seccomp": "switched off"}
        files = with_network = without_network = None
        if settings["landlock"]:
            try:
                files = confine.Files(settings["readable"])
                self.facts["landlock"] = "ok"
            except Exception as error:
                self.facts["landlock"] = str(error)
        if settings["seccomp"]:
            try:
                with_network = confine.build_filter(network=True)
                without_network = confine.build_filter(network=False)
                self.facts["seccomp"] = "ok"
            except Exception as error:
                self.facts["seccomp"] = str(error)
        self._layers = child.Layers(files, with_network, without_network, settings["import_path"])
        self._live: dict[int, Live] = {}
        self._wake_r, self._wake_w = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def serve(self) -> None:
        """Until the worker closes its end of the socket, or dies."""
        pyprctl.set_child_subreaper(True)
        signal.set_wakeup_fd(self._wake_w, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the worker decides
        gc.collect()
        gc.freeze()
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._wake_r, select.POLLIN)
        while True:
            ready = dict(poll.poll())
            if self._wake_r in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_r, 4096)
                self._reap()
            if self._control.fileno() in ready and not self._hear():
                break
        for live in list(self._live.values()):
            self._kill(live)

    def _hear(self) -> bool:
        descriptors = array.array("i")
        try:
            packet, ancillary, _, _ = self._control.recvmsg(
                MAX_PACKET, socket.CMSG_SPACE(3 * 4), socket.MSG_CMSG_CLOEXEC
            )
        except ConnectionError:
            return False
        for _level, _type, data in ancillary:
            descriptors.frombytes(data[: len(data) - len(data) % 4])
        if not packet:
            return False
        message = json.loads(packet)
        try:
            match message["op"]:
                case "run":
                    self._run(message, descriptors.tolist())
                case "term":
                    if live := self._live.get(message["id"]):
                        _signal(os.kill if live.uid is None else os.killpg, live.pid, signal.SIGTERM)
                case "kill":
                    if live := self._live.get(message["id"]):
                        self._kill(live)
                case "sweep":
                    for uid in message["uids"]:
                        sweep(uid)
                    self._tell({"swept": True})
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return True

    def _run(self, message: dict[str, Any], descriptors: list[int]) -> None:
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            self._tell({"id": message["id"], "failed": os.strerror(error.errno or 0)})
            return
        if pid == 0:
            signal.set_wakeup_fd(-1)
            child.main(message, descriptors, parent=parent, layers=self._layers)
        self._live[message["id"]] = Live(message["id"], pid, message["uid"])
        self._tell({"id": message["id"], "started": pid})

    def _reap(self) -> None:
        by_pid = {live.pid: live for live in self._live.values()}
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            live = by_pid.get(pid)
            if live is None:
                continue  # an orphan that was handed to us
            del self._live[live.id]
            if live.uid is not None and self._has_strangers():
                sweep(live.uid)
            self._tell(
                {
                    "id": live.id,
                    "status": status,
                    "cpu": usage.ru_utime + usage.ru_stime,
                    "rss": usage.ru_maxrss * 1024,
                }
            )

    def _has_strangers(self) -> bool:
        """Whether a child is left that is no live script: what a script has started outlives it as ours."""
        try:
            with open(f"/proc/self/task/{os.getpid()}/children") as file:
                children = {int(word) for word in file.read().split()}
        except OSError:
            return True
        return bool(children - {live.pid for live in self._live.values()})

    def _kill(self, live: Live) -> None:
        if live.uid is None:
            _signal(os.kill, live.pid, signal.SIGUSR1)  # its keeper kills all of them, then itself
        else:
            sweep(live.uid)

    def _tell(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(ConnectionError):
            self._control.send(json.dumps(message).encode())


def sweep(uid: int) -> None:
    """Kill every process of a user. A helper takes that user's id first, so it can't hit anybody else."""
    helper = os.fork()
    if helper == 0:
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            for _ in range(1000):
                os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            os._exit(0)
        finally:
            os._exit(1)
    os.waitpid(helper, 0)


def _signal(send: Any, pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        send(pid, number)


def main() -> NoReturn:
    """``zygote.py <descriptor of the socket>``; the first packet holds the settings."""
    control = socket.socket(fileno=int(sys.argv[1]))
    settings = json.loads(control.recv(65536))
    settings["import_path"] = [path for path in sys.path if path.startswith(sys.base_prefix)]
    pyprctl.set_dumpable(False)
    for name in WARM:
        with contextlib.suppress(ImportError):
            __import__(name)
    zygote = Zygote(control, settings)
    control.send(json.dumps(zygote.facts).encode())
    zygote.serve()
    os._exit(0)
