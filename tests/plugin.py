"""One PostgreSQL and one Valkey for the whole test session; one database per worker, cloned from a template.

Loaded with ``-p`` so that the settings find their ``JIEPAI_*`` variables before anything reads them. The template
is migrated once per session, by whichever worker needs it first.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [path for path in (str(ROOT), str(ROOT / "platform")) if path not in sys.path]

from embedded import EmbeddedPostgres, EmbeddedValkey  # noqa: E402

TEMPLATE = "jiepai_template"
_servers = ExitStack()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    if "JIEPAI_TEST_SERVER" not in os.environ:
        start_servers()
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    os.environ["JIEPAI_DATABASE_URL"] = database_url(f"jiepai_{worker}")
    number = 1 + int(worker.removeprefix("gw")) % 15 if worker.startswith("gw") else 0
    os.environ["JIEPAI_BROKER_URL"] = f"{os.environ['JIEPAI_TEST_BROKER']}?virtual_host={number}"
    os.environ["JIEPAI_REDIS_URL"] = f"{os.environ['JIEPAI_TEST_REDIS']}?db={number}"
    folder = Path(os.environ["JIEPAI_TEST_FOLDER"]) / worker
    folder.mkdir(mode=0o711, exist_ok=True)
    os.environ["JIEPAI_DATA_DIR"] = str(folder)


def pytest_unconfigure() -> None:
    stop_servers()


def database_url(name: str) -> str:
    """The address of one database of the session's server."""
    return urlunsplit(urlsplit(os.environ["JIEPAI_TEST_SERVER"])._replace(path=f"/{name}"))


def sql(statement: str, *, database: str = "postgres") -> list[tuple[object, ...]]:
    """Run one statement outside any transaction."""
    connection = psycopg2.connect(database_url(database))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def create_database(name: str) -> None:
    """A fresh copy of the template under this name, in place of an older one."""
    _ensure_template()
    sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    sql(f'CREATE DATABASE "{name}" TEMPLATE {TEMPLATE}')


def drop_database(name: str) -> None:
    sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def stop_servers() -> None:
    _servers.close()


def server_version() -> str:
    """The database server's own words for what it is."""
    return str(sql("SHOW server_version")[0][0])


def start_servers() -> None:
    folder = Path(tempfile.mkdtemp(prefix="jiepai-test-"))
    folder.chmod(0o711)
    _servers.callback(shutil.rmtree, folder, ignore_errors=True)
    postgres = _servers.enter_context(EmbeddedPostgres(folder / "pg"))
    valkey = _servers.enter_context(EmbeddedValkey(folder / "vk"))
    os.environ.update(
        JIEPAI_TEST_SERVER=postgres.url("postgres"),
        JIEPAI_TEST_FOLDER=str(folder),
        JIEPAI_TEST_BROKER=valkey.broker_url,
        JIEPAI_TEST_REDIS=valkey.url,
        JIEPAI_SECRET_KEY=secrets.token_urlsafe(48),
        JIEPAI_ENCRYPTION_KEYS=Fernet.generate_key().decode(),
        JIEPAI_LANGUAGE="en",
        JIEPAI_LOG_LEVEL="WARNING",
    )


def _ensure_template() -> None:
    """Migrate the template database, once: the first worker builds, the others wait for its lock."""
    connection = psycopg2.connect(os.environ["JIEPAI_TEST_SERVER"])
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(74210)")
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE])
            if cursor.fetchone():
                return
            cursor.execute("DROP DATABASE IF EXISTS jiepai_build WITH (FORCE)")
            cursor.execute("CREATE DATABASE jiepai_build")
            built = subprocess.run(
                [sys.executable, "-m", "tests.template"],
                cwd=ROOT,
                env={
                    **os.environ,
                    "JIEPAI_DATABASE_URL": database_url("jiepai_build"),
                    "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'platform'}",
                    "DJANGO_SETTINGS_MODULE": "config.settings",
                },
                capture_output=True,
                text=True,
                check=False,
            )
            if built.returncode:
                pytest.exit(f"The template database can't be built:\n{built.stdout}{built.stderr}", 3)
            cursor.execute(f"ALTER DATABASE jiepai_build RENAME TO {TEMPLATE}")
    finally:
        connection.close()
