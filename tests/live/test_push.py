"""From a state's change in one process to a client of another, with everything real."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import redis
from guardian.shortcuts import assign_perm
from websockets.exceptions import ConnectionClosedError

from apps.jobs.models import Run
from apps.jobs.services.logs import LogWriter
from apps.live.domain import bulletin
from apps.live.services.publisher import Publisher
from apps.live.services.sights import SIGHT_SECONDS
from embedded import EmbeddedValkey
from kernel.schemas import connection
from tests import factories
from tests.live.conftest import Restricted, inside, key_of, session_of
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
    assert run.finished_at
    assert abs(datetime.fromisoformat(last["at"]) - run.finished_at) < timedelta(seconds=0.1)


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


def test_two_tenants_do_not_hear_each_other(processes: Processes) -> None:
    address = processes.web()
    key = key_of(factories.owner())
    with inside("globex"):
        foreign_key = key_of(factories.owner())

    with (
        listening(address, token=key) as here,
        listening(address, "globex.localhost", token=foreign_key) as there,
    ):
        here.join("runs")
        there.join("runs")
        mine, theirs = [], []
        for _ in range(20):
            mine.append(factories.run())
            with inside("globex"):
                theirs.append(factories.run())
        here.until(tells_of(mine[-1]))
        there.until(tells_of(theirs[-1]))

    assert [event["run"] for event in here.events("runs")] == [str(run.pk) for run in mine]
    assert [event["run"] for event in there.events("runs")] == [str(run.pk) for run in theirs]


def test_only_runs_of_visible_jobs_are_told(processes: Processes, restricted: Restricted) -> None:
    address = processes.web()
    with listening(address, token=key_of(restricted.user)) as ear:
        ear.join("runs")
        for topic in (f"job:{restricted.hidden.pk}", f"run:{factories.run(restricted.hidden).pk}"):
            ear.say(join=topic)
            assert ear.next(topic=topic)["error"]["code"] == "not_found"
        shown = []
        for _ in range(5):
            factories.run(restricted.hidden)
            shown.append(factories.run(restricted.seen))
        ear.until(tells_of(shown[-1]))
        assert {event["job"] for event in ear.events("runs")} == {str(restricted.seen.pk)}
        assert [event["run"] for event in ear.events("runs")] == [str(run.pk) for run in shown]

        # What a user may see changes within seconds.
        assign_perm("jobs.view_job", restricted.user, restricted.hidden)
        time.sleep(SIGHT_SECONDS)
        ear.until(tells_of(factories.run(restricted.hidden)))


def test_a_topic_speaks_at_most_four_times_a_second(processes: Processes) -> None:
    address = processes.web()
    job = factories.job()
    with listening(address, token=key_of(factories.owner())) as ear:
        ear.join("runs")
        ear.join(f"job:{job.pk}")
        runs = []
        began = time.monotonic()
        while time.monotonic() < began + 4:
            runs.append(factories.run(job))
        ear.until(tells_of(runs[-1]))
        seconds = time.monotonic() - began
        ear.until(lambda said: len(ear.events(f"job:{job.pk}")) == len(runs))

    assert len(runs) > 10
    for topic in ("runs", f"job:{job.pk}"):
        assert [event["run"] for event in ear.events(topic)] == [str(run.pk) for run in runs]
        messages = sum(said["topic"] == topic and "events" in said for _, said in ear.heard)
        assert 6 <= messages <= 4 * seconds + 1


def test_a_slow_reader_gets_a_gap_and_holds_up_nobody(processes: Processes) -> None:
    address = processes.web()
    key = key_of(factories.owner())
    job = factories.job(name="节" * 200)
    runs = [factories.run(job) for _ in range(300)]
    events = [(run.pk, job.pk, run.event) for run in runs]
    valkey = redis.Redis.from_url(os.environ["JIEPAI_REDIS_URL"])
    channel = bulletin.channel(
        int(valkey.connection_pool.connection_kwargs.get("db") or 0), connection.schema_name
    )
    again = bulletin.write(events=events)

    with (
        listening(address, token=key, max_queue=1, compression=None) as slow,
        listening(address, token=key) as quick,
    ):
        slow.join("runs")
        quick.join("runs")
        until_when = time.monotonic() + 12
        while time.monotonic() < until_when:
            valkey.publish(channel, again)
            quick.next(topic="runs")
        last = factories.run(job)
        quick.until(tells_of(last))
        assert not any("gap" in said for _, said in quick.heard)

        assert slow.until(lambda said: said.get("gap"), seconds=20) == {"topic": "runs", "gap": True}
        after = factories.run(job)
        slow.until(tells_of(after), seconds=20)


def test_valkeys_return_is_a_gap_and_all_goes_on(processes: Processes, own_valkey: EmbeddedValkey) -> None:
    if valkey := own_valkey:
        address = processes.web(JIEPAI_REDIS_URL=valkey.url)
        publisher = Publisher(valkey.url)
        job = factories.job()

        def run_once() -> Run:
            run = factories.run(job)
            publisher.run_moved(connection.schema_name, run.pk, job.pk, run.event)
            return run

        with listening(address, token=key_of(factories.owner())) as ear:
            ear.join("runs")
            ear.until(tells_of(run_once()))

            os.kill(valkey.pid, signal.SIGKILL)
            began = time.monotonic()
            for _ in range(1000):
                publisher.run_moved(connection.schema_name, uuid4(), job.pk, 1)
            assert time.monotonic() - began < 0.5
            run_once()
            ear.say(ping=1)
            assert ear.until(lambda said: "pong" in said) == {"pong": 1}
            with listening(address, token=key_of(factories.owner(), "another")) as late:
                late.join("runs")  # is let in nevertheless
                time.sleep(2)
                valkey.ensure_running()
                for one in (ear, late):
                    assert one.until(lambda said: "gap" in said, seconds=20) == {"topic": "runs", "gap": True}

            time.sleep(1.5)  # the publisher's pause
            ear.until(tells_of(run_once()))
        publisher.close()


def test_a_hundred_thousand_lines_stream_without_a_hole_or_a_double(processes: Processes) -> None:
    address = processes.web()
    key = key_of(factories.owner())
    run = factories.run()
    begun = factories.started(run)
    topic = f"log:{run.pk}"
    total = 100_000
    log = LogWriter(run.pk, attempt=begun.epoch, cap_bytes=50_000_000)
    written = 0

    def write(until_line: int) -> None:
        nonlocal written
        while written < until_line:
            size = min(random.choice((1, 7, 900, 2500)), until_line - written)
            lines = "".join(f"line {number} 节拍\n" for number in range(written + 1, written + size + 1))
            log.write("err" if size == 7 else "out", lines.encode())
            log.flush()
            written += size

    write(20_000)
    with (
        listening(address, token=key) as whole,
        listening(address, token=key) as rest,
        listening(address, token=key) as other,
    ):
        whole.join(topic)
        rest.join(topic, after=15_000, attempt=begun.epoch)
        other.join(topic, after=0, attempt=begun.epoch + 1)
        write(60_000)
        with listening(address, token=key) as late:
            late.join(topic, after=59_999, attempt=begun.epoch)
            write(total)
            for ear, after in ((whole, 0), (rest, 15_000), (late, 59_999)):
                lines = LineReader(after)
                while lines.count < total:
                    for event in ear.next(topic=topic, seconds=30)["events"]:
                        assert event["attempt"] == begun.epoch
                        lines.take(event)
        assert other.nothing(seconds=0.5)


class LineReader:
    """Takes in blocks, each of which must begin where the one before has ended."""

    def __init__(self, after: int) -> None:
        self.count = after

    def take(self, block: Message) -> None:
        assert block["line"] == self.count + 1
        assert block["text"].endswith("\n")
        for line in block["text"].splitlines():
            self.count += 1
            assert line == f"line {self.count} 节拍"


def test_a_log_is_followed_into_the_next_attempt(processes: Processes) -> None:
    address = processes.web()
    run = factories.run()
    topic = f"log:{run.pk}"
    with listening(address, token=key_of(factories.owner())) as ear:
        ear.join(topic)  # before there is an attempt
        begun = factories.started(run)
        first = LogWriter(run.pk, attempt=begun.epoch, cap_bytes=1000)
        first.write("out", b"one\n")
        first.flush()
        ear.until(lambda said: "events" in said)
        later = LogWriter(run.pk, attempt=begun.epoch + 3, cap_bytes=1000)
        first.write("out", b"two")
        first.close()
        later.write("err", b"three\n")
        later.flush()
        ear.until(lambda said: ear.events(topic)[-1]["stream"] == "err")

    assert [(event["attempt"], event["line"], event["text"]) for event in ear.events(topic)] == [
        (begun.epoch, 1, "one\n"),
        (begun.epoch, 2, "two\n"),
        (begun.epoch + 3, 1, "three\n"),
    ]


def test_a_server_that_stops_says_that_it_comes_back(processes: Processes) -> None:
    address = processes.web()
    with listening(address, token=key_of(factories.owner())) as ear:
        ear.join("runs")
        began = time.monotonic()
        processes.close()
        assert time.monotonic() - began < 10
        with pytest.raises(ConnectionClosedError) as closed:
            ear.next()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012
    assert "Traceback" not in processes.logs()
