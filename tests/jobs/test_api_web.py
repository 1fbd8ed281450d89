"""Large requests and answers through the real web server, which reads and sends on threads of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from apps.accounts.services import tokens
from apps.jobs.services.logs import LogWriter
from apps.tenants.models import Tenant
from kernel.schemas import connection
from tests import factories, processes

pytestmark = pytest.mark.processes
LINE = "x" * 99 + "\n"


@pytest.fixture
def program(committed: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """A program with a token of acme's owner, at a real web server."""
    connection.set_tenant(Tenant.objects.get(slug="acme"))
    _, key = tokens.issue(user=factories.owner(), name="ci", lifetime=timedelta(days=1))
    with processes.running(tmp_path) as running:
        headers = {"Host": "acme.localhost", "Authorization": f"Token {key}"}
        with httpx.Client(base_url=running.web(), headers=headers, timeout=60) as client:
            yield client


def test_large_bodies_go_through_or_are_refused_in_words(program):
    def make(name: str, size: int) -> httpx.Response:
        body = {"name": name, "kind": "python", "definition": {"source": "#" * size}}
        answer: httpx.Response = program.post("/api/v1/jobs/", json=body)
        return answer

    large, too_large = make("large", 10 * 2**20), make("too large", 45 * 2**20)

    assert large.status_code == 201, large.text[:300]
    assert (too_large.status_code, too_large.headers["Content-Type"]) == (413, "application/problem+json")
    assert too_large.json()["detail"] == "The request is larger than the 40 MB that are taken."
    assert program.get(f"/api/v1/jobs/{large.json()['id']}/").json()["version"] == 1


def test_a_download_that_is_left_half_way_disturbs_nobody(program):
    run = factories.run()
    writer = LogWriter(run.pk, attempt=1, cap_bytes=50_000_000)
    for _ in range(80):
        writer.write("out", LINE.encode() * 1000)
        writer.flush()
    path = f"/api/v1/runs/{run.pk}/log/download/"

    for _ in range(20):  # more than the server has threads
        with program.stream("GET", path) as answer:
            assert next(answer.iter_bytes()).startswith(b"xxx")

    whole = program.get(path)
    assert whole.text == LINE * 80_000
