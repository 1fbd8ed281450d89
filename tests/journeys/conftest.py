from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.tenants.models import Tenant
from kernel.schemas import connection
from tests.processes import Processes, running


@pytest.fixture
def processes(committed: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Processes]:
    """Real processes on a database of the test's own, which is set to the tenant acme here."""
    connection.set_tenant(Tenant.objects.get(slug="acme"))
    failed = request.session.testsfailed
    with running(tmp_path) as processes:
        yield processes
        if request.session.testsfailed > failed:
            print(processes.logs())
    connection.close()
