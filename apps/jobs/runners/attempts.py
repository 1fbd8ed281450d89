"""One attempt, by the runner of its kind. Knows the job and the runners; knows nothing of queues and leases."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from django.conf import settings

from apps.jobs.domain.log_lines import Stream
from apps.jobs.domain.outcome import Outcome
from apps.jobs.models import Job, Run
from apps.jobs.runners import http_jobs, scripts, sql_jobs
from apps.jobs.runners.sandbox import CancelToken, ForkServer
from apps.tenants.models import Tenant
from apps.tenants.services import folders


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
                environment=environment(run, attempt=attempt, tenant=tenant),
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


def environment(run: Run, *, attempt: int, tenant: Tenant) -> dict[str, str]:
    """What a script finds in its environment: its parameters, who it is, the job's own variables.

    A parameter ``day`` is JIEPAI_PARAM_DAY, as text; all of them are JSON in JIEPAI_PARAMS.
    """
    own: Mapping[str, str] = run.version.definition["env"]
    scheduled_for = run.scheduled_for or run.queued_at
    return {
        **own,
        "JIEPAI_RUN_ID": str(run.pk),
        "JIEPAI_ATTEMPT": str(attempt),
        "JIEPAI_JOB": run.job.name,
        "JIEPAI_TENANT": tenant.slug,
        "JIEPAI_SCHEDULED_FOR": scheduled_for.isoformat(),
        "JIEPAI_FILES": str(folders.of(tenant)),
        "JIEPAI_PARAMS": json.dumps(run.params, ensure_ascii=False),
        **{f"JIEPAI_PARAM_{name.upper()}": _text(value) for name, value in run.params.items()},
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
