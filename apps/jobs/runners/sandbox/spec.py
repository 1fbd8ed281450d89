"""What to run, within which limits, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Stream = Literal["out", "err"]
Kind = Literal["python", "shell"]
EndKind = Literal[
    "exited", "signalled", "timeout", "cancelled", "out_of_memory", "out_of_disk", "out_of_processes", "out_of_time",
    "too_much_output", "lost", "not_started", "no_interpreter", "bad_interpreter", "network_open",
]  # fmt: skip
ResultFault = Literal["too_large", "not_a_file"]


@dataclass(frozen=True, slots=True)
class Limits:
    """None: no limit of that kind.

    memory_bytes: of the whole process tree, seen to every 0.1 s; one process is refused twice as much at once.
    cpu_seconds, file_bytes, open_files: of each process. processes: of the tree; under a user of its own, threads
    count too. disk_bytes: of its own folder, a file counting 4 KiB at least. output_bytes: of both streams.
    """

    cpu_seconds: int | None = None
    memory_bytes: int | None = None
    file_bytes: int | None = None
    open_files: int | None = None
    processes: int | None = None
    disk_bytes: int | None = None
    output_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class ScriptSpec:
    """One script.

    env:            all of its environment but HOME, TMPDIR, PATH, LANG and JIEPAI_RESULT_FILE.
    grace_seconds:  between SIGTERM and SIGKILL, after the timeout or a request to cancel.
    network:        False denies all sockets but socketpairs.
    readable, writable: files and folders that it may reach besides the system's and its own folder.
    groups:         supplementary groups, where scripts run under users of their own.
    interpreter:    run this program on the script instead of the built-in Python, or bash.
    result_max_bytes: a larger result file is not read.
    """

    kind: Kind
    source: str
    env: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = Limits()
    timeout_seconds: float | None = None
    grace_seconds: float = 5.0
    network: bool = True
    readable: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    groups: tuple[int, ...] = ()
    interpreter: str | None = None
    result_max_bytes: int = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ScriptEnd:
    """How it ended. exit_code for "exited", signal for "signalled"; others give what there was.

    detail: in a few words; for "no_interpreter" and "bad_interpreter" the path and what is wrong with it.
    result: what it wrote into JIEPAI_RESULT_FILE, or None; result_fault says why there is none although it wrote.
    cpu_seconds, max_rss_bytes: of its main process and the children that it waited for.
    """

    kind: EndKind
    exit_code: int | None = None
    signal: int | None = None
    detail: str = ""
    result: bytes | None = None
    result_fault: ResultFault | None = None
    cpu_seconds: float = 0.0
    max_rss_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Protection:
    """One thing that scripts are kept from. reason: why it is not active."""

    name: str
    state: Literal["active", "missing"]
    reason: str = ""
