"""A definition is run before anybody has saved it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.jobs.domain import definition as rules
from apps.jobs.domain.run_states import TERMINAL, Source
from apps.jobs.models import Job, JobVersion, Run
from apps.jobs.services import history, jobs, runs

#: Of each job. Trials that have not ended stay, however many they are.
KEPT: Final = 20


def request(
    job: Job,
    *,
    definition: Mapping[str, Any],
    by: User,
    params: Mapping[str, Any] | None = None,
    priority: int | None = None,
    rerun_of: Run | None = None,
) -> Run:
    """Ask for a run of a definition that is not saved. The job and its versions stay as they are.

    The job's oldest trial makes room once there are twenty. Raises what a save and what a run raise.
    """
    complete = rules.complete(job.kind, definition)
    jobs.check_datasource(job.kind, complete, by=by)
    with transaction.atomic():
        return runs.request(
            job,
            source=Source.TRIAL,
            params=params,
            by=by,
            priority=priority,
            rerun_of=rerun_of,
            version=_keep(job, complete, by=by),
        )


def _keep(job: Job, complete: dict[str, Any], *, by: User) -> JobVersion:
    """Write the definition down: over that of the oldest trial when there are enough of them, whose runs then go.

    A version that some run may refer to is costly to delete, for no index leads from versions to runs.
    """
    facts = {"definition": complete, "checksum": rules.checksum(complete), "author": by}
    trials = JobVersion.objects.filter(job=job, number=JobVersion.TRIAL)
    of_trials = Run.objects.filter(job=job, source=Source.TRIAL.value)
    if trials.count() >= KEPT:
        going_on = of_trials.filter(version=OuterRef("pk")).exclude(state__in=sorted(TERMINAL))
        over = trials.exclude(Exists(going_on)).order_by("created_at", "id")
        oldest = over.select_for_update(skip_locked=True, of=("self",)).defer("definition").first()
        if oldest is not None:
            history.remove(_ids(of_trials.filter(version=oldest)))
            trials.filter(pk=oldest.pk).update(created_at=Now(), **facts)
            return trials.get(pk=oldest.pk)
    return JobVersion.objects.create(job=job, number=JobVersion.TRIAL, **facts)


def _ids(rows: Any) -> list[UUID]:
    return list(rows.values_list("pk", flat=True))
