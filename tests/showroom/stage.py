"""Servers, two furnished tenants, and the platform's processes: one call, and all is gone at its end."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from launcher import install
from tests import plugin
from tests.processes import ROOT, running

PASSWORD: Final = "correct horse battery"  # of a database that lives as long as this process


@dataclass(frozen=True, slots=True)
class Showroom:
    """english, chinese: addresses of the two tenants. Their users sign in with PASSWORD."""

    english: str
    chinese: str
    username: str = "lin"


@contextmanager
def servers(database: str) -> Iterator[None]:
    """PostgreSQL and Valkey with a fresh database; Django is ready to use it."""
    plugin.start_servers()
    try:
        os.environ["JIEPAI_DATABASE_URL"] = plugin.database_url(database)
        os.environ["JIEPAI_BROKER_URL"] = f"{os.environ['JIEPAI_TEST_BROKER']}?virtual_host=0"
        os.environ["JIEPAI_REDIS_URL"] = f"{os.environ['JIEPAI_TEST_REDIS']}?db=0"
        os.environ["JIEPAI_DATA_DIR"] = os.environ["JIEPAI_TEST_FOLDER"]
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        plugin.create_database(database)
        import django

        django.setup()
        yield
    finally:
        plugin.stop_servers()


def collect_static_files() -> None:
    """What a web server serves beside pages: the SPA as its sources are now, and Django's own files."""
    with (Path(tempfile.gettempdir()) / f"jiepai-{ROOT.stat().st_ino}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # processes that test side by side build one after the other
        install.ensure_frontend()
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        cwd=ROOT,
        check=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'platform'}"},
    )


@contextmanager
def showroom(*, with_worker: bool = True) -> Iterator[Showroom]:
    """Two furnished tenants on a web server; needs ``servers``."""
    from django.conf import settings

    from tests.showroom import furnish

    collect_static_files()
    furnish.english()
    furnish.chinese()
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as processes:
        if with_worker:
            processes.worker()
            processes.beat()
        port = urlsplit(processes.web()).port
        domain = settings.ENV.base_domain
        yield Showroom(f"http://acme.{domain}:{port}", f"http://demo.{domain}:{port}")
