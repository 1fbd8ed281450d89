from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.jobs.runners.sandbox import ForkServer


@pytest.fixture(scope="session")
def forks() -> Iterator[ForkServer]:
    """A fork server for the session; its folders lie where every user may pass."""
    folder = Path(tempfile.mkdtemp(prefix="jiepai-forks-", dir="/var/tmp"))
    folder.chmod(0o755)
    server = ForkServer(workdirs=folder / "work")
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)
