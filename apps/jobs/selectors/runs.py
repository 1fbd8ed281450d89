"""Reading runs: a run is seen by who may see its job, also after the job was deleted."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.accounts import selectors as accounts
from apps.accounts.models import User
from apps.jobs.models import Job, Run


def visible_to(user: User) -> QuerySet[Run]:
    """The runs whose job the user may see, with job, version and who asked."""
    rows = Run.objects.select_related("job", "version", "requested_by")
    if user.is_active and user.has_perm("jobs.view_job"):
        return rows
    return rows.filter(job__in=accounts.visible(Job.objects.all(), user, "jobs.view_job"))
