"""Each save that changes something is a new version; versions never change."""

from __future__ import annotations

import pytest

from apps.jobs.errors import NameTaken, NoSuchVersion, NotExpected, UnknownDatasource
from apps.jobs.models import Job, JobVersion, Run
from apps.jobs.services import jobs
from apps.queue.models import Limit, WorkItem
from tests import factories

pytestmark = pytest.mark.django_db


def _numbers(job: Job) -> list[int]:
    return list(JobVersion.objects.filter(job=job).order_by("number").values_list("number", flat=True))


def test_a_save_that_changes_the_definition_makes_a_version_and_another_does_not(acme):
    job = factories.job()
    jobs.save(job.pk, by=factories.owner(), definition={"source": "print(2)"}, note="louder")
    jobs.save(job.pk, by=factories.owner(), definition={"source": "print(2)"})
    jobs.save(job.pk, by=factories.owner(), name="Renamed", tags=["b", "a", "b"])

    job.refresh_from_db()
    assert _numbers(job) == [1, 2]
    assert (factories.version(job).number, factories.version(job).note, factories.version(job).author) == (
        2,
        "louder",
        factories.owner(),
    )
    assert (job.name, job.tags) == ("Renamed", ["a", "b"])


def test_restoring_an_old_version_makes_it_the_newest(acme):
    job = factories.job(source="print(1)")
    jobs.save(job.pk, by=factories.owner(), definition={"source": "print(2)"})

    jobs.restore(job.pk, number=1, by=factories.owner())

    job.refresh_from_db()
    assert _numbers(job) == [1, 2, 3]
    assert factories.version(job).definition["source"] == "print(1)"
    with pytest.raises(NoSuchVersion):
        jobs.restore(job.pk, number=9, by=factories.owner())


def test_a_save_on_top_of_somebody_elses_is_refused(acme):
    job = factories.job()
    jobs.save(job.pk, by=factories.owner(), definition={"source": "print(2)"}, expected_version=1)

    with pytest.raises(NotExpected) as caught:
        jobs.save(job.pk, by=factories.owner(), definition={"source": "print(3)"}, expected_version=1)

    assert caught.value.message == (
        "The job was changed meanwhile: it is at version 2, you started from 1. Load it again, then save."
    )
    assert _numbers(job) == [1, 2]


def test_two_live_jobs_can_not_share_a_name_but_a_deleted_ones_is_free(acme):
    first = factories.job(name="Load")
    with pytest.raises(NameTaken):
        factories.job(name="load")
    jobs.delete(first.pk, by=factories.owner())

    assert factories.job(name="load").pk != first.pk


def test_the_cap_on_running_at_once_is_a_limit_that_editing_moves(acme):
    job = factories.job(max_running=2)
    key = f"job:{acme.pk}:{job.pk}"
    assert Limit.objects.get(key=key).cap == 2

    jobs.save(job.pk, by=factories.owner(), definition={"source": "print(1)", "max_running": None})
    assert Limit.objects.get(key=key).cap is None


def test_sql_needs_a_datasource_of_this_tenant(acme):
    with pytest.raises(UnknownDatasource):
        factories.job(kind="sql", datasource="0190f5fe-7c00-7a00-8000-000000000000", statement="SELECT 1")


def test_its_maker_may_do_everything_with_a_job(acme):
    maker = factories.user()
    job = factories.job(by=maker)

    assert {right for right in jobs.OWNER_RIGHTS if maker.has_perm(f"jobs.{right}", job)} == set(
        jobs.OWNER_RIGHTS
    )
    assert not factories.user().has_perm("jobs.view_job", job)


def test_a_deleted_jobs_queue_is_emptied_and_what_runs_goes_on(acme):
    job = factories.job()
    running = factories.started(job)
    waiting = factories.run(job)
    other = factories.run()

    jobs.delete(job.pk, by=factories.owner())

    states = dict(Run.objects.values_list("pk", "state"))
    assert states == {running.run_id: "running", waiting.pk: "cancelled", other.pk: "queued"}
    assert Run.objects.get(pk=waiting.pk).exit_reason == "job_deleted"
    assert set(WorkItem.objects.values_list("pk", flat=True)) == {running.run_id, other.pk}
