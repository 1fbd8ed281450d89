"""How often may be asked: counted for each user of each tenant, and said when it is over."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import override_settings
from django_tenants.utils import tenant_context

from apps.accounts.models import User
from apps.jobs.models import Run
from kernel import throttles
from tests import clients, factories

pytestmark = pytest.mark.django_db
RUNS = "/api/v1/runs/"


class Clock:
    """Far from the real time, so that what other tests counted is not seen."""

    def __init__(self) -> None:
        self.now = 39_999_999_992.5

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    cache.clear()
    clock = Clock()
    monkeypatch.setattr(throttles.Windows, "timer", clock)
    return clock


def test_past_the_rate_the_answer_says_how_long_to_wait(acme, clock, monkeypatch):
    monkeypatch.setattr(throttles.UserThrottle, "rate", "3/min", raising=False)
    client = clients.browser(acme, factories.owner())

    assert [client.get(RUNS).status_code for _ in range(4)] == [200, 200, 200, 429]

    answer = client.get(RUNS)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "throttled"
    assert answer["Retry-After"] == "28"  # the window began 32.5 s ago
    clock.now += 28
    assert client.get(RUNS).status_code == 200


def test_the_same_number_of_two_tenants_is_two_users(acme, globex, clock, monkeypatch):
    monkeypatch.setattr(throttles.UserThrottle, "rate", "2/min", raising=False)
    people = []
    for tenant in (acme, globex):
        with tenant_context(tenant):
            people.append(User.objects.create_user("ada", id=4711, is_superuser=True))
    ours, theirs = (
        clients.browser(tenant, user) for tenant, user in zip((acme, globex), people, strict=True)
    )

    assert [ours.get(RUNS).status_code for _ in range(3)] == [200, 200, 429]
    assert theirs.get(RUNS).status_code == 200


def test_two_users_of_a_tenant_are_counted_apart(acme, clock, monkeypatch):
    monkeypatch.setattr(throttles.UserThrottle, "rate", "1/min", raising=False)
    first, second = (clients.browser(acme, factories.user()) for _ in range(2))

    assert [first.get(RUNS).status_code for _ in range(2)] == [200, 429]
    assert second.get(RUNS).status_code == 200


def test_asking_for_runs_has_a_rate_of_its_own(acme, clock, monkeypatch):
    monkeypatch.setattr(throttles.RunThrottle, "rate", "2/min", raising=False)
    client = clients.browser(acme, factories.owner())
    path = f"/api/v1/jobs/{factories.job().pk}/runs/"

    assert [client.post(path).status_code for _ in range(3)] == [201, 201, 429]
    assert client.get(RUNS).status_code == 200


def test_runs_that_are_asked_for_together_count_as_many(acme, clock, monkeypatch):
    monkeypatch.setattr(throttles.RunThrottle, "rate", "3/min", raising=False)
    client = clients.browser(acme, factories.owner())
    jobs = [str(factories.job().pk) for _ in range(2)]

    def run(ids):
        return client.post("/api/v1/jobs/bulk/", {"action": "run", "ids": ids}).status_code

    assert [run(jobs), run(jobs)] == [200, 429]
    assert Run.objects.count() == 2


def test_searching_logs_has_a_rate_of_its_own_and_reading_them_has_not(acme, clock, monkeypatch):
    monkeypatch.setattr(throttles.HeavyThrottle, "rate", "1/min", raising=False)
    client = clients.browser(acme, factories.owner())
    path = f"{RUNS}{factories.run().pk}/log/"

    assert [client.get(f"{path}?search=x").status_code for _ in range(2)] == [200, 429]
    assert client.get(path).status_code == 200


def test_formatting_has_the_rate_of_what_is_heavy(acme, clock, monkeypatch):
    monkeypatch.setattr(throttles.HeavyThrottle, "rate", "1/min", raising=False)
    client = clients.browser(acme, factories.owner())

    def shape():
        return client.post("/api/v1/jobs/format/", {"kind": "sql", "source": ""}).status_code

    assert [shape(), shape()] == [200, 429]


def test_where_the_cache_is_away_nobody_is_held_up(acme, clock, monkeypatch):
    monkeypatch.setattr(throttles.UserThrottle, "rate", "1/min", raising=False)
    client = clients.browser(acme, factories.owner())
    away = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "unix:///nonexistent/valkey.sock",
        }
    }

    with override_settings(CACHES=away):
        assert [client.get(RUNS).status_code for _ in range(3)] == [200, 200, 200]
