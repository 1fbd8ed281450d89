"""The platform on the servers of an installation: PostgreSQL, RabbitMQ and Redis, each as its package comes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from pytest_django import DjangoDbBlocker

from apps.accounts.services import tokens
from apps.executors.models import Executor
from apps.jobs.models import Attempt, Job, Run
from apps.tenants.models import Tenant
from config.broker import UNUSED_QUEUE_SECONDS
from kernel.doorbell import EXPIRES_SECONDS
from kernel.schemas import connection
from tests import factories
from tests.processes import ROOT, Processes, running, until
from tests.real_servers import PASSWORD, RealPostgres, RealRabbit, RealRedis

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("real servers")]
AT_ONCE = 8  # seconds on a busy machine; nothing but a doorbell could have started the run


@pytest.fixture(scope="session")
def postgres() -> Iterator[RealPostgres]:
    """A database migrated by its owner, who is no administrator, with the tenants of the tests."""
    with RealPostgres() as server:
        made = subprocess.run(
            [sys.executable, "-m", "tests.template"],
            cwd=ROOT,
            env={
                **os.environ,
                "JIEPAI_DATABASE_URL": server.url(),
                "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'platform'}",
                "DJANGO_SETTINGS_MODULE": "config.settings",
            },
            capture_output=True,
            text=True,
        )
        assert made.returncode == 0, made.stdout + made.stderr
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RealRedis]:
    with RealRedis() as server:
        yield server


@pytest.fixture(scope="session")
def rabbit() -> Iterator[RealRabbit]:
    with RealRabbit() as server:
        yield server


@pytest.fixture
def on_postgres(
    postgres: RealPostgres,
    tmp_path: Path,
    django_db_blocker: DjangoDbBlocker,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[Processes]:
    """Processes on the system's PostgreSQL, where this test is too, in the tenant acme."""
    own = dict(connection.settings_dict)
    monkeypatch.setenv("JIEPAI_DATABASE_URL", postgres.url())
    failed = request.session.testsfailed
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict.update(
            NAME="jiepai", USER="jiepai", PASSWORD=PASSWORD, HOST="127.0.0.1", PORT=str(postgres.port)
        )
        try:
            connection.set_tenant(Tenant.objects.get(slug="acme"))
            with running(tmp_path) as processes:
                yield processes
                if request.session.testsfailed > failed:
                    print(processes.logs())
        finally:
            connection.set_schema_to_public()
            connection.close()
            connection.settings_dict.update(own)


class Program:
    """A client of the API with a token of acme's owner."""

    def __init__(self, address: str) -> None:
        owner = factories.owner()
        _, key = tokens.issue(user=owner, name=f"at {address}", lifetime=timedelta(hours=1))
        self._http = httpx.Client(
            base_url=f"{address}/api/v1/",
            headers={"Host": "acme.localhost", "Authorization": f"Token {key}"},
            timeout=30,
        )

    def request_run(self, job: Job) -> UUID:
        answer = self._http.post(f"jobs/{job.pk}/runs/", json={})
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["id"])

    def log(self, run_id: UUID) -> str:
        answer = self.get(f"runs/{run_id}/log/")
        assert answer.status_code == 200, answer.text
        return "".join(block["text"] for block in answer.json()["blocks"])

    def get(self, path: str) -> httpx.Response:
        return self._http.get(path)


def _an_executor_is_online() -> bool:
    return Executor.objects.filter(state=Executor.State.ONLINE).exists()


def _succeeded(run_id: UUID) -> bool:
    return Run.objects.filter(pk=run_id, state="succeeded").exists()


def test_runs_on_postgresql_and_redis_outlive_a_restart_of_the_database(on_postgres, postgres, redis_server):
    # Given the platform on servers of its own
    broker, layer = redis_server.url(), redis_server.url(database=1)
    urls = {"JIEPAI_BROKER_URL": broker, "JIEPAI_REDIS_URL": layer, "JIEPAI_LEASE_SECONDS": "30"}
    worker, beat = on_postgres.worker(**urls), on_postgres.beat(**urls)
    program = Program(address := on_postgres.web(**urls))
    until(_an_executor_is_online)

    # Then a run that is requested succeeds, and its log is stored
    assert httpx.get(f"{address}/readyz").json()["checks"] == {"database": True, "valkey": True}
    run = program.request_run(factories.job(source="print('on servers of my own')"))
    until(lambda: _succeeded(run))
    assert program.log(run) == "on servers of my own\n"

    # When the database goes while a script runs, then the API says so
    slow = program.request_run(
        factories.job(source="import time\nprint('before', flush=True)\ntime.sleep(4)\nprint('after')")
    )
    until(lambda: program.log(slow) == "before\n")
    connection.close()
    postgres.stop()
    refused = program.get("runs/")
    assert refused.status_code == 503
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "database.unavailable"
    time.sleep(2)
    postgres.start()

    # Then all goes on by itself when it is back: the same attempt, and what comes after it
    until(lambda: _succeeded(slow))
    assert program.log(slow) == "before\nafter\n"
    assert [attempt.exit_reason for attempt in Attempt.objects.filter(run=slow)] == [""]
    until(_an_executor_is_online)
    later = program.request_run(factories.job())
    until(lambda: _succeeded(later))
    assert (worker.poll(), beat.poll()) == (None, None)
    assert "Traceback" not in on_postgres.logs()

    # And once they have stopped, the broker holds nothing of them
    on_postgres.close()
    left = redis_server.held()
    assert not [key for key in left if "executor." in key or "group." in key or "unacked" in key]


def test_a_doorbell_comes_through_rabbitmq_also_after_its_restart(processes, rabbit):
    # Given a web server and a worker, but no beat: nobody sweeps
    urls = {"JIEPAI_BROKER_URL": rabbit.url()}
    worker = processes.worker(**urls)
    program = Program(processes.web(**urls))
    until(_an_executor_is_online)
    until(lambda: "ready." in processes.logs())

    # When a run is requested, then the doorbell starts it
    job = factories.job(source="print('rung')")
    run = program.request_run(job)
    until(lambda: _succeeded(run), seconds=AT_ONCE)
    assert program.log(run) == "rung\n"

    # Then queues are declared so that nothing is left behind: others' arguments would be refused here
    arguments = {"x-expires": UNUSED_QUEUE_SECONDS * 1000, "x-message-ttl": EXPIRES_SECONDS * 1000}
    executor = Executor.objects.get()
    for name in ("group.default", f"executor.{executor.pk}"):
        rabbit.ask(
            lambda channel, name=name: channel.queue_declare(
                name, durable=True, auto_delete=False, arguments=arguments
            )
        )

    # When the broker is away, then a request is accepted all the same
    rabbit.stop()
    waiting = program.request_run(job)
    assert Run.objects.get(pk=waiting).state == "queued"

    # When it is back, then a sweep rings for what waits
    rabbit.start()
    beat = processes.beat(**urls)
    until(lambda: _succeeded(waiting), seconds=60)
    beat.terminate()
    beat.wait(20)

    # And doorbells come through again, those of the web server too
    again = program.request_run(job)
    until(lambda: _succeeded(again), seconds=AT_ONCE)
    assert worker.poll() is None
    assert "Traceback" not in processes.logs()


def test_a_broker_that_refuses_the_password_is_named_and_asked_again(processes, rabbit):
    worker = processes.worker(JIEPAI_BROKER_URL=rabbit.url("wrong"))
    until(lambda: "ACCESS_REFUSED" in processes.logs(), seconds=60)
    time.sleep(3)
    said = processes.logs()
    assert worker.poll() is None
    assert "Traceback" not in said
    assert "wrong" not in said
    assert said.count("ACCESS_REFUSED") < 5


def test_a_redis_that_refuses_the_password_is_named_and_asked_again(processes, redis_server):
    worker = processes.worker(JIEPAI_BROKER_URL=redis_server.url("wrong"))
    until(lambda: "invalid username-password" in processes.logs(), seconds=60)
    time.sleep(3)
    said = processes.logs()
    assert worker.poll() is None
    assert "Traceback" not in said
    assert "wrong" not in said
