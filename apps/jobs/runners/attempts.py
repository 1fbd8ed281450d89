"""One attempt, by the runner of its kind. Knows the job and the runners; knows nothing of queues and leases."""

from __future__ import annotations

from typing import Protocol

from django.conf import settings

from apps.jobs.domain.log_lines import Stream
from apps.jobs.domain.outcome import Outcome
from apps.jobs.models import Job, Run
from apps.jobs.runners import http_jobs, scripts, sql_jobs
from apps.jobs.runners.sandbox import CancelToken, ForkServer
from apps.jobs.selectors import environments
from apps.tenants.models import Tenant


class Log(Protocol):
    """Where output goes."""

    def write(self, stream: Stream, data: bytes) -> None: ...

    def say(self, template: str, **params: object) -> None: ...


def carry_out(
    run: Run, *, attempt: int, tenant: Tenant, log: Log, cancel: CancelToken, forks: ForkServer
) -> Outcome:
    """Run it, here and now, until it has ended, timed out or was cancelled.

    An outcome with reason CANCELLED means that ``cancel`` stopped it, whoever set that and why.
    """
    match run.job.kind:
        case Job.Kind.PYTHON | Job.Kind.SHELL:
            return scripts.carry_out(
                run,
                environment=environments.of(run, attempt=attempt, tenant=tenant),
                tenant=tenant,
                log=log,
                cancel=cancel,
                forks=forks,
                result_max_bytes=settings.ENV.result_cap_bytes,
            )
        case Job.Kind.SQL:
            return sql_jobs.carry_out(run, log=log, cancel=cancel)
        case Job.Kind.HTTP:
            return http_jobs.carry_out(run, log=log, cancel=cancel)
    raise AssertionError(run.job.kind)
