"""What services announce when somebody changes a job, a trigger or a datasource: once, after the commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.dispatch import Signal

from apps.audit.models import Entry
from apps.datasources.services import datasources
from apps.datasources.signals import datasource_changed
from apps.jobs.services import jobs
from apps.jobs.signals import job_changed
from apps.scheduling.services import triggers
from apps.scheduling.signals import trigger_changed
from tests import factories

pytestmark = pytest.mark.django_db

Heard = list[dict[str, Any]]


@contextmanager
def hearing(signal: Signal) -> Iterator[Heard]:
    heard: Heard = []

    def hear(**said: Any) -> None:
        heard.append({name: said[name] for name in said if name not in ("signal", "sender")})

    signal.connect(hear, weak=False)
    try:
        yield heard
    finally:
        signal.disconnect(hear)


@pytest.fixture
def do(django_capture_on_commit_callbacks: Any) -> Callable[[Callable[[], Any]], Any]:
    """Call, and then what was kept for after the commit."""

    def call(deed: Callable[[], Any]) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            return deed()

    return call


def test_a_jobs_changes_carry_the_version_that_is_current(acme, do):
    by = factories.owner()
    with hearing(job_changed) as heard:
        job = do(lambda: factories.job())
        do(lambda: jobs.save(job.pk, by=by, definition={"source": "print(2)"}))
        do(lambda: jobs.save(job.pk, by=by, tags=["nightly"]))
        for deed in (jobs.pause, jobs.pause, jobs.resume, jobs.delete, jobs.delete):
            do(lambda deed=deed: deed(job.pk, by=by))

    assert [(said["what"], said["version"]) for said in heard] == [
        ("created", 1),
        ("changed", 2),
        ("changed", 2),
        ("paused", 2),
        ("resumed", 2),
        ("deleted", None),
    ]
    assert {(said["job_id"], said["by_id"]) for said in heard} == {(job.pk, by.pk)}
    assert heard[-1]["at"] == Entry.objects.get(action="job.deleted").at
    assert abs(datetime.now(UTC) - heard[-1]["at"]) < timedelta(minutes=1)


def test_a_triggers_changes_name_its_job(acme, do):
    by, job = factories.owner(), factories.job()
    with hearing(trigger_changed) as heard:
        trigger = do(lambda: factories.trigger(job))
        key = trigger.pk
        do(lambda: triggers.save(key, by=by, expression="0 * * * *"))
        for deed in (triggers.pause, triggers.pause, triggers.resume, triggers.resume, triggers.delete):
            do(lambda deed=deed: deed(key, by=by))
        do(lambda: jobs.pause(job.pk, by=by))

    assert [said["what"] for said in heard] == ["created", "changed", "paused", "resumed", "deleted"]
    assert {(said["trigger_id"], said["job_id"], said["by_id"]) for said in heard} == {(key, job.pk, by.pk)}


def test_a_datasources_changes_are_announced_and_a_save_without_one_is_not(acme, do):
    by = factories.owner()
    with hearing(datasource_changed) as heard:
        source = do(lambda: datasources.create(by=by, name="Sums", kind="sqlite", path="sums.db"))
        key = source.pk
        do(lambda: datasources.update(key, by=by, description="all of them"))
        do(lambda: datasources.update(key, by=by, description="all of them"))
        do(lambda: datasources.delete(key, by=by))

    assert [said["what"] for said in heard] == ["created", "changed", "deleted"]
    assert {(said["datasource_id"], said["by_id"]) for said in heard} == {(key, by.pk)}


def test_what_is_taken_back_is_not_announced(acme, django_capture_on_commit_callbacks):
    job = factories.job()

    def pause_and_fail() -> None:
        with transaction.atomic():
            jobs.pause(job.pk, by=factories.owner())
            raise RuntimeError

    with (
        hearing(job_changed) as heard,
        django_capture_on_commit_callbacks(execute=True),
        pytest.raises(RuntimeError),
    ):
        pause_and_fail()
    assert heard == []
