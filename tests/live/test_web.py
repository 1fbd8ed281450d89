"""The web process as it runs in life: uvicorn, HTTP on threads."""

from __future__ import annotations

import httpx
import pytest

from tests.processes import Processes

pytestmark = pytest.mark.processes


def test_the_web_process_answers(processes: Processes) -> None:
    address = processes.web()

    assert httpx.get(f"{address}/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{address}/readyz").json()["status"] == "ok"
