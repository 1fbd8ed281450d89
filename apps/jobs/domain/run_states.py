"""The states of a run, and which may follow which."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


S = RunState
TERMINAL: Final = frozenset({S.SUCCEEDED, S.FAILED, S.CANCELLED, S.SKIPPED})

#: target <- the states it may be entered from. A run goes back to QUEUED to be tried again.
SOURCES: Final[Mapping[RunState, frozenset[RunState]]] = {
    S.QUEUED: frozenset({S.RUNNING}),
    S.RUNNING: frozenset({S.QUEUED}),
    S.SUCCEEDED: frozenset({S.RUNNING}),
    S.FAILED: frozenset({S.RUNNING, S.QUEUED}),
    S.CANCELLED: frozenset({S.QUEUED, S.RUNNING}),
    S.SKIPPED: frozenset({S.QUEUED}),
}


class Source(StrEnum):
    """Who asked for a run."""

    CRON = "cron"
    INTERVAL = "interval"
    ONCE = "once"
    MANUAL = "manual"
    API = "api"
    RERUN = "rerun"
    TRIAL = "trial"


class Reason(StrEnum):
    """Why an attempt ended as it did. Empty when it succeeded."""

    NONE = ""
    EXIT_CODE = "exit_code"
    SIGNAL = "signal"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    LOST_EXECUTOR = "lost_executor"
    EXECUTOR_STOPPED = "executor_stopped"
    CANCELLED = "cancelled"
    NOT_STARTED = "not_started"
    SQL_ERROR = "sql_error"
    HTTP_ERROR = "http_error"
    UNREACHABLE = "unreachable"
    PLATFORM_ERROR = "platform_error"
    MISSED = "missed"
    REFUSED = "refused"
    JOB_DELETED = "job_deleted"


#: An attempt that ended so was not the job's doing: it is tried again, and its retry policy isn't charged.
NOT_THE_JOBS_FAULT: Final = frozenset({Reason.LOST_EXECUTOR, Reason.EXECUTOR_STOPPED})

#: Which exit reasons a retry policy may name.
RETRYABLE: Final = (
    Reason.EXIT_CODE,
    Reason.SIGNAL,
    Reason.TIMEOUT,
    Reason.OUT_OF_MEMORY,
    Reason.NOT_STARTED,
    Reason.SQL_ERROR,
    Reason.HTTP_ERROR,
    Reason.UNREACHABLE,
)
