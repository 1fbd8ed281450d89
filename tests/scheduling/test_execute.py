"""A worker slot from claim to settlement, with real children and real commits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from apps.executors.services import presence
from apps.jobs.domain.log_lines import parse
from apps.jobs.models import LogChunk, Run, RunResult
from apps.jobs.services import runs
from apps.queue.models import Limit, WorkItem
from apps.scheduling.services import execute
from apps.scheduling.services.station import Station
from apps.tenants.models import Tenant
from kernel.schemas import connection
from tests import factories


@pytest.fixture
def station(committed, forks, settings, tmp_path) -> Iterator[Station]:
    connection.set_tenant(Tenant.objects.get(slug="acme"))
    station = Station(forks=forks)
    station.start()
    yield station
    station.leave()


def _log(run: Run) -> list[str]:
    chunks = LogChunk.objects.filter(run=run).order_by("attempt", "first_line")
    return [line.text for chunk in chunks for line in parse(chunk.text, first_line=chunk.first_line)]


def _ended(run: Run) -> Run:
    return Run.objects.get(pk=run.pk)


def _in_background(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def _until(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)


def test_a_script_runs_with_its_parameters_and_leaves_log_and_result(station):
    job = factories.job(
        source=(
            "import json, os\n"
            "print('day', os.environ['JIEPAI_PARAM_DAY'])\n"
            "json.dump({'rows': 3}, open(os.environ['JIEPAI_RESULT_FILE'], 'w'))"
        ),
        parameters={"properties": {"day": {"type": "string"}}},
    )
    run = factories.run(job, params={"day": "monday"})

    assert execute.drain(station) == 1

    assert _ended(run).state == "succeeded"
    assert _log(run) == ["day monday"]
    assert RunResult.objects.get(pk=run.pk).data == {"rows": 3}
    assert not WorkItem.objects.exists()
    assert set(Limit.objects.values_list("used", flat=True)) == {0}


def test_a_failing_script_tells_code_and_traceback(station):
    run = factories.run(factories.job(source="raise ValueError('no such file')"))

    execute.drain(station)

    ended = _ended(run)
    assert (ended.state, ended.exit_reason, ended.exit_code) == ("failed", "exit_code", 1)
    assert _log(run)[-1] == "ValueError: no such file"
    assert ended.message["params"] == {"exit_code": 1}


def test_a_slot_goes_on_until_nothing_is_left(station):
    waiting = [factories.run() for _ in range(5)]

    assert execute.drain(station) == 5
    assert {_ended(run).state for run in waiting} == {"succeeded"}


def test_cancelling_a_running_script_kills_it_within_a_second(station):
    run = factories.run(factories.job(source="import time; print('on', flush=True); time.sleep(60)"))
    thread = _in_background(lambda: execute.drain(station))
    _until(lambda: _log(run) == ["on"])

    began = time.monotonic()
    runs.cancel(run.pk, by=factories.owner())
    thread.join(timeout=10)

    ended = _ended(run)
    assert (ended.state, ended.exit_reason, ended.cancelled_by) == ("cancelled", "cancelled", "owner")
    assert time.monotonic() - began < 3


def test_a_timeout_is_told_as_one(station):
    run = factories.run(factories.job(source="import time; time.sleep(60)", timeout_seconds=0.3))

    execute.drain(station)

    assert (_ended(run).state, _ended(run).exit_reason) == ("failed", "timeout")


def test_a_stopping_executor_hands_its_run_back(station):
    station.grace_seconds = 0.2
    run = factories.run(factories.job(source="import time; print('on', flush=True); time.sleep(60)"))
    thread = _in_background(lambda: execute.drain(station))
    _until(lambda: _log(run) == ["on"])

    station.stop_claiming()
    thread.join(timeout=15)

    assert (_ended(run).state, _ended(run).exit_reason) == ("queued", "executor_stopped")
    assert WorkItem.objects.get().state == "waiting"


def test_an_attempt_that_lost_its_lease_is_killed_and_its_result_refused(station):
    run = factories.run(factories.job(source="import time; print('on', flush=True); time.sleep(60)"))
    thread = _in_background(lambda: execute.drain(station))
    _until(lambda: _log(run) == ["on"])

    # When somebody else takes the run over, as a reaper would after a long silence
    WorkItem.objects.update(epoch=2)
    thread.join(timeout=15)

    assert not thread.is_alive()
    assert _ended(run).state == "running"
    assert WorkItem.objects.get().epoch == 2


def test_fifty_megabytes_are_capped_with_a_marker_and_stored_once(station, settings):
    run = factories.run(
        factories.job(source="for n in range(800_000): print(f'{n:063d}')", timeout_seconds=120)
    )

    execute.drain(station)

    lines = _log(run)
    assert _ended(run).state == "succeeded"
    assert lines[0].endswith("000")
    assert lines[-1].endswith("799999")
    stored = sum(len(chunk.text) for chunk in LogChunk.objects.filter(run=run))
    assert stored < 1.3 * settings.ENV.log_cap_bytes + 200_000
    assert sum("left out" in line for line in lines) == 1


def test_what_the_database_can_not_hold_ends_as_the_platforms_failure(station, monkeypatch):
    from apps.jobs.domain.outcome import Outcome
    from apps.jobs.runners import attempts

    monkeypatch.setattr(attempts, "carry_out", lambda *_, **__: Outcome(result={"a": "\x00"}))
    run = factories.run()

    execute.drain(station)

    assert (_ended(run).state, _ended(run).exit_reason) == ("failed", "platform_error")
    assert not WorkItem.objects.exists()


def test_a_work_item_without_its_run_is_dropped_and_frees_its_limits(station):
    run = factories.run()
    Run.objects.filter(pk=run.pk).delete()
    other = factories.run()

    assert execute.drain(station) == 1
    assert _ended(other).state == "succeeded"
    assert not WorkItem.objects.exists()
    assert set(Limit.objects.values_list("used", flat=True)) == {0}


def test_a_doorbell_that_finds_all_slots_taken_is_answered_by_whoever_works(station):
    held = [station.slot() for _ in range(8)]
    for slot in held:
        assert slot.__enter__() is True
    run = factories.run()

    assert execute.drain(station) == 0
    assert station.answer() is True
    for slot in held:
        slot.__exit__(None, None, None)
    assert execute.drain(station) == 1
    assert _ended(run).state == "succeeded"


def test_a_drained_executor_takes_nothing_until_it_is_put_back(station):
    run = factories.run()
    presence.drain(station.executor.pk)
    _until(lambda: not station.takes_work)

    assert execute.drain(station) == 0
    assert _ended(run).state == "queued"

    presence.resume(station.executor.pk)
    _until(lambda: station.takes_work)
    assert execute.drain(station) == 1
    assert _ended(run).state == "succeeded"
