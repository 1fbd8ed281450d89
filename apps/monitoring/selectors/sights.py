"""Whose runs a user sees. Runs are counted by their jobs, so this is a list of jobs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from apps.accounts import selectors as accounts
from apps.accounts.models import User
from apps.jobs.models import Job


@dataclass(frozen=True, slots=True)
class Sight:
    """jobs: the ones that the user may see, deleted ones, too; None for all of them.

    name: the same for users who see the same, and another one as soon as they don't.
    """

    jobs: tuple[UUID, ...] | None
    name: str


def of(user: User) -> Sight:
    """One query at most besides those for permissions; none for who may see all jobs."""
    if accounts.may(user, "jobs.view_job"):
        return Sight(None, "all")
    seen = accounts.visible(Job.objects.all(), user, "jobs.view_job")
    ids = tuple(seen.order_by("pk").values_list("pk", flat=True))
    return Sight(ids, hashlib.sha256(b"".join(job.bytes for job in ids)).hexdigest()[:32])
