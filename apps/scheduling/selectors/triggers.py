"""Reading triggers: seen by who may see the job, in the job's tenant only."""

from __future__ import annotations

from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from apps.accounts.models import User
from apps.jobs.models import Job
from apps.jobs.selectors import jobs
from apps.scheduling.errors import NoSuchJob
from apps.scheduling.models import Trigger
from kernel.schemas import connection


def visible_to(user: User) -> QuerySet[Trigger]:
    """The tenant's triggers whose job the user may see, each with ``job_name`` and ``job_kind``.

    Triggers of all tenants lie in one table and have no foreign key into a tenant's schema; both are
    within the connection's reach, so this is one query all the same.
    """
    own = Trigger.objects.filter(tenant_id=connection.tenant.pk)
    return with_jobs(own.filter(job_id__in=jobs.visible_to(user).values("pk")))


def with_jobs(triggers: QuerySet[Trigger]) -> QuerySet[Trigger]:
    """Add the name and the kind of each one's job. For triggers of the connection's tenant."""
    job = Job.objects.filter(pk=OuterRef("job_id"))
    return triggers.annotate(
        job_name=Subquery(job.values("name")[:1]), job_kind=Subquery(job.values("kind")[:1])
    )


def job_of(job_id: UUID, *, seen_by: User) -> Job:
    """The job that a trigger is of, or is to be. Raises NoSuchJob, also for one that the user may not see."""
    job = jobs.visible_to(seen_by).filter(pk=job_id).first()
    if job is None:
        raise NoSuchJob(field="job")
    return job
