"""Looks after one run: takes its output, keeps its time, stops it when it must, and says how it ended."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from apps.jobs.runners.sandbox import watch, workdirs
from apps.jobs.runners.sandbox.cancel import CancelToken
from apps.jobs.runners.sandbox.spec import EndKind, ScriptEnd, ScriptSpec, Stream

if TYPE_CHECKING:
    from apps.jobs.runners.sandbox.client import ForkServer, Ticket

OnOutput = Callable[[Stream, bytes], None]

_OUT_OF_MEMORY: Final = ".out-of-memory"  # as child.py writes it, which this process does not import
_CHUNK: Final = 64 * 1024
_WATCH_SECONDS: Final = 0.1
_DISK_SECONDS: Final = 1.0
_ABANDON_SECONDS: Final = 30.0


class Watchman:
    def __init__(
        self,
        forks: ForkServer,
        run: Ticket,
        spec: ScriptSpec,
        workdir: Path,
        on_output: OnOutput,
        cancel: CancelToken,
    ) -> None:
        self._forks, self._run, self._spec = forks, run, spec
        self._folder, self._workdir = workdir, str(workdir)
        self._on_output = on_output
        self._cancel = cancel
        self._pipes: dict[int, Stream] = {}
        self._cause: tuple[EndKind, str] | None = None
        self._kill_at: float | None = None
        self._output_bytes = 0
        self._oom_kills = forks.oom_kills

    def watch(self) -> ScriptEnd:
        """Run it to its end. Whatever the taker of the output raises is raised again, with the script dead."""
        with contextlib.ExitStack() as pipes:
            try:
                workdirs.make(self._folder, self._run.uid)
                is_sent = self._launch(pipes)
            except OSError as error:
                return ScriptEnd("not_started", detail=error.strerror or str(error))
            if not is_sent:
                return ScriptEnd("lost", detail="the fork server is gone")
            began = time.monotonic()
            timeout = self._spec.timeout_seconds
            self._deadline = began + timeout if timeout is not None else None
            self._look_at = began + 2 * _WATCH_SECONDS
            self._weigh_at = began + _DISK_SECONDS
            try:
                self._loop()
                self._drain()
            except BaseException:
                self._abandon()
                raise
        return self._end()

    def _launch(self, pipes: contextlib.ExitStack) -> bool:
        payload = json.dumps(self._forks.payload(self._spec, self._workdir)).encode()
        with contextlib.ExitStack() as given:
            spec_fd = os.memfd_create("spec", os.MFD_CLOEXEC)
            theirs = [spec_fd]
            given.callback(os.close, spec_fd)
            with os.fdopen(os.dup(spec_fd), "wb") as file:
                file.write(payload)
            streams: tuple[Stream, Stream] = ("out", "err")
            for stream in streams:
                ours, end = os.pipe2(os.O_CLOEXEC)
                pipes.callback(os.close, ours)
                given.callback(os.close, end)
                os.set_blocking(ours, False)
                self._pipes[ours] = stream
                theirs.append(end)
            return self._forks.send_off(self._run, self._workdir, theirs)

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
            if self._cancel.fileno() in ready:
                poll.unregister(self._cancel.fileno())
                self._stop("cancelled", self._cancel.reason)
            self._keep_time()

    def _pause_ms(self) -> int:
        now = time.monotonic()
        times = [at for at in (self._deadline, self._kill_at) if at is not None]
        if self._counts:
            times.append(self._look_at)
        if self._spec.limits.disk_bytes is not None:
            times.append(self._weigh_at)
        return max(0, int((min(times) - now) * 1000) + 1) if times else -1

    @property
    def _counts(self) -> bool:
        limits = self._spec.limits
        return limits.memory_bytes is not None or limits.processes is not None

    def _keep_time(self) -> None:
        now = time.monotonic()
        if self._deadline is not None and now >= self._deadline:
            self._deadline = None
            self._stop("timeout", "")
        if self._kill_at is not None and now >= self._kill_at:
            self._kill_at = now + 1.0
            self._forks.tell(self._run, "kill")
        if self._counts and now >= self._look_at:
            self._look_at = now + _WATCH_SECONDS
            self._count()
        disk = self._spec.limits.disk_bytes
        if disk is not None and now >= self._weigh_at:
            used = watch.folder_bytes(self._workdir)
            self._weigh_at = time.monotonic() + _DISK_SECONDS
            if used > disk:
                self._stop("out_of_disk", _megabytes(used, disk), at_once=True)

    def _count(self) -> None:
        limits = self._spec.limits
        if not self._run.pid:
            return
        tree = self._forks.tree_of(self._run)
        if limits.memory_bytes is not None and tree.resident_bytes > limits.memory_bytes:
            used = tree.memory_bytes()
            if used > limits.memory_bytes:
                self._stop("out_of_memory", _megabytes(used, limits.memory_bytes), at_once=True)
        count = len(tree.pids) - (self._run.uid is None)  # without the keeper
        if limits.processes is not None and count > limits.processes:
            self._stop("out_of_processes", f"{count} of {limits.processes}", at_once=True)

    def _stop(self, kind: EndKind, detail: str, *, at_once: bool = False) -> None:
        if self._cause is not None:
            return
        self._cause = (kind, detail)
        self._deadline = None
        grace = 0.0 if at_once else self._spec.grace_seconds
        if grace > 0:
            self._forks.tell(self._run, "term")
        self._kill_at = time.monotonic() + grace

    def _read(self, pipe: int) -> bool:
        """One portion of output. False at its end."""
        try:
            data = os.read(pipe, _CHUNK)
        except BlockingIOError:
            return True
        if data:
            self._take(pipe, data)
        return bool(data)

    def _drain(self) -> None:
        """What is still in the pipes; all writers are dead, or about to be."""
        for pipe in self._pipes:
            while True:
                try:
                    data = os.read(pipe, _CHUNK)
                except BlockingIOError:
                    break
                if not data:
                    break
                self._take(pipe, data)

    def _take(self, pipe: int, data: bytes) -> None:
        self._output_bytes += len(data)
        most = self._spec.limits.output_bytes
        if most is not None and self._output_bytes > most:
            data = data[: most - self._output_bytes]
            self._output_bytes = most
            self._stop("too_much_output", f"{most // 2**20} MB", at_once=True)
        if data:
            self._on_output(self._pipes[pipe], data)

    def _abandon(self) -> None:
        """Kill it, and wait for that: its folder and its user are given up next."""
        until = time.monotonic() + _ABANDON_SECONDS
        poll = select.poll()
        poll.register(self._run.done, select.POLLIN)
        self._forks.tell(self._run, "kill")
        while not poll.poll(1000) and time.monotonic() < until:
            self._forks.tell(self._run, "kill")

    # --- how it ended -----------------------------------------------------------------------------

    def _end(self) -> ScriptEnd:
        run, limits = self._run, self._spec.limits
        if run.refused is not None:
            kind, detail = run.refused
            return ScriptEnd(cast(EndKind, kind), detail=detail)
        if run.status is None:
            return ScriptEnd("lost", detail=run.lost)
        code = os.waitstatus_to_exitcode(run.status)
        result, fault = workdirs.result(self._workdir, max_bytes=self._spec.result_max_bytes)
        facts: dict[str, Any] = {
            "exit_code": code if code >= 0 else None,
            "signal": -code if code < 0 else None,
            "result": result,
            "result_fault": fault,
            "cpu_seconds": run.cpu_seconds,
            "max_rss_bytes": run.max_rss_bytes,
        }
        if self._cause is not None and (run.was_asked or code != 0):
            kind, detail = self._cause
            return ScriptEnd(kind, detail=detail, **facts)
        if limits.memory_bytes is not None and self._was_refused_memory(code):
            detail = _megabytes(run.max_rss_bytes, limits.memory_bytes)
            return ScriptEnd("out_of_memory", detail=detail, **facts)
        if code == -signal.SIGKILL and self._forks.has_seen_oom_kill(since=self._oom_kills):
            return ScriptEnd("out_of_memory", detail="the machine had none left", **facts)
        if limits.cpu_seconds is not None and _is_out_of_time(code, run.cpu_seconds, limits.cpu_seconds):
            return ScriptEnd("out_of_time", detail=f"{limits.cpu_seconds} s", **facts)
        return ScriptEnd("exited" if code >= 0 else "signalled", **facts)

    def _was_refused_memory(self, code: int) -> bool:
        """Whether it ended by a MemoryError, or was killed when it had as much as it may have."""
        limit = self._spec.limits.memory_bytes
        if code > 0:
            return os.path.lexists(os.path.join(self._workdir, _OUT_OF_MEMORY))
        return code == -signal.SIGKILL and limit is not None and self._run.max_rss_bytes >= limit * 0.95


def _is_out_of_time(code: int, used: float, limit: int) -> bool:
    return code == -signal.SIGXCPU or (code == -signal.SIGKILL and used >= limit)


def _megabytes(used: int, limit: int) -> str:
    return f"{used // 2**20} of {limit // 2**20} MB"
