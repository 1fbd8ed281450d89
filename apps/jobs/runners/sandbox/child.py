"""Between fork and script: a child drops what it must not have, then runs the script and ends.

The order matters: descriptors, limits, user, parent's death, folder, environment, no_new_privs, Landlock, seccomp.
Anything that fails ends the child with NOT_CONFINED before a line of the script has run.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
import traceback
import types
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import pyprctl

from apps.jobs.runners.sandbox import confine

NOT_CONFINED: Final = 125
NOT_FOUND: Final = 127
SCRIPT: Final = "job.py"
#: Left in the script's folder when it ended by a MemoryError, for the worker to see.
OUT_OF_MEMORY: Final = ".out-of-memory"
_KEEP_OPEN: Final = 3


@dataclass(frozen=True, slots=True)
class Layers:
    """What the fork server has prepared. None: this machine lacks it. import_path: of the scripts' Python."""

    files: confine.Files | None
    with_network: bytes | None
    without_network: bytes | None
    import_path: list[str]


def main(message: dict[str, Any], descriptors: list[int], *, parent: int, layers: Layers) -> NoReturn:
    """Become the script. Never returns; never raises."""
    code = NOT_CONFINED
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        spec = _take(descriptors)
        if message["uid"] is None:
            parent = _keep(parent)
        confine_self(message, spec, parent=parent, layers=layers)
        code = run(spec, layers)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.write(2, f"jiepai: the script could not be confined: {error}\n".encode())
    os._exit(code)


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
    os.umask(0o077)
    os.environ.clear()
    os.environ.update(spec["env"])
    pyprctl.set_no_new_privs()
    if layers.files is not None:
        layers.files.apply(readable=spec["readable"], writable=[".", *spec["writable"]])
    os.closerange(_KEEP_OPEN, 4096)
    program = layers.with_network if spec["network"] else layers.without_network
    if program is not None:
        confine.load_filter(program)


def run(spec: dict[str, Any], layers: Layers) -> int:
    """The script itself. Returns its exit code."""
    if spec["argv"] is not None:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        try:
            os.execvpe(spec["argv"][0], spec["argv"], dict(os.environ))  # noqa: S606
        except OSError as error:
            os.write(2, f"{spec['argv'][0]}: {os.strerror(error.errno or 0)}\n".encode())
            return NOT_FOUND
    return _run_python(spec["source"], layers.import_path)


def _run_python(source: str, import_path: list[str]) -> int:
    import linecache
    import tempfile
    import threading
    import time

    time.tzset()
    tempfile.tempdir = None
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
    linecache.cache[SCRIPT] = (len(source), None, source.splitlines(keepends=True), SCRIPT)
    code = 0
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
                open(OUT_OF_MEMORY, "w").close()
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


# --- where scripts share the worker's user ----------------------------------------------------------


def _keep(parent: int) -> int:
    """Stay behind as the keeper of the script, which goes on in a new child. Returns the keeper's pid there.

    Descendants that lose their parent become the keeper's; when the script has ended, it kills them all and ends
    as the script did.
    """
    pyprctl.set_child_subreaper(True)
    pyprctl.set_pdeathsig(signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(NOT_CONFINED)
    keeper = os.getpid()
    script = os.fork()
    if script == 0:
        return keeper
    os.closerange(0, 4096)

    def forward(*_: object) -> None:
        with contextlib.suppress(OSError):
            os.killpg(script, signal.SIGTERM)

    signal.signal(signal.SIGTERM, forward)
    signal.signal(signal.SIGUSR1, lambda *_: _kill_descendants())
    status = 0
    while True:
        try:
            pid, ended = os.waitpid(-1, 0)
        except ChildProcessError:
            break
        if pid == script:
            status = ended
            _kill_descendants()
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        signal.signal(number, signal.SIG_DFL) if number != signal.SIGKILL else None
        os.kill(keeper, number)
    os._exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else NOT_CONFINED)


def _kill_descendants() -> None:
    """Kill until nothing below is left: what is forked meanwhile becomes ours and is found in the next round."""
    libc = ctypes.CDLL(None)
    for _ in range(1000):
        found = _children(os.getpid())
        below = list(found)
        while below:
            more = _children(below.pop())
            found += more
            below += more
        alive = [pid for pid in found if _kill_one(pid)]
        if not alive:
            return
        libc.usleep(1000)


def _kill_one(pid: int) -> bool:
    """Whether it was alive, and not just waiting to be reaped."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            if file.read().rsplit(")", 1)[1].split()[0] == "Z":
                return False
        os.kill(pid, signal.SIGKILL)
    except OSError:
        return False
    return True


def _children(pid: int) -> list[int]:
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []
