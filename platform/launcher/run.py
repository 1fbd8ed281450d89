"""`make run`: embedded servers, a prepared database, then web, worker and beat until Ctrl-C."""

from __future__ import annotations

import fcntl
import http.client
import json
import math
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType
from typing import IO, Never

import psutil

from embedded import EmbeddedPostgres, EmbeddedValkey, ServerError
from embedded.account import home_for, unprivileged
from launcher import environment, prepare
from launcher.place import Refusal, data_dir, exit_with_one_sentence, say
from launcher.supervise import Supervisor, platform_programs

DATABASE = "jiepai"
SCRIPT_UID = 40000  # one of those that scripts run as when we are root
NEEDED_BYTES = 256 * 1024 * 1024
SCARCE_BYTES = 64 * 1024 * 1024
ANSWER_SECONDS = 120.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """The person at the terminal, or the system, wants us to stop."""


def main() -> int:
    """Run until interrupted; 0 after an orderly stop."""
    begun = time.time()
    port = int(_number("JIEPAI_PORT", 8000, 1, 65535))
    grace = math.ceil(_number("JIEPAI_SHUTDOWN_GRACE_SECONDS", 10, 0, 3600))
    data = data_dir()
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    try:
        with ExitStack() as life:
            _make_data_dir(data)
            life.enter_context(_only_one(data))
            end_orphans(data, patience=grace + 15)
            check_port(port)
            servers, stamp, embedded = _start_servers(life, data)
            variables = environment.build(data, {**servers, "JIEPAI_SCRIPT_DIR": str(_script_dir(data))})
            environment.keep_for_terminals(data, variables)
            prepare.prepare(data, variables, stamp=stamp)
            supervisor = Supervisor(data, platform_programs(port, grace), variables)
            life.callback(supervisor.stop)
            life.callback(_be_impatient, supervisor, grace)
            supervisor.start()
            _await_answer(port, supervisor)
            _greet(port, data, variables, begun)
            _watch(supervisor, embedded, data)
    except Interrupted:
        say("Stopped.")
    except ServerError as error:
        raise Refusal(str(error)) from None
    return 0


def _number(name: str, default: int, lowest: int, highest: int) -> float:
    text = os.environ.get(name) or str(default)
    with suppress(ValueError):
        if lowest <= float(text) <= highest:
            return float(text)
    raise Refusal(f"{name} must be a number from {lowest} to {highest}, not {text!r}.")


def _interrupt(number: int, frame: FrameType | None) -> Never:
    for each in SIGNALS:  # whatever comes next must not break off the orderly stop
        signal.signal(each, signal.SIG_IGN)
    raise Interrupted


def _be_impatient(supervisor: Supervisor, grace: int) -> None:
    """While stopping, a second Ctrl-C ends the running jobs at once; databases still stop in order."""

    def kill(number: int, frame: FrameType | None) -> None:
        say("Stopping at once.")
        supervisor.kill()

    say(f"\nStopping: running jobs have {grace} seconds to end, Ctrl-C again ends them at once …")
    for each in SIGNALS:
        signal.signal(each, kill)


def _make_data_dir(data: Path) -> None:
    try:
        data.mkdir(parents=True, exist_ok=True)
        # Scripts and PostgreSQL run as other users when we are root: they may pass through, not look around.
        data.chmod(0o711 if os.geteuid() == 0 else 0o700)
        free = shutil.disk_usage(data).free
    except OSError as error:
        owner = (
            data.stat().st_uid if isinstance(error, PermissionError) and os.access(data, os.F_OK) else None
        )
        if owner not in (None, os.geteuid()):
            raise Refusal(
                f"The folder {data} belongs to user id {owner}: start as that user, "
                "or name another folder with JIEPAI_DATA_DIR."
            ) from None
        raise Refusal(f"The folder {data} cannot be used: {error.strerror}.") from None
    if free < NEEDED_BYTES:
        raise Refusal(
            f"The disk that holds {data} is full: {free // 2**20} MB are left, {NEEDED_BYTES // 2**20} MB are needed."
        )


def _only_one(data: Path) -> IO[str]:
    lock = (data / "run.lock").open("a+", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        pid = lock.read().strip()
        lock.close()
        raise Refusal(f"Jiepai already runs on {data} (process {pid}): stop that one first.") from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def end_orphans(data: Path, *, patience: float) -> None:
    """Stop processes that an earlier, killed life on this data folder left behind: gently, then not.

    They are known by the mark in their environment; a process id in a file may have become someone else's.
    patience: seconds that a worker may take to hand its runs back.
    """
    left = [process for process in psutil.process_iter() if _is_marked(process, str(data))]
    if not left:
        return
    say(f"Stopping {len(left)} processes that were left behind …")
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(left, timeout=patience)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=5)


def _is_marked(process: psutil.Process, mark: str) -> bool:
    try:
        return process.pid != os.getpid() and process.environ().get(environment.MARK) == mark
    except (psutil.Error, OSError):
        return False


def check_port(port: int) -> None:
    """Raises Refusal when the web server could not listen on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Refusal(
                f"Port {port} cannot be used ({error.strerror}): "
                f"stop what uses it, or choose another with JIEPAI_PORT={port + 1 if port < 65535 else 8000}."
            ) from None


def _script_dir(data: Path) -> Path:
    """Where scripts and tenants have their folders: below the data folder, if root's scripts can get there.

    As root they run as users of their own, for which the way in must be open (docs/adr/0003).
    """
    directory = data / "scripts"
    directory.mkdir(exist_ok=True)
    home = home_for(directory, unprivileged(SCRIPT_UID), durable=True).path
    home.chmod(0o755 if os.geteuid() == 0 else 0o700)
    return home


def _start_servers(
    life: ExitStack, data: Path
) -> tuple[dict[str, str], Path | None, list[EmbeddedPostgres | EmbeddedValkey]]:
    """Start what no JIEPAI_*_URL replaces: the addresses, the database's stamp, the servers."""
    addresses: dict[str, str] = {}
    stamp = None
    started: list[EmbeddedPostgres | EmbeddedValkey] = []
    if not os.environ.get("JIEPAI_DATABASE_URL"):
        postgres = life.enter_context(EmbeddedPostgres(data / "postgres", durable=True))
        postgres.ensure_database(DATABASE)
        addresses["JIEPAI_DATABASE_URL"] = postgres.url(DATABASE)
        stamp = postgres.home / "prepared"
        started.append(postgres)
    if not (os.environ.get("JIEPAI_BROKER_URL") and os.environ.get("JIEPAI_REDIS_URL")):
        valkey = life.enter_context(EmbeddedValkey(data / "valkey"))
        addresses |= {"JIEPAI_BROKER_URL": valkey.broker_url, "JIEPAI_REDIS_URL": valkey.url}
        started.append(valkey)
    return addresses, stamp, started


def _await_answer(port: int, supervisor: Supervisor) -> None:
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/", headers={"Host": f"localhost:{port}"})
            connection.getresponse()
        except (OSError, http.client.HTTPException):
            _check(supervisor)
            if time.monotonic() > deadline:
                raise Refusal(f"The web server did not answer within {ANSWER_SECONDS:.0f} seconds.") from None
            time.sleep(0.1)
        else:
            return
        finally:
            connection.close()


def _greet(port: int, data: Path, variables: Mapping[str, str], begun: float) -> None:
    domain = variables.get("JIEPAI_BASE_DOMAIN") or "localhost"
    sign_in, shown = data / prepare.SIGN_IN, data / "sign-in-shown"
    lines = [
        "",
        f"Jiepai answers after {time.time() - begun:.1f} s.",
        f"  platform admin   http://{domain}:{port}/admin/",
        f"  demo tenant      http://demo.{domain}:{port}/",
        f"  API docs         http://demo.{domain}:{port}/api/v1/docs/",
    ]
    if sign_in.exists() and not (shown.exists() and shown.stat().st_mtime >= sign_in.stat().st_mtime):
        shown.touch()
        lines.append("  sign in with     (shown this once)")
        lines += [f"    {line}" for line in _flat(json.loads(sign_in.read_text(encoding="utf-8")))]
    elif sign_in.exists():
        lines.append(f"  sign in with     what {sign_in} says")
    say("\n".join([*lines, "Ctrl-C stops everything.", ""]))


def _flat(value: object, name: str = "") -> list[str]:
    if isinstance(value, dict):
        return [line for key, inner in value.items() for line in _flat(inner, f"{name} {key}".strip())]
    return [f"{name}: {value}"]


def _watch(supervisor: Supervisor, servers: list[EmbeddedPostgres | EmbeddedValkey], data: Path) -> Never:
    is_scarce = False
    while True:
        _check(supervisor)
        free = shutil.disk_usage(data).free
        if free < SCARCE_BYTES and not is_scarce:
            say(f"The disk that holds {data} is nearly full: {free // 2**20} MB are left.")
        is_scarce = free < SCARCE_BYTES
        for server in servers:
            if server.ensure_running():
                say(f"{server.title} had ended and was started again.")
        time.sleep(0.5)


def _check(supervisor: Supervisor) -> None:
    if supervisor.gave_up_on:
        raise Refusal(f"The {supervisor.gave_up_on} process does not start: what it says is above.")
    if not supervisor.is_running:
        raise Refusal("The process manager ended: what it says is above.")


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    exit_with_one_sentence(main)
