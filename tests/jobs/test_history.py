"""History ends after a while; what lives is never touched, however old it is."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from apps.jobs.domain.run_states import RunState
from apps.jobs.models import Attempt, Job, JobVersion, LogChunk, Run, RunEvent, RunResult
from apps.jobs.services import history, jobs, reruns
from apps.queue.models import Limit, WorkItem
from tests import factories

pytestmark = pytest.mark.django_db


def days(count):
    return timezone.now() - timedelta(days=count)


def aged(run, *, ended_days_ago):
    """A run that has ended then, with a log, a result and an attempt."""
    LogChunk.objects.create(run=run, attempt=1, first_line=1, lines=1, text="0 ohello\n")
    RunResult.objects.create(run=run, attempt=1, data={"rows": 1})
    Attempt.objects.create(run=run, number=1, executor_id=uuid4(), executor_name="test:1")
    at = days(ended_days_ago)
    Run.objects.filter(pk=run.pk).update(state=RunState.SUCCEEDED, queued_at=at, finished_at=at)
    WorkItem.objects.filter(pk=run.pk).delete()
    return run


def test_old_runs_go_with_all_that_belongs_to_them(acme):
    limit = settings.ENV.history_days
    old = aged(factories.run(), ended_days_ago=limit + 1)
    young = aged(factories.run(old.job), ended_days_ago=limit - 1)

    assert history.delete_runs() == 1
    assert history.delete_runs() == 0

    assert list(Run.objects.all()) == [young]
    for part in (LogChunk, RunResult, Attempt):
        assert [row.run_id for row in part.objects.all()] == [young.pk]
    assert set(RunEvent.objects.values_list("run_id", flat=True)) == {young.pk}


def test_a_run_that_has_not_ended_stays_however_old_it_is(acme):
    running = factories.started()
    waiting = factories.run()
    Run.objects.update(queued_at=days(1000))

    assert history.delete_runs() == 0

    assert set(Run.objects.values_list("pk", flat=True)) == {waiting.pk, running.run_id}
    assert WorkItem.objects.count() == 2


def test_a_run_that_waited_for_months_counts_from_its_end(acme):
    run = aged(factories.run(), ended_days_ago=1)
    Run.objects.filter(pk=run.pk).update(queued_at=days(1000))

    assert history.delete_runs() == 0


def test_a_repetition_outlives_the_run_that_it_repeats(acme):
    old = aged(factories.run(), ended_days_ago=1000)
    again = reruns.request(old, by=factories.owner())

    assert history.delete_runs() == 1

    again.refresh_from_db()
    assert again.rerun_of is None


def test_a_call_is_one_batch_the_oldest_first(acme, monkeypatch):
    monkeypatch.setattr(history, "RUNS", 2)
    job = factories.job()
    made = [aged(factories.run(job), ended_days_ago=200 - number) for number in range(3)]

    assert history.delete_runs() == 2
    assert list(Run.objects.all()) == [made[2]]
    assert [history.delete_runs(), history.delete_runs()] == [1, 0]


def test_a_deleted_job_goes_when_its_last_run_has_gone_and_its_counter_with_it(acme):
    job = factories.job(max_running=3)
    run = aged(factories.run(job), ended_days_ago=1)
    key = f"job:{acme.pk}:{job.pk}"
    jobs.delete(job.pk, by=factories.owner())
    assert history.delete_jobs() == 0
    Job.objects.filter(pk=job.pk).update(deleted_at=days(1000))
    assert history.delete_jobs() == 0, "it still has a run"
    assert Limit.objects.filter(key=key).exists()

    Run.objects.filter(pk=run.pk).update(queued_at=days(1000), finished_at=days(1000))
    assert (history.delete_runs(), history.delete_jobs(), history.delete_jobs()) == (1, 1, 0)

    assert not Job.objects.filter(pk=job.pk).exists()
    assert not JobVersion.objects.filter(job_id=job.pk).exists()
    assert not Limit.objects.filter(key=key).exists()


def test_a_job_that_is_not_deleted_stays_without_any_run(acme):
    job = factories.job()
    Job.objects.update(created_at=days(1000))

    assert history.delete_jobs() == 0
    assert Job.objects.get() == job
