"""Between fork and script: a child drops what it must not have, then runs the script and ends.

The order matters: descriptors, limits, user, parent's death, folder, environment, no_new_privs, Landlock, seccomp.
Anything that fails is told to the worker and ends the child before a line of the script has run.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import traceback
import types
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import pyprctl

from apps.jobs.runners.sandbox import confine, keeper

NOT_STARTED: Final = 125
SCRIPT: Final = "job.py"
#: Left in the script's folder when it ended by a MemoryError, for the worker to see.
OUT_OF_MEMORY: Final = ".out-of-memory"
_CONTROL: Final = 3  # where the socket to the worker lies until the script begins


@dataclass(frozen=True, slots=True)
class Layers:
    """What the fork server has prepared. None: this machine lacks it. import_path: of the scripts' Python."""

    files: confine.Files | None
    with_network: bytes | None
    without_network: bytes | None
    import_path: list[str]


def main(
    message: dict[str, Any],
    descriptors: list[int],
    *,
    control: int,
    parent: int,
    layers: Layers,
) -> NoReturn:
    """Become the script. Never returns; never raises. What went wrong before its first line goes to the worker."""
    code = NOT_STARTED
    message["control"] = control
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        spec = _take(descriptors)
        if message["uid"] is None:
            parent = keeper.stay_behind(parent)
        confine_self(message, spec, parent=parent, layers=layers)
        code = run(message, spec, layers)
    except BaseException as error:
        reason = (os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "") or str(
            error
        )
        _refuse(message, "not_started", f"it could not be confined: {reason}")
    os._exit(code)


def _refuse(message: dict[str, Any], kind: str, detail: str) -> None:
    """Tell the worker why the script did not start; it is told over the fork server's own socket to it."""
    packet = json.dumps({"id": message["id"], "refused": kind, "detail": detail}).encode()
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(message["control"])) as control:
        control.send(packet)


def _take(descriptors: list[int]) -> dict[str, Any]:
    spec_fd, out, err = descriptors
    size = os.fstat(spec_fd).st_size
    spec: dict[str, Any] = json.loads(os.pread(spec_fd, size, 0))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    return spec


def confine_self(message: dict[str, Any], spec: dict[str, Any], *, parent: int, layers: Layers) -> None:
    os.setsid()
    pyprctl.set_dumpable(True)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
    workdir, uid = message["workdir"], message["uid"]
    confine.set_limits(spec["limits"])
    if uid is not None:
        os.chdir(workdir)  # while root, in case a folder above is root's alone
        os.setgroups(spec["groups"])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        pyprctl.set_dumpable(True)
    else:
        os.chdir(workdir)
    pyprctl.set_pdeathsig(signal.SIGKILL)
    if os.getppid() != parent:
        raise OSError("the fork server has gone")
    os.umask(
        0o007 if uid is not None else 0o077
    )  # its tenant's group shares what it leaves in the tenant's files
    os.environ.clear()
    os.environ.update(spec["env"])
    pyprctl.set_no_new_privs()
    if layers.files is not None:
        layers.files.apply(readable=spec["readable"], writable=[".", *spec["writable"]])
    if message["control"] != _CONTROL:
        os.dup2(message["control"], _CONTROL, inheritable=False)
        message["control"] = _CONTROL
    os.closerange(_CONTROL + 1, 4096)
    program = layers.with_network if spec["network"] else layers.without_network
    if program is not None:
        confine.load_filter(program)


def run(message: dict[str, Any], spec: dict[str, Any], layers: Layers) -> int:
    """The script itself. Returns its exit code."""
    if spec["argv"] is None:
        os.close(message["control"])
        return _run_python(spec["source"], layers.import_path)
    for one in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
        signal.signal(one, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    program = spec["argv"][0]
    try:
        os.execve(program, spec["argv"], dict(os.environ))  # noqa: S606
    except OSError as error:
        _refuse(message, "bad_interpreter", f"{program}: {os.strerror(error.errno or 0)}")
    return NOT_STARTED


def _run_python(source: str, import_path: list[str]) -> int:
    import linecache
    import tempfile
    import threading
    import time

    time.tzset()
    tempfile.tempdir = None
    if multiprocessing := sys.modules.get("multiprocessing"):
        multiprocessing.current_process().authkey = os.urandom(
            32
        )  # the fork server's would be every script's
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", errors="surrogateescape", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    for name in ("stdin", "stdout", "stderr"):
        setattr(sys, f"__{name}__", getattr(sys, name))
    sys.path[:] = import_path
    sys.argv[:] = [SCRIPT]
    for name in [name for name in sys.modules if name.split(".")[0] in _OURS]:
        del sys.modules[name]
    module = types.ModuleType("__main__")
    module.__file__ = SCRIPT
    sys.modules["__main__"] = module
    marker = os.path.abspath(OUT_OF_MEMORY)
    linecache.cache[SCRIPT] = (len(source), None, source.splitlines(keepends=True), SCRIPT)
    code = 0
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    try:
        exec(compile(source, SCRIPT, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    except SystemExit as leave:
        code = _exit_code(leave)
    except BaseException as error:
        error.__traceback__ = error.__traceback__.tb_next if error.__traceback__ else None
        _show(error)
        code = 1
        if isinstance(error, MemoryError):
            with contextlib.suppress(OSError):
                open(marker, "w").close()
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        import atexit

        atexit._run_exitfuncs()
    except BaseException as error:
        _show(error)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    return code


def _show(error: BaseException) -> None:
    """As the interpreter would; its own hook reads source from files only, and there is none."""
    if sys.excepthook is sys.__excepthook__:
        traceback.print_exception(error)
    else:
        sys.excepthook(type(error), error, error.__traceback__)


_OURS: Final = frozenset({"apps", "pyprctl", "pyseccomp", "py_landlock"})


def _exit_code(leave: SystemExit) -> int:
    if leave.code is None:
        return 0
    if isinstance(leave.code, int):
        return leave.code & 0xFF
    with contextlib.suppress(Exception):
        sys.stderr.write(f"{leave.code}\n")
    return 1
