"""One deed on many jobs: each in a transaction of its own, with its own right and its own error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

import structlog
from django.db import Error, transaction

from apps.accounts.models import User
from apps.accounts.selectors import allowed
from apps.jobs.domain.run_states import Source
from apps.jobs.models import Job
from apps.jobs.selectors import jobs as seen
from apps.jobs.services import jobs, runs
from kernel.errors import N_, DomainError, Forbidden, NotFound, PlatformError

log = structlog.get_logger(__name__)


class Action(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    RUN = "run"
    DELETE = "delete"
    ADD_TAGS = "add_tags"
    REMOVE_TAGS = "remove_tags"


RIGHT: Final[Mapping[Action, str]] = {
    Action.PAUSE: "jobs.operate_job",
    Action.RESUME: "jobs.operate_job",
    Action.RUN: "jobs.operate_job",
    Action.DELETE: "jobs.delete_job",
    Action.ADD_TAGS: "jobs.change_job",
    Action.REMOVE_TAGS: "jobs.change_job",
}


class Broken(PlatformError):
    template = N_("Something broke on our side; it was logged. Try again, and tell the administrator.")


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one job. name: empty when the user may not see it. run: its id, when one was asked for."""

    id: UUID
    name: str = ""
    error: DomainError | None = None
    run: UUID | None = None


def carry_out(
    action: Action, ids: Sequence[UUID], *, by: User, source: Source, tags: Sequence[str] = ()
) -> list[Done]:
    """Do the same to each job, in the order of the ids. One that fails does not stop the others.

    source: of the runs that are asked for. tags: to add or to remove.
    """
    found = {job.pk: job for job in seen.listed_to(by).filter(pk__in=ids)}
    right = allowed(by, RIGHT[action], found.values())
    deed = _deed(action, by=by, source=source, tags=tags)
    return [_one(key, found.get(key), deed, is_allowed=str(key) in right) for key in dict.fromkeys(ids)]


def _one(key: UUID, job: Job | None, deed: Callable[[Job], UUID | None], *, is_allowed: bool) -> Done:
    if job is None:
        return Done(key, error=NotFound())
    if not is_allowed:
        return Done(key, job.name, Forbidden())
    try:
        with transaction.atomic():
            return Done(key, job.name, run=deed(job))
    except DomainError as error:
        return Done(key, job.name, error)
    except Error:
        log.exception("job.bulk_failed", job=str(key))
        return Done(key, job.name, Broken())


def _deed(action: Action, *, by: User, source: Source, tags: Sequence[str]) -> Callable[[Job], UUID | None]:
    """What to do to one job; answers with the run that came of it, if any."""

    def run(job: Job) -> UUID:
        return runs.request(job, source=source, by=by).pk

    match action:
        case Action.RUN:
            return run
        case Action.PAUSE:
            return lambda job: jobs.pause(job.pk, by=by)
        case Action.RESUME:
            return lambda job: jobs.resume(job.pk, by=by)
        case Action.DELETE:
            return lambda job: jobs.delete(job.pk, by=by)
        case Action.ADD_TAGS:
            return lambda job: jobs.retag(job.pk, add=tags, by=by)
        case Action.REMOVE_TAGS:
            return lambda job: jobs.retag(job.pk, remove=tags, by=by)
