"""A run is asked for, asked for twice, cancelled wherever it is, and asked for again."""

from __future__ import annotations

import pytest

from apps.audit.models import Entry
from apps.jobs.domain.definition import BadParameters
from apps.jobs.domain.run_states import Source
from apps.jobs.errors import JobDeleted, RunEnded
from apps.jobs.models import Run
from apps.jobs.services import jobs, reruns, runs
from apps.queue.models import WorkItem
from tests import factories

pytestmark = pytest.mark.django_db
PARAMETERS = {"properties": {"day": {"type": "string", "default": "today"}}}


def test_a_run_pins_the_version_that_was_current(acme):
    job = factories.job(parameters=PARAMETERS, priority=7)
    run = factories.run(job)
    jobs.save(job.pk, by=factories.owner(), definition={"source": "print(2)"})

    run.refresh_from_db()
    assert run.version.number == 1
    assert run.params == {"day": "today"}
    item = WorkItem.objects.get()
    assert (item.run_id, item.priority, item.state, item.limits) == (
        run.pk, 7, "waiting", [f"tenant:{acme.pk}"],
    )  # fmt: skip
    assert factories.run(Run.objects.get(pk=run.pk).job.__class__.objects.get(pk=job.pk)).version.number == 2


def test_parameters_are_checked_before_anything_is_written(acme):
    with pytest.raises(BadParameters):
        factories.run(factories.job(), params={"x": 1})

    assert not Run.objects.exists()
    assert not WorkItem.objects.exists()


def test_the_same_key_gives_the_same_run_and_another_use_of_it_is_refused(acme):
    job, other = factories.job(parameters=PARAMETERS), factories.job()
    first = factories.run(job, idempotency_key="k1")

    assert factories.run(job, idempotency_key="k1").pk == first.pk
    with pytest.raises(runs.KeyUsedOtherwise):
        factories.run(job, idempotency_key="k1", params={"day": "monday"})
    with pytest.raises(runs.KeyUsedOtherwise):
        factories.run(other, idempotency_key="k1")
    assert factories.run(job, idempotency_key="k1", by=factories.user()).pk != first.pk
    assert WorkItem.objects.count() == 2


def test_a_queued_run_is_cancelled_at_once(acme):
    run = factories.run()

    runs.cancel(run.pk, by=factories.owner())

    run.refresh_from_db()
    assert (run.state, run.exit_reason, run.cancelled_by) == ("cancelled", "cancelled", "owner")
    assert not WorkItem.objects.exists()
    assert Entry.objects.filter(action="run.cancelled", object_id=str(run.pk)).exists()


def test_a_running_run_is_asked_to_stop(acme):
    ended = factories.started()

    runs.cancel(ended.run_id, by=factories.owner())

    assert WorkItem.objects.get().cancel_requested_by == "owner"
    assert Run.objects.get().state == "running"


def test_a_run_that_has_ended_can_not_be_cancelled(acme):
    run = factories.run()
    runs.cancel(run.pk, by=factories.owner())

    with pytest.raises(RunEnded) as caught:
        runs.cancel(run.pk, by=factories.owner())
    assert caught.value.message == 'The run has already ended as "cancelled".'


def test_running_again_takes_the_job_as_it_is_today(acme):
    job = factories.job(parameters=PARAMETERS)
    first = factories.run(job, params={"day": "monday"})
    jobs.save(job.pk, by=factories.owner(), definition={"source": "print(2)", "parameters": PARAMETERS})
    first = Run.objects.select_related("job__version").get(pk=first.pk)

    again = reruns.request(first, by=factories.owner())

    assert (again.rerun_of_id, again.params, again.version.number) == (first.pk, {"day": "monday"}, 2)
    assert again.source == Source.RERUN


def test_a_deleted_job_does_not_run_and_says_so(acme):
    job = factories.job(name="Nightly load")
    jobs.delete(job.pk, by=factories.owner())
    job.refresh_from_db()

    with pytest.raises(JobDeleted) as caught:
        factories.run(job)
    assert caught.value.message == 'Job "Nightly load" has been deleted, so it can\'t run.'
