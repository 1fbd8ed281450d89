"""Who may hear what: the same rules by which pages are shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final
from uuid import UUID

from apps.accounts import selectors as accounts
from apps.accounts.models import User
from apps.jobs.selectors import jobs, runs
from apps.live.domain.topics import Kind, Topic

SEE_JOBS: Final = "jobs.view_job"
SEE_DATASOURCES: Final = "datasources.view_datasource"


def may_hear(user_id: int, topic: Topic) -> bool:
    """``runs`` and ``changes`` are open to every active user: they carry only what that user may see."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return False
    if topic.id is None:
        return True
    if topic.kind is Kind.JOB:
        return jobs.visible_to(user).filter(pk=topic.id).exists()
    return runs.visible_to(user).filter(pk=topic.id).exists()


def hidden_from(user: User, topics: Collection[Topic]) -> frozenset[Topic]:
    """Those of the joined topics that the user may hear no longer."""
    if not topics or accounts.may(user, SEE_JOBS):
        return frozenset()
    of_jobs = {one.id for one in topics if one.id and one.kind is Kind.JOB}
    of_runs = {one.id for one in topics if one.id and one.kind is not Kind.JOB}
    seen: set[UUID | None] = {None}
    if of_jobs:
        seen.update(jobs.visible_to(user).filter(pk__in=of_jobs).values_list("pk", flat=True))
    if of_runs:
        seen.update(runs.visible_to(user).filter(pk__in=of_runs).values_list("pk", flat=True))
    return frozenset(one for one in topics if one.id not in seen)


def sight(user_id: int, perm: str, ids: Iterable[str]) -> frozenset[str] | None:
    """Those of the objects that the user sees by ``perm``, also of deleted ones; None: all that there are."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return frozenset()
    return None if accounts.may(user, perm) else accounts.granted(user, perm, ids)
