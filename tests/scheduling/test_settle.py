"""An attempt ends: accepted once, with the lease that it holds, and what follows is in the same transaction."""

from __future__ import annotations

import pytest
from django.db import connection

from apps.jobs.domain.outcome import Outcome
from apps.jobs.domain.run_states import Reason, RunState
from apps.jobs.models import Attempt, Run, RunEvent, RunResult
from apps.jobs.services import runs
from apps.queue.errors import LeaseLost
from apps.queue.models import Limit, WorkItem
from apps.queue.services import leases
from apps.scheduling.services import settle
from tests import factories

pytestmark = pytest.mark.django_db

FAILED = Outcome(reason=Reason.EXIT_CODE, exit_code=3)
RETRY = {"strategy": "fixed", "max_attempts": 3, "base_seconds": 60}


def _run(ended: settle.Ended) -> Run:
    return Run.objects.get(pk=ended.run_id)


def _used() -> set[int]:
    return set(Limit.objects.values_list("used", flat=True))


def test_a_success_ends_the_run_frees_its_limits_and_keeps_its_result(acme):
    ended = factories.started(factories.job(max_running=1))
    assert _used() == {1}

    state = settle.settle(ended, Outcome(result={"rows": 3}, cpu_seconds=0.1))

    run = _run(ended)
    assert state is RunState.SUCCEEDED
    assert (run.state, run.exit_reason, run.finished_at is None) == ("succeeded", "", False)
    assert RunResult.objects.get(pk=run.pk).data == {"rows": 3}
    assert Attempt.objects.get(run=run).finished_at is not None
    assert not WorkItem.objects.exists()
    assert _used() == {0}
    assert run.event == RunEvent.objects.filter(run=run).latest("id").pk


def test_a_late_report_cannot_finish_a_later_attempt(acme):
    # Given attempt 1 lost its lease, and attempt 2 is running elsewhere
    first = factories.started()
    settle.settle(first, Outcome(reason=Reason.EXECUTOR_STOPPED))
    second = factories.started(_run(first))

    # When the executor of attempt 1 reports at last
    with pytest.raises(LeaseLost):
        settle.settle(first, Outcome())

    # Then the run has not moved, and the one that holds it is heard
    assert _run(first).state == "running"
    assert settle.settle(second, Outcome()) is RunState.SUCCEEDED


def test_a_failure_is_tried_again_as_its_policy_says_and_no_more(acme):
    job = factories.job(retry=RETRY)
    ended = factories.started(job)

    for attempt in (1, 2):
        assert settle.settle(ended, FAILED) is RunState.QUEUED
        item = WorkItem.objects.get()
        assert (item.state, item.epoch, _run(ended).failures) == ("delayed", attempt, attempt)
        assert _used() == {0}
        WorkItem.objects.update(available_at="2020-01-01T00:00Z")
        leases.promote()
        ended = factories.started(_run(ended))

    assert settle.settle(ended, FAILED) is RunState.FAILED
    assert _run(ended).exit_code == 3
    assert [a.exit_code for a in Attempt.objects.filter(run_id=ended.run_id)] == [3, 3, 3]


def test_a_reason_that_the_policy_does_not_name_is_not_tried_again(acme):
    ended = factories.started(factories.job(retry={**RETRY, "on": ["timeout"]}))

    assert settle.settle(ended, FAILED) is RunState.FAILED


def test_a_stopped_executor_hands_back_without_charging_the_job(acme):
    ended = factories.started()

    assert settle.settle(ended, Outcome(reason=Reason.EXECUTOR_STOPPED)) is RunState.QUEUED

    run = _run(ended)
    assert (run.failures, run.losses, WorkItem.objects.get().state) == (0, 0, "waiting")


def test_a_run_that_loses_its_executor_again_and_again_is_given_up(acme):
    run = factories.run()
    for _ in range(4):
        assert settle.settle(factories.started(run), Outcome(reason=Reason.LOST_EXECUTOR)) is RunState.QUEUED
        run.refresh_from_db()

    assert settle.settle(factories.started(run), Outcome(reason=Reason.LOST_EXECUTOR)) is RunState.FAILED
    assert not WorkItem.objects.exists()


def test_a_cancel_that_was_asked_for_wins_over_a_retry(acme):
    ended = factories.started(factories.job(retry=RETRY))
    runs.cancel(ended.run_id, by=factories.owner())

    assert settle.settle(ended, FAILED) is RunState.CANCELLED
    assert _run(ended).exit_reason == "exit_code"
    assert not WorkItem.objects.exists()


def test_a_success_just_before_the_cancel_arrived_is_a_success(acme):
    ended = factories.started()
    runs.cancel(ended.run_id, by=factories.owner())

    assert settle.settle(ended, Outcome()) is RunState.SUCCEEDED


def test_nothing_is_written_when_the_settlement_breaks_half_way(acme, monkeypatch):
    ended = factories.started()
    before = RunEvent.objects.count()
    from apps.queue.services import limits

    def power_cut(_keys: object) -> None:
        raise SystemError("power cut")

    monkeypatch.setattr(limits, "free", power_cut)
    with pytest.raises(SystemError):
        settle.settle(ended, Outcome())

    assert _run(ended).state == "running"
    assert WorkItem.objects.get().state == "leased"
    assert RunEvent.objects.count() == before


def test_lose_takes_the_run_only_while_its_lease_has_run_out(acme):
    ended = factories.started()
    claim = leases.Claim(ended.run_id, factories.tenant_id(), ended.job_id, ended.epoch)

    assert settle.lose(claim) is None
    with connection.cursor() as cursor:
        cursor.execute("UPDATE queue_workitem SET lease_until = now() - interval '1 second'")
    assert settle.lose(claim) is RunState.QUEUED
    assert (_run(ended).losses, _run(ended).exit_reason) == (1, "lost_executor")
    assert settle.lose(claim) is None
