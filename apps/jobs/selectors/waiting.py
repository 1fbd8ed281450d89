"""Why a run waits, in the reader's words."""

from __future__ import annotations

from datetime import datetime
from typing import Final, TypedDict
from uuid import UUID

from django.utils.timezone import localtime

from apps.jobs.domain.run_states import RunState
from apps.jobs.models import Run
from apps.queue.selectors import waiting
from kernel import sentences
from kernel.errors import N_

OF_THE_JOB: Final = N_("The job may run %(cap)s times at once, and %(used)s of its runs are running.")
OF_THE_TENANT: Final = N_("All jobs together may have %(cap)s runs at once, and %(used)s are running.")
_MOST_HOLDERS: Final = 10


class WaitReason(TypedDict):
    """held_by: runs of the same job that must end first, if the job's own limit is the reason; ten at most."""

    code: str
    detail: str
    held_by: list[UUID]


def explain(run: Run) -> list[WaitReason]:
    """Every reason why a run is not running, the hardest first; empty when it runs or has ended."""
    return [_told(reason, run) for reason in waiting.explain(run.pk)]


def _told(reason: waiting.Reason, run: Run) -> WaitReason:
    """The reason in words; a limit is named by what it limits, not by its key."""
    code, template = reason.code, reason.template
    held_by: list[UUID] = []
    key = str(reason.params.get("key", ""))
    if key.startswith("job:"):
        code, template = "job_limit_full", OF_THE_JOB
        rivals = Run.objects.filter(job_id=run.job_id, state=RunState.RUNNING.value).order_by("id")
        held_by = list(rivals.values_list("pk", flat=True)[:_MOST_HOLDERS])
    elif key.startswith("tenant:"):
        code, template = "tenant_limit_full", OF_THE_TENANT
    params = {name: _plain(value) for name, value in reason.params.items()}
    return WaitReason(code=code, detail=sentences.render(template, params), held_by=held_by)


def _plain(value: object) -> object:
    return f"{localtime(value):%Y-%m-%d %H:%M:%S %Z}" if isinstance(value, datetime) else value
