"""From a state's change in one process to a client of another, with everything real."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

import pytest

from apps.jobs.models import Run
from tests import factories
from tests.live.conftest import key_of, session_of
from tests.live.ears import Message, listening
from tests.processes import Processes

pytestmark = pytest.mark.processes


def tells_of(run: Run, state: str = "queued") -> Callable[[Message], bool]:
    return lambda said: any(
        event["run"] == str(run.pk) and event["state"] == state for event in said.get("events", ())
    )


def test_a_run_is_followed_from_the_queue_to_its_end(processes: Processes) -> None:
    address = processes.web()
    processes.worker()
    processes.beat()
    job = factories.job(source="print('hello')")

    with listening(address, token=key_of(factories.owner())) as ear:
        ear.join("runs")
        run = factories.run(job)
        ear.until(tells_of(run, "succeeded"), seconds=60)

    events = ear.events("runs")
    assert [event["state"] for event in events] == ["queued", "running", "succeeded"]
    assert [event["event"] for event in events] == sorted(event["event"] for event in events)
    run.refresh_from_db()
    last = events[-1]
    assert last["run"] == str(run.pk)
    assert last["job"] == str(job.pk)
    assert last["job_name"] == job.name
    assert last["attempt"] == run.attempt
    assert last["exit_reason"] == run.exit_reason
    assert last["event"] == run.event
    assert datetime.fromisoformat(last["at"]) == run.finished_at


def test_a_change_of_state_is_with_the_client_within_500_ms(processes: Processes) -> None:
    address = processes.web()
    job = factories.job()
    with listening(address, session=session_of(factories.owner())) as ear:
        ear.join("runs")
        ear.join(f"job:{job.pk}")
        lateness = []
        for _ in range(10):
            run = factories.run(job)
            began = time.monotonic()
            ear.until(tells_of(run))
            lateness.append(time.monotonic() - began)
            time.sleep(0.3)
    assert max(lateness) < 0.5
    assert sorted(lateness)[5] < 0.2  # what comes after a pause goes out at once
