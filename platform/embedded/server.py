"""What the embedded servers share: one owner, leftovers of a killed life, start, readiness, orderly stop."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, ClassVar, Self

import psutil

from embedded import account as accounts
from embedded.account import Account, ServerError

SOCKET_PATH_MAX = 103  # bytes without the closing NUL: 107 on Linux, 103 on macOS
LOG_MAX_BYTES = 8 * 1024 * 1024
START_SECONDS = 60.0
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "TZ": "UTC", "LC_ALL": "C"}  # nothing of ours
SPAWN = Path(__file__).with_name("spawn.py")


class EmbeddedServer(ABC):
    """A server that belongs to a folder and dies with the thread that started it.

    The data is in ``home/data``, the socket in a folder that the server's account alone may enter.
    Of two owners of one folder the second gets ServerError.
    """

    title: ClassVar[str]
    preferred_uid: ClassVar[int]
    socket_name: ClassVar[str]
    stop_signals: ClassVar[Sequence[tuple[signal.Signals, float]]]  # each with its patience in seconds

    def __init__(self, directory: Path, *, durable: bool) -> None:
        self.directory = directory.absolute()
        self.durable = durable
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._temporary: list[Path] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Process id of the running server. Raises ServerError when it is not running."""
        if self._process is None:
            raise ServerError(f"{self.title} is not running.")
        return self._process.pid

    def start(self) -> None:
        """Start and wait until the server answers. Raises ServerError; nothing is left running then."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            self._settle_in()
            self._end_leftovers()
            self._make_socket_folder()
            self._prepare()
            self._launch()
            self._await_ready()
        except OSError as error:
            self.stop()
            raise ServerError(
                f"{self.title} cannot start: {error.strerror or error}: {self.directory}."
            ) from error
        except BaseException:
            self.stop()
            raise

    def ensure_running(self) -> bool:
        """Start the server anew, under the same address, if it has died; says whether it had. Raises ServerError."""
        assert self._process is not None
        if self._process.poll() is None:
            return False
        self._end_leftovers()
        for leftover in self.socket_folder.iterdir():
            leftover.unlink()
        self._prepare()
        self._launch()
        self._await_ready()
        return True

    def stop(self) -> None:
        """Stop the server, gently at first; safe to call twice."""
        if self._process is not None:
            for number, patience in (*self.stop_signals, (signal.SIGKILL, 5.0)):
                with contextlib.suppress(ProcessLookupError):
                    self._process.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(patience)
                    break
            self._process = None
        for folder in self._temporary:
            shutil.rmtree(folder, ignore_errors=True)
        self._temporary.clear()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @abstractmethod
    def _prepare(self) -> None:
        """Make what the server needs before it starts."""

    @abstractmethod
    def _command(self) -> tuple[list[str], bytes]:
        """The program with its arguments, and what it reads from its standard input."""

    @abstractmethod
    def _is_ready(self) -> bool:
        """Whether the server that was launched takes connections."""

    def _take_lock(self) -> None:
        lock = (self.directory / "lock").open("w", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise ServerError(
                f"{self.title} in {self.directory} is already in use by another process."
            ) from None
        self._lock = lock

    def _settle_in(self) -> None:
        account = accounts.unprivileged(self.preferred_uid)
        if account.switched:
            self.directory.chmod(0o711)  # this folder is the server's own; those above it are not touched
        home = accounts.home_for(self.directory, account, durable=self.durable)
        self.home = home.path
        if home.temporary:
            self._temporary.append(home.path)
        data = self.home / "data"
        self.account: Account = accounts.owner_of(data) if data.exists() else account
        self.data = data
        self.log = self.home / "server.log"

    def _end_leftovers(self) -> None:
        """Stop what a killed owner left behind: with the lock ours, whoever works in the data folder is an orphan."""
        for number, patience in (*self.stop_signals, (signal.SIGKILL, 5.0)):
            left = [process for process in psutil.process_iter() if _works_in(process, self.data)]
            if not left:
                return
            for process in left:
                with contextlib.suppress(psutil.Error):
                    process.send_signal(number)
            psutil.wait_procs(left, timeout=patience)

    def _make_socket_folder(self) -> None:
        """An empty folder: the lock beside a killed server's socket would stop the next one."""
        self.socket_folder = self.home / "socket"
        if len(os.fsencode(self.socket_folder / self.socket_name)) > SOCKET_PATH_MAX:
            self.socket_folder = Path(tempfile.mkdtemp(prefix="jiepai-", dir="/tmp"))
            self._temporary.append(self.socket_folder)
        elif self.socket_folder.exists():
            shutil.rmtree(self.socket_folder)
        self.account.owned_folder(self.socket_folder)

    def _launch(self) -> None:
        command, stdin = self._command()
        if self.log.exists() and self.log.stat().st_size > LOG_MAX_BYTES:
            self.log.unlink()
        self.log.touch(mode=0o600)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.spawn_command(command, self.account, self.socket_folder, self.stop_signals[0][0]),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=ENVIRONMENT,
                start_new_session=True,  # a terminal's Ctrl-C is for the launcher, which stops us last
            )
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(stdin)
            self._process.stdin.close()

    def spawn_command(
        self, command: Sequence[str], account: Account, folder: Path, death_signal: signal.Signals
    ) -> list[str]:
        """The command line that runs ``command`` as ``account`` in ``folder``; the signal comes when we die."""
        uid = account.uid if account.switched else -1
        head = [sys.executable, "-I", "-S", str(SPAWN), str(uid), str(account.gid)]
        return [*head, str(death_signal.value), str(os.getpid()), str(folder), *command]

    def _await_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None:
                raise self.failure(self._log_tail())
            if time.monotonic() > deadline:
                raise ServerError(
                    f"{self.title} did not answer within {START_SECONDS:.0f} seconds; its log is {self.log}."
                )
            time.sleep(0.02)

    def failure(self, output: str) -> ServerError:
        """What to tell a person when a program of the server ended with this output."""
        if "No space left on device" in output:
            return ServerError(f"The disk that holds {self.home} is full: {self.title} cannot start.")
        last = output.strip().splitlines()[-1:] or ["it said nothing"]
        return ServerError(f"{self.title} cannot start: {last[0].strip()} (log: {self.log})")

    def _log_tail(self) -> str:
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 4096))
            return log.read().decode("utf-8", "replace")


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.cwd() == str(folder)
    except psutil.Error:
        return False
