"""Rows for tests, made by the services that make them in life."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from apps.accounts.models import User
from apps.jobs.domain.run_states import Source
from apps.jobs.models import Job, JobVersion, Run
from apps.jobs.services import jobs, runs
from apps.queue.services import leases
from apps.scheduling.models import Trigger
from apps.scheduling.services import settle, start, triggers
from kernel.schemas import connection

_number = count(1)


def user(name: str = "", **facts: Any) -> User:
    """A person of the connection's tenant, without any right."""
    name = name or f"user{next(_number)}"
    return User.objects.create_user(name, f"{name}@example.com", "correct horse battery", **facts)


def owner() -> User:
    """The tenant's first user, who may do everything."""
    found = User.objects.filter(is_superuser=True).first()
    assert found is not None
    return found


def job(*, by: User | None = None, kind: str = "python", name: str = "", **definition: Any) -> Job:
    if kind in ("python", "shell"):
        definition.setdefault("source", "print('hello')" if kind == "python" else "echo hello")
    return jobs.create(
        name=name or f"job {next(_number)}", kind=kind, definition=definition, by=by or owner()
    )


def version(of: Job) -> JobVersion:
    """The job's current version."""
    assert of.version is not None
    return of.version


def run(of: Job | None = None, **facts: Any) -> Run:
    """A run that waits in the queue."""
    facts.setdefault("source", Source.MANUAL)
    facts.setdefault("by", owner())
    return runs.request(of or job(), **facts)


def trigger(of: Job | None = None, **facts: Any) -> Trigger:
    facts.setdefault("kind", "cron")
    if facts["kind"] == "cron":
        facts.setdefault("expression", "*/5 * * * *")
    facts.setdefault("zone", "UTC")
    return triggers.create(job_id=(of or job()).pk, by=owner(), **facts)


def started(of: Run | Job | None = None, *, executor: UUID | None = None) -> settle.Ended:
    """A run whose attempt has just begun; what settling it needs."""
    waiting = of if isinstance(of, Run) else run(of)
    with transaction.atomic():
        claim = leases.claim(group="default", tags=(), owner=executor or uuid4(), lease=timedelta(seconds=60))
        assert claim is not None
        assert claim.run_id == waiting.pk
        assert start.begin(claim, executor_id=executor or uuid4(), executor_name="test:1")
    return settle.Ended.of(start.load(claim.run_id), epoch=claim.epoch)


def tenant_id() -> int:
    return int(connection.tenant.pk)
