"""Web, worker and beat under supervisord (docs/adr/0005-process-manager.md).

Every process of ours dies with its parent: supervisord asks the kernel for SIGTERM when the launcher
is gone, its children when supervisord is gone. So a `kill -9` of any of them leaves no orphans.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from embedded.server import SPAWN
from launcher.environment import write_private
from launcher.place import ROOT, say

STABLE_SECONDS = 5  # a process that ends sooner has failed to start
START_RETRIES = 3  # each a second later than the one before
MANAGER = "jiepai"
GAVE_UP = re.compile(r"gave up: (\w+) entered FATAL state")


@dataclass(frozen=True, slots=True)
class Program:
    """One process to keep alive. The highest ``priority`` is started last and stopped first.

    stop_seconds: how long it may take to end after SIGTERM; then it is killed with its process group.
    """

    name: str
    command: Sequence[str]
    priority: int
    stop_seconds: int


def platform_programs(port: int, grace_seconds: int) -> list[Program]:
    """Beat stops first, so that nothing new fires; the web last, so that the worker's end is still shown."""
    python = sys.executable
    uvicorn = [python, "-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--port", str(port)]
    uvicorn += ["--log-level", "warning", "--no-access-log", "--timeout-graceful-shutdown", "3"]
    uvicorn += ["--no-proxy-headers", "--ws-max-size", "65536", "--ws-per-message-deflate", "false"]
    return [
        Program("web", uvicorn, priority=100, stop_seconds=10),
        Program("worker", [python, "manage.py", "worker"], priority=200, stop_seconds=grace_seconds + 15),
        Program("beat", [python, "manage.py", "beat"], priority=300, stop_seconds=10),
    ]


class Supervisor:
    """A supervisord of our own, and the relay of what its programs say."""

    def __init__(self, folder: Path, programs: Sequence[Program], environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.programs = programs
        self.environment = environment
        self.gave_up_on: str | None = None
        self._is_stopping = False
        self._process: subprocess.Popen[str] | None = None
        self._relays: list[threading.Thread] = []

    def start(self) -> None:
        """Start supervisord, which starts the programs; returns at once."""
        pipes = {program.name: os.pipe() for program in self.programs}
        config = self.folder / "supervisord.conf"
        write_private(config, self._config({name: write for name, (_, write) in pipes.items()}))
        spawn = [
            sys.executable,
            "-I",
            "-S",
            str(SPAWN),
            "-1",
            "-1",
            str(signal.SIGTERM.value),
            str(os.getpid()),
        ]
        self._process = subprocess.Popen(
            [
                *spawn,
                str(ROOT),
                sys.executable,
                "-m",
                "supervisor.supervisord",
                "--configuration",
                str(config),
            ],
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=[write for _, write in pipes.values()],
            start_new_session=True,  # a terminal's Ctrl-C is for the launcher
        )
        assert self._process.stdout is not None
        self._relay(MANAGER, self._process.stdout)
        for name, (read, write) in pipes.items():
            os.close(write)
            self._relay(name, os.fdopen(read, encoding="utf-8", errors="replace"))

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop the programs one after the other, each with its patience; returns when all have ended."""
        if self._process is None:
            return
        self._is_stopping = True
        self._process.terminate()
        patience = sum(program.stop_seconds for program in self.programs) + 10
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()
        for relay in self._relays:
            relay.join(2.0)
        self._process = None

    def kill(self) -> None:
        """End everything that supervisord started, and it, at once."""
        if self._process is None:
            return
        with suppress(psutil.NoSuchProcess):
            own = psutil.Process(self._process.pid)
            for process in [*own.children(recursive=True), own]:
                with suppress(psutil.NoSuchProcess):
                    process.kill()

    def _config(self, outputs: Mapping[str, int]) -> str:
        sections = {
            "supervisord": {
                "nodaemon": "true",
                "logfile": str(self.folder / "supervisord.log"),
                "logfile_maxbytes": "1MB",
                "logfile_backups": "1",
                "loglevel": "info",  # "gave up" comes at this level
                "pidfile": str(self.folder / "supervisord.pid"),
                "childlogdir": str(self.folder),
                "nocleanup": "true",
                **({"user": "root"} if os.geteuid() == 0 else {}),
            }
        }
        spawn = [
            sys.executable,
            "-I",
            "-S",
            str(SPAWN),
            "-1",
            "-1",
            str(signal.SIGTERM.value),
            "0",
            str(ROOT),
        ]
        for program in self.programs:
            sections[f"program:{program.name}"] = {
                "command": shlex.join([*spawn, *program.command]),
                "directory": str(ROOT),
                "priority": str(program.priority),
                "startsecs": str(STABLE_SECONDS),
                "startretries": str(START_RETRIES),
                "autorestart": "true",
                "stopsignal": "TERM",
                "stopwaitsecs": str(program.stop_seconds),
                "killasgroup": "true",
                "redirect_stderr": "true",
                "stdout_logfile": f"/dev/fd/{outputs[program.name]}",
                "stdout_logfile_maxbytes": "0",
            }
        return "\n".join(
            f"[{title}]\n"
            + "".join(f"{name}={value.replace('%', '%%')}\n" for name, value in options.items())
            for title, options in sections.items()
        )

    def _relay(self, name: str, stream: IO[str]) -> None:
        def relay() -> None:
            with stream:
                for line in stream:
                    if name == MANAGER:
                        if found := GAVE_UP.search(line):
                            self.gave_up_on = found[1]
                        if " INFO " in line or self._is_stopping:
                            continue
                    if not line.strip():
                        continue
                    with suppress(OSError):  # nobody reads any more; the program must not block on us
                        say(f"{name:<6} | {line.rstrip()}")

        thread = threading.Thread(target=relay, name=f"relay-{name}", daemon=True)
        thread.start()
        self._relays.append(thread)
