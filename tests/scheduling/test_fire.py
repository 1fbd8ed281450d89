"""Due slots become runs: each once, none forgotten, in the transaction that moves the trigger on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError
from django.db.models.functions import Now

from apps.jobs.models import Run
from apps.jobs.services import jobs, runs
from apps.queue.models import WorkItem
from apps.scheduling.models import Trigger
from apps.scheduling.services import fire, triggers
from kernel.schemas import connection
from tests import factories


def _overdue(trigger: Trigger, seconds: float) -> datetime:
    """Make a trigger's next slot lie in the past; slots of an interval trigger follow from it."""
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=seconds)
    Trigger.objects.filter(pk=trigger.pk).update(next_fire_at=at, created_at=at)
    return at


@pytest.mark.django_db
class TestFiring:
    def test_a_due_slot_becomes_a_queued_run_and_the_trigger_moves_on(self, acme):
        job = factories.job()
        trigger = factories.trigger(job, kind="interval", interval_seconds=60)
        slot = _overdue(trigger, 1)

        assert fire.fire_due() == 1

        run = Run.objects.get()
        assert (run.job_id, run.source, run.state, run.scheduled_for) == (job.pk, "interval", "queued", slot)
        assert run.version_id == job.version_id
        assert WorkItem.objects.get().run_id == run.pk
        trigger.refresh_from_db()
        assert trigger.next_fire_at == slot + timedelta(seconds=60)
        assert trigger.last_fire_at == slot
        assert fire.fire_due() == 0

    def test_a_trigger_that_is_not_due_is_left_alone(self, acme):
        factories.trigger(kind="interval", interval_seconds=3600)

        assert fire.fire_due() == 0
        assert not Run.objects.exists()

    def test_missed_slots_are_on_record_and_the_policy_decides_which_run(self, acme):
        wanted = {"once": (9, 1), "skip": (10, 0), "all": (0, 10)}
        for policy, counts in wanted.items():
            trigger = factories.trigger(kind="interval", interval_seconds=60, misfire=policy)
            _overdue(trigger, 60 * 9 + 30)  # ten slots, the latest 30 s ago
            fire.fire_due()

            rows = Run.objects.filter(trigger_id=trigger.pk)
            assert (rows.filter(exit_reason="missed").count(), rows.filter(state="queued").count()) == counts
            assert rows.count() == 10

    def test_a_month_of_missed_seconds_is_a_thousand_rows_and_one_for_the_rest(self, acme):
        trigger = factories.trigger(kind="interval", interval_seconds=1)
        _overdue(trigger, 30 * 86400)

        fire.fire_due()

        oldest = Run.objects.filter(trigger_id=trigger.pk, state="skipped").order_by("scheduled_for").first()
        assert Run.objects.filter(trigger_id=trigger.pk).count() == 1001
        assert oldest is not None
        assert oldest.message["params"]["count"] == "> 10000"

    def test_a_slot_that_has_a_row_gets_no_second_one(self, acme):
        trigger = factories.trigger(kind="interval", interval_seconds=60)
        _overdue(trigger, 1)
        fire.fire_due()
        _overdue(trigger, 1)  # a clock that was set back

        fire.fire_due()

        assert Run.objects.count() == 1

    def test_the_database_itself_refuses_a_second_run_of_a_slot(self, acme):
        run = factories.run()
        run.trigger_id, run.scheduled_for = run.pk, run.queued_at
        Run.objects.filter(pk=run.pk).update(trigger_id=run.pk, scheduled_for=Now())
        run.refresh_from_db()
        run.pk = None
        with pytest.raises(IntegrityError):
            Run.objects.bulk_create(
                [Run(job=run.job, version=run.version, source="cron", trigger_id=run.trigger_id,
                     scheduled_for=run.scheduled_for)]
            )  # fmt: skip

    def test_once_fires_once_and_is_over(self, acme):
        at = datetime.now(UTC) + timedelta(hours=1)
        trigger = factories.trigger(kind="once", once_at=at)
        Trigger.objects.filter(pk=trigger.pk).update(next_fire_at=Now() - timedelta(seconds=1))

        fire.fire_due()
        trigger.refresh_from_db()

        assert trigger.next_fire_at is None or trigger.next_fire_at == at

    def test_a_paused_jobs_trigger_is_muted_and_wakes_with_it(self, acme, django_capture_on_commit_callbacks):
        job = factories.job()
        trigger = factories.trigger(job, kind="interval", interval_seconds=60)
        with django_capture_on_commit_callbacks(execute=True):
            jobs.pause(job.pk, by=factories.owner())
        trigger.refresh_from_db()
        assert (trigger.is_muted, trigger.next_fire_at) == (True, None)

        with django_capture_on_commit_callbacks(execute=True):
            jobs.resume(job.pk, by=factories.owner())
        trigger.refresh_from_db()
        assert trigger.is_muted is False
        assert trigger.next_fire_at is not None
        assert trigger.next_fire_at > datetime.now(UTC)

    def test_a_pause_that_nobody_heard_of_still_holds(self, acme):
        # Given the process that paused the job died before its triggers were told
        job = factories.job()
        trigger = factories.trigger(job, kind="interval", interval_seconds=60)
        job.__class__.objects.filter(pk=job.pk).update(is_paused=True)
        _overdue(trigger, 1)

        fire.fire_due()

        assert not Run.objects.exists()
        trigger.refresh_from_db()
        assert trigger.is_muted

    def test_a_deleted_jobs_trigger_goes(self, acme):
        job = factories.job()
        trigger = factories.trigger(job)
        jobs.delete(job.pk, by=factories.owner())
        _overdue(trigger, 1)

        fire.fire_due()

        assert not Trigger.objects.exists()

    def test_parameters_that_no_longer_fit_refuse_the_slot_with_the_reason(self, acme):
        job = factories.job(parameters={"properties": {"day": {"type": "string"}}})
        trigger = factories.trigger(job, kind="interval", interval_seconds=60, params={"day": "x"})
        jobs.save(job.pk, by=factories.owner(), definition={"source": "print(1)"})
        _overdue(trigger, 1)

        fire.fire_due()

        run = Run.objects.get()
        assert (run.state, run.exit_reason) == ("skipped", "refused")
        assert run.message["params"] == {"name": "day"}

    def test_one_broken_trigger_does_not_hold_up_the_others(self, acme, monkeypatch):
        good = factories.trigger(kind="interval", interval_seconds=60)
        broken = factories.trigger(kind="interval", interval_seconds=60)
        for trigger in (broken, good):
            _overdue(trigger, 1)
        Trigger.objects.filter(pk=broken.pk).update(kind="cron", expression="not a cron")

        assert fire.fire_due() == 1

        assert Run.objects.get().trigger_id == good.pk
        broken.refresh_from_db()
        assert broken.next_fire_at is not None
        assert broken.next_fire_at > datetime.now(UTC)

    def test_a_suspended_tenant_is_refused_on_record(self, acme):
        trigger = factories.trigger(kind="interval", interval_seconds=60)
        _overdue(trigger, 1)
        acme.__class__.objects.filter(pk=acme.pk).update(state="suspended")

        fire.fire_due()

        assert Run.objects.get().exit_reason == "refused"

    def test_editing_a_schedule_never_switches_it_off(self, acme):
        trigger = factories.trigger(expression="0 9 * * *")
        triggers.save(trigger.pk, by=factories.owner(), expression="0 10 * * *")

        trigger.refresh_from_db()
        assert trigger.next_fire_at is not None
        assert trigger.next_fire_at.hour == 10

    def test_the_next_fire_does_not_depend_on_how_the_last_run_ended(self, acme):
        trigger = factories.trigger(kind="interval", interval_seconds=60)
        slot = _overdue(trigger, 61)
        fire.fire_due()
        runs.cancel(Run.objects.get(state="queued").pk, by=factories.owner())

        trigger.refresh_from_db()
        assert trigger.next_fire_at == slot + timedelta(seconds=120)


def test_eight_beats_fire_each_slot_once(committed):
    from apps.tenants.models import Tenant

    connection.set_tenant(Tenant.objects.get(slug="acme"))
    job = factories.job()
    for _ in range(40):
        trigger = factories.trigger(job, kind="interval", interval_seconds=60)
        _overdue(trigger, 1)

    def beat() -> int:
        try:
            return fire.fire_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        served = list(pool.map(lambda _: beat(), range(8)))

    connection.set_tenant(Tenant.objects.get(slug="acme"))
    assert sum(served) == 40
    assert Run.objects.count() == WorkItem.objects.count() == 40
