"""When a failed attempt is tried again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from apps.jobs.domain.run_states import NOT_THE_JOBS_FAULT, Reason

#: An executor lost under a run this often in a row is the run's doing after all.
MAX_LOSSES = 5


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """max_attempts: tries in all that may fail, the first included. on: the exit reasons worth another try."""

    strategy: Literal["none", "fixed", "linear", "exponential"] = "none"
    max_attempts: int = 1
    base: timedelta = timedelta(seconds=10)
    cap: timedelta = timedelta(minutes=10)
    on: frozenset[Reason] = frozenset({Reason.EXIT_CODE})


def delay(policy: RetryPolicy, failures: int, *, rand: Callable[[], float]) -> timedelta:
    """How long to wait after the given number of failures.

    failures: counted from 1; any size. rand: draws from [0, 1); passed in so that a test can fix it.
    Exponential has full jitter: uniform in [0, min(cap, base * 2**(failures - 1))).
    Raises ValueError unless failures >= 1.
    Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """
    if failures < 1:
        raise ValueError(f"{failures=}")
    base, cap = policy.base.total_seconds(), policy.cap.total_seconds()
    match policy.strategy:
        case "exponential":
            seconds = (
                min(cap, base * 2.0 ** min(failures - 1, 64)) * rand()
            )  # past 2**64 the cap has long won
        case "linear":
            seconds = min(cap, base * failures)
        case _:
            seconds = min(cap, base)
    return timedelta(seconds=seconds)


def next_try(
    policy: RetryPolicy, *, reason: Reason, failures: int, losses: int, rand: Callable[[], float]
) -> timedelta | None:
    """How long until the run is tried again, or None when this was its last attempt.

    failures: attempts so far that failed by the job's own doing, this one included.
    losses:   attempts so far that were lost with their executor, this one included.
    """
    if reason is Reason.EXECUTOR_STOPPED:
        return timedelta(0)
    if reason in NOT_THE_JOBS_FAULT:
        return timedelta(0) if losses < MAX_LOSSES else None
    if policy.strategy == "none" or reason not in policy.on or failures >= policy.max_attempts:
        return None
    return delay(policy, failures, rand=rand)
