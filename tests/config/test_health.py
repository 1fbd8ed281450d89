"""What a load balancer asks, and the SPA's one page."""

from __future__ import annotations

import pytest
from django.db import connections

pytestmark = pytest.mark.django_db


def test_health_is_answered_on_any_host_name(client):
    assert client.get("/healthz", headers={"host": "10.1.2.3"}).json() == {"status": "ok"}


def test_ready_means_that_database_and_valkey_answer(client):
    answer = client.get("/readyz", headers={"host": "10.1.2.3"})

    assert (answer.status_code, answer.json()["checks"]) == (200, {"database": True, "valkey": True})


def test_not_ready_without_valkey(client, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "unix:///nowhere/valkey.sock",
        }
    }
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["checks"]) == (503, {"database": True, "valkey": False})
    assert connections["default"].is_usable()


@pytest.mark.parametrize("path", ["/", "/runs/0190f5fe", "/login"])
def test_the_spa_answers_for_every_address_that_is_nobody_elses(client, settings, tmp_path, path):
    (tmp_path / "index.html").write_text("<div id=app></div>")
    settings.FRONTEND_DIST = tmp_path

    answer = client.get(path, headers={"host": "acme.localhost"})

    assert (answer.status_code, answer.content) == (200, b"<div id=app></div>")
    assert "csrftoken" in answer.cookies
    assert "no-store" in answer["Cache-Control"]


def test_an_spa_that_is_not_built_says_what_to_run(client, settings, tmp_path):
    settings.FRONTEND_DIST = tmp_path

    answer = client.get("/", headers={"host": "acme.localhost", "accept-language": "en"})

    assert answer.status_code == 503
    assert answer.content.decode() == "The web application isn't built. Run: make run"
