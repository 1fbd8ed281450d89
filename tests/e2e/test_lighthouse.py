"""What Lighthouse says of the pages. How fast they are is measured by the benchmark, not judged here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Playwright

from apps.accounts.models import User
from tests import factories, lighthouse
from tests.e2e.conftest import PASSWORD, PATIENCE_MS, program
from tests.processes import free_port
from tests.showroom.browser import ARGUMENTS, sign_in

LEAST = 95


class Visit(NamedTuple):
    """A signed-in browser: where its tenant is, and the port on which it listens for debuggers."""

    address: str
    port: int


@pytest.fixture
def visit(playwright: Playwright, site: str, owner: User, tmp_path: Path) -> Iterator[Visit]:
    port = free_port()
    context = playwright.chromium.launch_persistent_context(
        tmp_path / "profile",
        executable_path=program(),
        args=[*ARGUMENTS, f"--remote-debugging-port={port}"],
    )
    context.set_default_timeout(PATIENCE_MS)
    sign_in(context.new_page(), site, username=owner.username, password=PASSWORD)
    yield Visit(site, port)
    context.close()


@pytest.mark.timeout(600)
def test_pages_are_accessible_and_well_made(visit: Visit):
    job = factories.job(name="Audited", source="print('hello')")
    run = factories.run(job)
    faults = []
    for path in (
        "/",
        "/jobs",
        f"/jobs/{job.pk}/code",
        "/runs",
        f"/runs/{run.pk}",
        "/datasources",
        "/profile",
    ):
        report = lighthouse.audit(f"{visit.address}{path}", port=visit.port)
        faults += [
            (path, category, report.scores[category], report.complaints[category])
            for category in ("accessibility", "best-practices")
            if report.scores[category] < LEAST
        ]
    assert not faults
