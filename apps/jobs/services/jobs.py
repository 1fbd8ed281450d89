"""Jobs are made, changed (each time a new version), paused and deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from guardian.shortcuts import assign_perm

from apps.accounts.models import User
from apps.accounts.selectors import may
from apps.audit import services as audit
from apps.audit.models import Entry
from apps.datasources.selectors import datasources
from apps.jobs.domain import definition as rules
from apps.jobs.errors import JobDeleted, NameTaken, NoSuchOwner, NotExpected, TooManyTags, UnknownDatasource
from apps.jobs.models import Job, JobVersion
from apps.jobs.selectors import jobs
from apps.jobs.services import runs
from apps.jobs.signals import job_changed
from apps.queue.services import limits

MOST_TAGS: Final = 50
OWNER_RIGHTS = ("view_job", "change_job", "delete_job", "operate_job")


def create(
    *,
    name: str,
    kind: str,
    definition: Mapping[str, Any],
    by: User,
    description: str = "",
    tags: list[str] | None = None,
    note: str = "",
) -> Job:
    """Make a job with its version 1; its maker owns it. Raises BadDefinition, NameTaken, UnknownDatasource."""
    complete = rules.complete(kind, definition)
    check_datasource(kind, complete, by=by)
    with transaction.atomic():
        try:
            with transaction.atomic():
                job = Job.objects.create(
                    name=name.strip(),
                    kind=kind,
                    description=description,
                    tags=sorted(set(tags or [])),
                    owner=by,
                )
        except IntegrityError:
            raise NameTaken(field="name", name=name) from None
        _add_version(job, complete, by=by, note=note)
        for right in OWNER_RIGHTS:
            assign_perm(right, by, job)
        entry = audit.record(action="job.created", actor=by, obj=job, detail={"kind": kind})
        _tell(job, "created", entry, by=by)
    return job


def save(
    job_id: UUID,
    *,
    by: User,
    definition: Mapping[str, Any] | None = None,
    note: str = "",
    expected_version: int | None = None,
    **facts: Any,
) -> Job:
    """Change a job. A definition that differs from the current one becomes a new version.

    facts: name, description, tags, owner (a username: somebody who can sign in, else NoSuchOwner).
    expected_version: the one the editor started from; a save on top of somebody else's is refused with NotExpected.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update(of=["self"]).select_related("version").get(pk=job_id)
        current = _version_of(job)
        if expected_version is not None and expected_version != current.number:
            raise NotExpected(now=current.number, yours=expected_version)
        if definition is not None:
            complete = rules.complete(job.kind, definition)
            if rules.checksum(complete) != current.checksum:
                check_datasource(job.kind, complete, by=by)
                _add_version(job, complete, by=by, note=note)
        if "owner" in facts:
            facts["owner"] = _owner(facts["owner"])
        changed = {name: value for name, value in facts.items() if getattr(job, name) != value}
        if "tags" in changed:
            changed["tags"] = sorted(set(changed["tags"]))
        try:
            with transaction.atomic():
                Job.objects.filter(pk=job.pk).update(updated_at=Now(), **changed)
        except IntegrityError:
            raise NameTaken(field="name", name=changed.get("name", job.name)) from None
        job = Job.objects.select_related("version", "owner").get(pk=job_id)
        detail = {"from": current.number, "to": _version_of(job).number, "fields": sorted(changed)}
        if "owner" in changed:
            detail["owner"] = changed["owner"].get_username()
            _hand_over(job, to=changed["owner"], by=by)
        entry = audit.record(action="job.changed", actor=by, obj=job, detail=detail)
        _tell(job, "changed", entry, by=by)
    return job


def retag(job_id: UUID, *, by: User, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
    """Add and remove tags; what else the job has stays. Raises TooManyTags, JobDeleted."""
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        tags = sorted((set(job.tags) | set(add)) - set(remove))
        if len(tags) > MOST_TAGS:
            raise TooManyTags(field="tags", most=MOST_TAGS)
        if tags != job.tags:
            save(job_id, by=by, tags=tags)


def restore(job_id: UUID, *, number: int, by: User) -> Job:
    """Make an earlier version's definition the newest version. Raises NoSuchVersion."""
    earlier = jobs.version_of(job_id, number)
    return save(job_id, by=by, definition=earlier.definition, note=f"← v{number}")


def pause(job_id: UUID, *, by: User) -> None:
    """Stop the job's triggers from firing it; what runs goes on, and a person may still run it."""
    _set_paused(job_id, by=by, is_paused=True)


def resume(job_id: UUID, *, by: User) -> None:
    _set_paused(job_id, by=by, is_paused=False)


def delete(job_id: UUID, *, by: User) -> None:
    """Take a job out of sight, out of its triggers and out of the queue; its history stays. Its name is free again."""
    with transaction.atomic():
        if Job.objects.filter(pk=job_id, deleted_at__isnull=True).update(deleted_at=Now(), updated_at=Now()):
            job = Job.objects.get(pk=job_id)
            entry = audit.record(action="job.deleted", actor=by, obj=job)
            runs.drop_queued(job_id, by=by)
            _tell(job, "deleted", entry, by=by)


def _set_paused(job_id: UUID, *, by: User, is_paused: bool) -> None:
    with transaction.atomic():
        if Job.objects.filter(pk=job_id, is_paused=not is_paused).update(
            is_paused=is_paused, updated_at=Now()
        ):
            job = Job.objects.select_related("version").get(pk=job_id)
            what = "paused" if is_paused else "resumed"
            entry = audit.record(action=f"job.{what}", actor=by, obj=job)
            _tell(job, what, entry, by=by)


def _owner(username: str) -> User:
    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise NoSuchOwner(field="owner", name=username)
    return found


def _hand_over(job: Job, *, to: User, by: User) -> None:
    """The new owner gets an owner's rights, as far as who gives them has them; nobody gives what they haven't."""
    for right in OWNER_RIGHTS:
        if may(by, f"jobs.{right}", job):
            assign_perm(right, to, job)


def check_datasource(kind: str, complete: Mapping[str, Any], *, by: User) -> None:
    """Whoever saves SQL answers for it, so they must be allowed to use the datasource that it runs on."""
    if kind == Job.Kind.SQL and not datasources.usable_by(by).filter(pk=complete["datasource"]).exists():
        raise UnknownDatasource(field="datasource")


def _add_version(job: Job, complete: dict[str, Any], *, by: User, note: str) -> None:
    newest = job.versions.order_by("-number").values_list("number", flat=True).first() or 0
    version = JobVersion.objects.create(
        job=job,
        number=newest + 1,
        definition=complete,
        checksum=rules.checksum(complete),
        author=by,
        note=note,
    )
    Job.objects.filter(pk=job.pk).update(version=version)
    job.version = version
    limits.set_cap(runs.job_limit(job.pk), complete["max_running"])


def _version_of(job: Job) -> JobVersion:
    if job.version is None or job.deleted_at is not None:
        raise JobDeleted(name=job.name)
    return job.version


def _tell(job: Job, what: str, entry: Entry, *, by: User) -> None:
    number = job.version.number if job.version is not None and what != "deleted" else None
    transaction.on_commit(
        partial(
            job_changed.send_robust, Job, job_id=job.pk, what=what, version=number, by_id=by.pk, at=entry.at
        )
    )
