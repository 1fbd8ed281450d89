"""The fork server's own process: warm, single-threaded, empty of secrets.

It is started with an empty environment and talks to the worker over one socket of packets. It never reads what
it is told to run: the specification lies in a memory file that only the forked child opens, so nothing of one
tenant is left for the next. Run as a program; see ``main``.

Packets in:  {"op": "run", "id", "uid", "workdir"} with the descriptors [spec, out, err];
             {"op": "term" | "kill", "id"}.
Packets out: {"id", "started": pid}, {"id", "failed": why}, {"id", "status": wait status, "cpu", "rss", "was_asked"};
             from a child that can't become its script: {"id", "refused": kind, "detail"}.
"""

from __future__ import annotations

import array
import contextlib
import gc
import json
import os
import select
import signal
import site
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import pyprctl

from apps.jobs.runners.sandbox import child, confine, keeper
from apps.jobs.runners.sandbox.users import user_of
from apps.jobs.runners.sandbox.watch import children

WARM = (
    "argparse", "base64", "collections", "contextlib", "csv", "dataclasses", "datetime", "decimal", "functools",
    "hashlib", "itertools", "json", "logging", "math", "pathlib", "random", "re", "shutil", "sqlite3", "string",
    "subprocess", "tempfile", "textwrap", "time", "traceback", "typing", "urllib.request", "uuid", "zoneinfo",
)  # fmt: skip
MAX_PACKET = 8192
#: Never delivered here: Ctrl-C reaches the whole group, and the worker decides. A child takes them as soon as it
#: is a script, so that none that came earlier is lost.
_HELD_BACK: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)


@dataclass(slots=True)
class Live:
    """A script that runs. uid: its own user, or None where a keeper looks after its descendants."""

    id: int
    pid: int
    uid: int | None
    was_asked: bool = False


class Zygote:
    def __init__(self, control: socket.socket, settings: dict[str, Any]) -> None:
        self._control = control
        self.facts: dict[str, Any] = {
            "landlock": "switched off",
            "seccomp": "switched off",
            "landlock_abi": 0,
        }
        files = with_network = without_network = None
        if settings["landlock"]:
            try:
                files = _files(settings)
                self.facts["landlock"], self.facts["landlock_abi"] = "ok", files.abi
            except Exception as error:
                self.facts["landlock"] = _in_words(error)
        if settings["seccomp"]:
            try:
                with_network, without_network = _filter(network=True), _filter(network=False)
                self.facts["seccomp"] = "ok"
            except Exception as error:
                self.facts["seccomp"] = _in_words(error)
        self._layers = child.Layers(files, with_network, without_network, settings["import_path"])
        self._live: dict[int, Live] = {}
        self._wake_r, self._wake_w = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def serve(self) -> None:
        """Until the worker closes its end of the socket, or dies."""
        pyprctl.set_child_subreaper(True)
        signal.set_wakeup_fd(self._wake_w, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
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
            if message["op"] == "run":
                self._run(message, descriptors.tolist())
            elif live := self._live.get(message["id"]):
                live.was_asked = True
                if message["op"] == "kill":
                    self._kill(live)
                elif live.uid is None:
                    _signal(os.kill, live.pid, signal.SIGTERM)
                else:
                    with contextlib.suppress(ProcessLookupError):
                        keeper.ask(live.pid)
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
            child.main(
                message, descriptors, control=self._control.fileno(), parent=parent, layers=self._layers
            )
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
            self._clear_up_after(live)
            self._tell(
                {
                    "id": live.id,
                    "status": status,
                    "cpu": usage.ru_utime + usage.ru_stime,
                    "rss": usage.ru_maxrss * 1024,
                    "was_asked": live.was_asked,
                }
            )

    def _clear_up_after(self, ended: Live) -> None:
        """Kill what a script has started and left to us. A keeper leaves nothing, unless it was killed itself."""
        mains = {live.pid for live in self._live.values()}
        strangers = [pid for pid in children(os.getpid()) if pid not in mains]
        if not strangers:
            return
        if ended.uid is None:
            keeper.kill_below(os.getpid(), spare=mains)
        elif any(user_of(pid) == ended.uid for pid in strangers):
            sweep(ended.uid)

    def _kill(self, live: Live) -> None:
        if live.uid is None:
            _signal(os.kill, live.pid, signal.SIGUSR1)  # its keeper kills all of them, then itself
        else:
            sweep(live.uid)

    def _tell(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(ConnectionError):
            self._control.send(json.dumps(message).encode())


def sweep(uid: int) -> None:
    """Kill every process of a user. A helper takes that user's id first, so it can't hit anybody else.

    One round hits them all: the kernel lets no fork through between a process's signal and its death.
    """
    helper = os.fork()
    if helper == 0:
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            for _ in range(2):
                os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    os.waitpid(helper, 0)


def _files(settings: dict[str, Any]) -> confine.Files:
    files = confine.Files(settings["readable"], hidden=settings["hidden"])
    _rehearse(lambda: files.apply(readable=(), writable=()))
    return files


def _filter(*, network: bool) -> bytes:
    program = confine.build_filter(network=network)
    _rehearse(lambda: confine.load_filter(program))
    return program


def _rehearse(layer: Callable[[], None]) -> None:
    """Put a layer on in a child that does nothing else. Raises RuntimeError when it can't be put on here."""
    ours, theirs = os.pipe2(os.O_CLOEXEC)
    pid = os.fork()
    if pid == 0:
        try:
            pyprctl.set_no_new_privs()
            layer()
        except BaseException as error:
            os.write(theirs, _in_words(error).encode()[:1000])
        finally:
            os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        trouble = pipe.read().decode()
    _, status = os.waitpid(pid, 0)
    if trouble or status:
        raise RuntimeError(trouble or f"trying it ended with status {status}")


def _in_words(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return str(error) or type(error).__name__


def _signal(send: Any, pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        send(pid, number)


def _make_usual() -> None:
    """What a script expects of any Python, and this one lacks as it was started."""
    site.setquit()
    site.sethelper()
    if sys.version_info >= (3, 14):
        # The default has become a server on a UNIX socket, which scripts may not have.
        import multiprocessing

        default: Any = multiprocessing.context._default_context
        default._default_context = multiprocessing.get_context("fork")


def main() -> NoReturn:
    """``zygote.py <descriptor of the socket>``; the first packet holds the settings."""
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    signal.pthread_sigmask(signal.SIG_BLOCK, _HELD_BACK)
    settings = json.loads(control.recv(65536))
    settings["import_path"] = [path for path in sys.path if path.startswith(sys.base_prefix)]
    pyprctl.set_dumpable(False)
    for name in WARM:
        with contextlib.suppress(ImportError):
            __import__(name)
    _make_usual()
    for uid in settings["sweep"]:
        sweep(uid)
    zygote = Zygote(control, settings)
    control.send(json.dumps(zygote.facts).encode())
    zygote.serve()
    os._exit(0)
