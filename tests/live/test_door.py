"""Who gets in, what may be said, and who is shown out."""

from __future__ import annotations

import json
import secrets
from contextlib import ExitStack
from uuid import uuid4

import pytest
from django.utils import timezone
from guardian.shortcuts import assign_perm, remove_perm
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from apps.accounts.models import ApiToken, Session, User
from apps.live.consumers import MOST_LOGS, MOST_TOPICS
from apps.tenants.models import State, Tenant
from tests import factories
from tests.live.conftest import inside, key_of, session_of
from tests.live.ears import Ear, listening
from tests.processes import Processes

pytestmark = pytest.mark.processes
NOT_FOUND = {"code": "not_found", "detail": "There is nothing here, or you may not see it."}


def refusal(address: str, host: str = "acme.localhost", **options: str | None) -> tuple[int, str]:
    """The status and the code with which a socket is refused."""
    with pytest.raises(InvalidStatus) as caught, listening(address, host, **options):  # type: ignore[arg-type]
        pass
    response = caught.value.response
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    problem = json.loads(response.body)
    assert problem["status"] == response.status_code
    assert problem["detail"]
    return response.status_code, problem["code"]


def test_the_door_opens_for_those_who_are_known_here(processes: Processes) -> None:
    address = processes.web()
    user = factories.user()
    key, session = key_of(user), session_of(user)
    gone = factories.user()
    key_of_gone, session_of_gone = key_of(gone), session_of(gone)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    late = key_of(user, "late")
    ApiToken.objects.filter(name="late").update(expiry=timezone.now())
    with inside("globex"):
        stranger = factories.user()
        key_of_stranger, session_of_stranger = key_of(stranger), session_of(stranger)

    for welcome in ({"token": key}, {"session": session}, {"token": key, "origin": "https://else.where"}):
        with listening(address, **welcome) as ear:
            ear.say(ping=1)
            assert ear.next() == {"pong": 1}

    not_known = (401, "not_authenticated")
    assert refusal(address) == not_known
    assert refusal(address, token=secrets.token_hex(32)) == not_known
    assert refusal(address, token=late) == not_known
    assert refusal(address, token=key_of_gone) == not_known
    assert refusal(address, token=key_of_stranger) == not_known
    assert refusal(address, session=session_of_stranger) == not_known
    assert refusal(address, session=session_of_gone) == not_known
    assert refusal(address, session="x" * 32) == not_known

    foreign = (403, "live.foreign_origin")
    assert refusal(address, session=session, origin="http://evil.localhost") == foreign
    assert (
        refusal(address, session=session, origin=f"http://globex.localhost:{address.rpartition(':')[2]}")
        == foreign
    )
    assert refusal(address, session=session, origin="null") == foreign
    assert refusal(address, session=session, origin=None) == foreign

    assert refusal(address, "nobody.localhost", token=key) == (404, "tenant.unknown")
    assert refusal(address, "localhost", token=key) == (404, "tenant.unknown")
    assert refusal(address, "example.com", token=key) == (404, "tenant.unknown")
    assert refusal(address, token=key, path="/ws/else/") == (404, "not_found")
    Tenant.objects.filter(slug="acme").update(state=State.SUSPENDED)
    assert refusal(address, token=key) == (403, "tenant.suspended")

    assert "Traceback" not in processes.logs()
    assert "ERROR" not in processes.logs()


def error_of(ear: Ear, topic: str) -> dict[str, str]:
    error: dict[str, str] = ear.until(lambda said: said.get("topic") == topic and "error" in said)["error"]
    return error


def test_what_can_not_be_heard_or_understood(processes: Processes) -> None:
    address = processes.web()
    key = key_of(factories.owner())
    run = factories.run()
    with inside("globex"):
        foreign = factories.run()

    with listening(address, token=key) as ear:
        for topic in (
            f"run:{uuid4()}", f"log:{foreign.pk}", f"run:{foreign.pk}", f"job:{foreign.job_id}", "job:1", "runs:",
            f"RUN:{run.pk}", f"run:{str(run.pk).upper()}", f"run:{run.pk.hex}", "user:1", "", "jobs", "x" * 3000,
        ):  # fmt: skip
            ear.say(join=topic)
            assert error_of(ear, topic) == NOT_FOUND
        for text in (
            "", "x", "7", "[]", "{}", '{"join":7}', '{"join":"runs","after":-1}', '{"join":"runs","after":true}',
            '{"join":"runs","attempt":0}', '{"join":"runs","after":1e99}', '{"hello":1}', "[" * 4000, "\ud800".encode("utf-16", "surrogatepass").decode("latin-1"),
        ):  # fmt: skip
            ear.connection.send(text)
            assert error_of(ear, "")["code"] == "live.bad_message"
        ear.say(leave="runs")  # never joined: nothing to say
        ear.say(ping=1)
        assert ear.next() == {"pong": 1}

        for _ in range(MOST_LOGS):
            ear.join(f"log:{factories.run(run.job).pk}")
        another = factories.run(run.job)
        ear.say(join=f"log:{another.pk}")
        assert error_of(ear, f"log:{another.pk}")["code"] == "live.too_many_topics"
        for _ in range(MOST_TOPICS - MOST_LOGS):
            ear.join(f"run:{factories.run(run.job).pk}")
        ear.say(join=f"run:{run.pk}")
        assert (
            error_of(ear, f"run:{run.pk}")["detail"]
            == "A connection can follow 100 topics at once, 10 of them logs."
        )

    for message, code in (("x" * 4097, 1009), ("节" * 1366, 1009), (b"bytes", 1003)):
        with listening(address, token=key) as ear:
            ear.connection.send(message)
            with pytest.raises(ConnectionClosedError) as closed:
                ear.next()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == code
    assert "Traceback" not in processes.logs()


def test_whoever_may_listen_no_longer_is_shown_out_within_seconds(processes: Processes) -> None:
    address = processes.web()
    job = factories.job()
    run = factories.run(job)
    users = [factories.user() for _ in range(5)]
    for user in users:
        assign_perm("jobs.view_job", user, job)
    revoked, signed_out, disabled, renamed, narrowed = users
    keys = [key_of(user) for user in users]
    sessions = {user: session_of(user) for user in (signed_out, renamed)}

    with ExitStack() as stack:
        ears = [
            stack.enter_context(listening(address, token=keys[0])),
            stack.enter_context(listening(address, session=sessions[signed_out])),
            stack.enter_context(listening(address, token=keys[2])),
            stack.enter_context(listening(address, session=sessions[renamed])),
        ]
        stays = stack.enter_context(listening(address, token=keys[4]))
        for ear in (*ears, stays):
            ear.join("runs")
            ear.join(f"run:{run.pk}")
            ear.join(f"log:{run.pk}")

        ApiToken.objects.filter(user=revoked).delete()
        Session.objects.filter(session_key=sessions[signed_out]).delete()
        User.objects.filter(pk=disabled.pk).update(is_active=False)
        renamed.set_password("another horse battery")
        renamed.save()
        remove_perm("jobs.view_job", narrowed, job)

        for ear in ears:
            assert code_of_closing(ear) == 4401
        assert error_of(stays, f"run:{run.pk}") == NOT_FOUND
        assert error_of(stays, f"log:{run.pk}") == NOT_FOUND
        stays.say(ping=1)
        assert stays.until(lambda said: said == {"pong": 1})

        Tenant.objects.filter(slug="acme").update(state=State.SUSPENDED)
        assert code_of_closing(stays) == 4403


def code_of_closing(ear: Ear) -> int:
    with pytest.raises(ConnectionClosedError) as closed:
        ear.until(lambda said: False, seconds=20)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code
