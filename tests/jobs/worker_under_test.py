"""A worker process with secrets, run as a program: carries out the scripts that it is sent, one line of JSON each.

What a real worker has, this one has: an environment, a heap, descriptors and sockets that scripts must not reach.
Needs nothing but the sandbox itself, so that it also runs as other users and on other Pythons.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def main() -> None:
    config = json.loads(sys.argv[1])
    sys.path[:0] = config["paths"]
    from apps.jobs.runners.sandbox import ForkServer, NotConfined, harden_process

    if config["lacks_layers"]:
        pretend_an_old_kernel()
    harden_process()
    folder = Path(config["folder"])
    secret = os.open(folder / "secrets.json", os.O_RDONLY)
    os.set_inheritable(secret, True)
    sockets = listen(folder, config["abstract"])
    forks = ForkServer(workdirs=folder / "work", level=config["level"])
    try:
        forks.start()
    except NotConfined as error:
        answer({"not_confined": str(error)})
        return
    answer({"pid": os.getpid(), "zygote": forks.pid, "report": forks.report()})
    for line in sys.stdin:
        request = json.loads(line)
        answer(OPS[request.pop("op")](forks, **request))
    forks.stop()
    del sockets


def pretend_an_old_kernel() -> None:
    """Deny what Landlock and seccomp are asked for by, as a kernel without them does."""
    import errno

    import pyprctl
    import pyseccomp as seccomp

    program = seccomp.SyscallFilter(seccomp.ALLOW)
    program.add_rule(seccomp.ERRNO(errno.ENOSYS), "landlock_create_ruleset")
    program.add_rule(seccomp.ERRNO(errno.EINVAL), "prctl", seccomp.Arg(0, seccomp.EQ, 22))
    pyprctl.set_no_new_privs()
    program.load()


def listen(folder: Path, abstract: str) -> list[socket.socket]:
    """Two servers that let anybody in."""
    path = folder / "open.sock"
    found = []
    for address in (str(path), f"\0{abstract}"):
        server = socket.socket(socket.AF_UNIX)
        server.bind(address)
        server.listen()
        found.append(server)
    path.chmod(0o777)
    return found


def run(
    forks: Any, *, cancel_after: float | None = None, kill_zygote_after: float | None = None, **spec: Any
) -> Any:
    from apps.jobs.runners.sandbox import CancelToken, Limits, ScriptSpec

    cancel = CancelToken()
    timers = []
    if cancel_after is not None:
        timers.append(threading.Timer(cancel_after, cancel.set, ["the test"]))
    if kill_zygote_after is not None:
        timers.append(threading.Timer(kill_zygote_after, os.kill, [forks.pid, 9]))
    for timer in timers:
        timer.start()
    began = time.monotonic()
    chunks: dict[str, list[bytes]] = {"out": [], "err": []}
    first_output: list[float] = []

    def take(stream: str, data: bytes) -> None:
        first_output.append(time.monotonic() - began)
        chunks[stream].append(data)

    limits = Limits(**spec.pop("limits", {}))
    spec = {name: tuple(value) if isinstance(value, list) else value for name, value in spec.items()}
    end = forks.run(ScriptSpec(limits=limits, **spec), on_output=take, cancel=cancel)
    for timer in timers:
        timer.cancel()
    return {
        "kind": end.kind,
        "exit_code": end.exit_code,
        "signal": end.signal,
        "detail": end.detail,
        "result": end.result.decode(errors="replace") if end.result is not None else None,
        "result_fault": end.result_fault,
        "out": b"".join(chunks["out"]).decode(errors="backslashreplace"),
        "err": b"".join(chunks["err"]).decode(errors="backslashreplace"),
        "seconds": time.monotonic() - began,
        "first_output": first_output[0] if first_output else None,
    }


def many(forks: Any, *, count: int, **spec: Any) -> Any:
    """The same script many times at once."""
    ends: list[Any] = []
    threads = [
        threading.Thread(target=lambda: ends.append(run(forks, **json.loads(json.dumps(spec)))))
        for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


def repeat(forks: Any, *, count: int, **spec: Any) -> Any:
    """The same script again and again."""
    return [run(forks, **json.loads(json.dumps(spec)))["kind"] for _ in range(count)]


def left(forks: Any) -> Any:
    """What is there besides the fork server. Waits a little: what was killed may still be dying."""
    from apps.jobs.runners.sandbox import watch

    until = time.monotonic() + 3
    while True:
        processes = set(watch.children(forks.pid)) | set(watch.children(os.getpid())) - {forks.pid}
        if forks._users is not None:
            processes |= {pid for uid in forks._users.occupied() for pid in of_user(uid)}
        if not processes or time.monotonic() > until:
            break
        time.sleep(0.02)
    return {
        "processes": sorted(processes),
        "files": os.listdir(forks._workdirs),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "zygote": forks.pid,
        "zygote_descriptors": len(os.listdir(f"/proc/{forks.pid}/fd")) if os.geteuid() == 0 else 0,
        "zygote_bytes": watch._resident(forks.pid),
        "threads": threading.active_count(),
    }


def of_user(uid: int) -> list[int]:
    from apps.jobs.runners.sandbox.users import user_of

    return [int(name) for name in os.listdir("/proc") if name.isdigit() and user_of(int(name)) == uid]


OPS: dict[str, Callable[..., Any]] = {"run": run, "many": many, "repeat": repeat, "left": left}


def answer(value: Any) -> None:
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(value), flush=True)


if __name__ == "__main__":
    main()
