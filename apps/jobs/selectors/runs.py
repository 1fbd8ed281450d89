"""Reading runs: a run is seen by who may see its job, also after the job was deleted."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from apps.accounts import selectors as accounts
from apps.accounts.models import User
from apps.jobs.domain.run_states import Source
from apps.jobs.models import Attempt, Job, Run, RunEvent, RunResult


def rights_to_rerun(run: Run) -> tuple[str, ...]:
    """What it takes on the run's job. Who has a trial run again runs code that nobody saved."""
    return ("jobs.operate_job", "jobs.change_job") if run.source == Source.TRIAL else ("jobs.operate_job",)


def visible_to(user: User) -> QuerySet[Run]:
    """The runs whose job the user may see, with job, version and who asked.

    The version comes without its definition, which may be megabytes long; asked for, it costs a query.
    ``has_result`` says whether there is one.
    """
    rows = (
        Run.objects.select_related("job", "version", "requested_by")
        .defer("version__definition", "job__description")
        .annotate(has_result=Exists(RunResult.objects.filter(run_id=OuterRef("pk"))))
    )
    if user.is_active and user.has_perm("jobs.view_job"):
        return rows
    return rows.filter(job__in=accounts.visible(Job.objects.all(), user, "jobs.view_job"))


def attempts_of(run_id: UUID) -> QuerySet[Attempt]:
    """The attempts of a run, the first one first."""
    return Attempt.objects.filter(run_id=run_id).order_by("number")


def events_of(run_id: UUID) -> QuerySet[RunEvent]:
    """The states that a run came into, the first one first."""
    return RunEvent.objects.filter(run_id=run_id).order_by("id")
