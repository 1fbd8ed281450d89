"""Reading jobs: who may see, who may operate."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.accounts import selectors as accounts
from apps.accounts.models import User
from apps.jobs.models import Job


def visible_to(user: User) -> QuerySet[Job]:
    """The jobs that the user may see, without deleted ones; with their current version and owner."""
    rows = Job.objects.filter(deleted_at__isnull=True).select_related("version", "owner")
    return accounts.visible(rows, user, "jobs.view_job")
