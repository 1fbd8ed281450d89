"""Reading jobs: who may see, who may operate."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from apps.accounts import selectors as accounts
from apps.accounts.models import User
from apps.jobs.errors import NoSuchVersion
from apps.jobs.models import Job, JobVersion


def visible_to(user: User) -> QuerySet[Job]:
    """The jobs that the user may see, without deleted ones; with their current version and owner."""
    rows = Job.objects.filter(deleted_at__isnull=True).select_related("version", "owner")
    return accounts.visible(rows, user, "jobs.view_job")


def listed_to(user: User) -> QuerySet[Job]:
    """``visible_to`` without the definitions, which may be megabytes long."""
    return visible_to(user).defer("version__definition")


def versions_of(job_id: UUID) -> QuerySet[JobVersion]:
    """A job's versions, the newest first, with their authors; without definitions. Trials are none of them."""
    return (
        JobVersion.objects.filter(job_id=job_id, number__gt=JobVersion.TRIAL)
        .select_related("author")
        .defer("definition")
        .order_by("-number")
    )


def version_of(job_id: UUID, number: int) -> JobVersion:
    """One version with its definition. Raises NoSuchVersion."""
    found = versions_of(job_id).defer(None).filter(number=number).first()
    if found is None:
        raise NoSuchVersion(number=number)
    return found
