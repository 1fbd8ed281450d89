"""Database servers that listen on TCP, for what connects to servers of users: started once, on free ports."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import psycopg2
import pymysql
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from apps.datasources.domain.kinds import Kind
from apps.datasources.domain.target import Target
from apps.datasources.services import engines
from embedded import EmbeddedPostgres

PASSWORD = "correct horse % battery's"


class TcpPostgres(EmbeddedPostgres):
    """The embedded server, but on a port of 127.0.0.1 as well."""

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder)
        self.port = port
        self.socket_name = f".s.PGSQL.{port}"  # type: ignore[misc]

    def url(self, database: str) -> str:
        return super().url(database) + f"&port={self.port}"

    def _command(self) -> tuple[list[str], bytes]:
        command, text = super()._command()
        return [*command, "-c", "listen_addresses=127.0.0.1", "-c", f"port={self.port}"], text


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of 127.0.0.1 that refuses connections: taken, so that nobody listens on it meanwhile."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Target]:
    """A database "sales" of a user who owns it and nothing else."""
    folder = Path(tempfile.mkdtemp(prefix="jiepai-pg-"))
    folder.chmod(0o711)
    try:
        with TcpPostgres(folder / "pg", free_port()) as server:
            with closing(psycopg2.connect(server.url("postgres"))) as connection:
                connection.autocommit = True
                with connection.cursor() as cursor:
                    cursor.execute("CREATE ROLE analyst LOGIN PASSWORD %s CONNECTION LIMIT 20", [PASSWORD])
                    cursor.execute("CREATE DATABASE sales OWNER analyst")
                    cursor.execute("CREATE ROLE outsider LOGIN PASSWORD %s", [PASSWORD])
                    access = server.data / "pg_hba.conf"
                    access.write_text("host all outsider 127.0.0.1/32 reject\n" + access.read_text())
                    cursor.execute("SELECT pg_reload_conf()")
            yield Target(
                identity=f"test/postgresql/{server.port}",
                revision="1",
                kind=Kind.POSTGRESQL,
                host="127.0.0.1",
                port=server.port,
                database="sales",
                username="analyst",
                password=PASSWORD,
            )
            engines.dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def mariadb_root() -> Iterator[pymysql.Connection]:
    """The administrator of a MariaDB with the database "sales" of a user who owns it and nothing else."""
    daemon = shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if daemon is None:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail("mariadbd is missing: install the package mariadb-server.")
        pytest.skip("mariadbd is missing: install the package mariadb-server to test MySQL.")
    folder = Path(tempfile.mkdtemp(prefix="jiepai-my-"))
    user = []
    if os.geteuid() == 0:
        shutil.chown(folder, "mysql", "mysql")
        user = ["--user=mysql"]
    public, private = write_certificate(folder)
    if user:
        shutil.chown(private, "mysql")
    port = free_port()
    # Files for temporary tables are named alike in every server, so each needs a folder of its own for them.
    plain = ["--no-defaults", f"--datadir={folder}/data", f"--tmpdir={folder}"]
    made = subprocess.run(
        ["mariadb-install-db", *plain, *user, "--skip-test-db", "--auth-root-authentication-method=normal"],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    if made.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.fail(f"mariadb-install-db failed:\n{made.stdout}{made.stderr}")
    server = subprocess.Popen(
        [
            daemon, *plain, *user, f"--socket={folder}/s", f"--port={port}", "--bind-address=127.0.0.1",
            f"--pid-file={folder}/pid", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M",
            "--performance-schema=0", f"--ssl-cert={public}", f"--ssl-key={private}", "--skip-name-resolve", f"--log-error={folder}/log",
        ],
        stdin=subprocess.DEVNULL,
        cwd=folder,
    )  # fmt: skip
    try:
        with closing(_mariadb_root(server, folder)) as root:
            with root.cursor() as cursor:
                cursor.execute("CREATE DATABASE sales")
                cursor.execute("CREATE USER analyst IDENTIFIED BY %s", [PASSWORD])
                cursor.execute("GRANT ALL ON sales.* TO analyst")
                cursor.execute("CREATE USER careful IDENTIFIED BY %s REQUIRE SSL", [PASSWORD])
                cursor.execute("GRANT ALL ON sales.* TO careful")
            yield root
        engines.dispose()
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def mariadb_server(mariadb_root: pymysql.Connection) -> Target:
    with mariadb_root.cursor() as cursor:
        cursor.execute("SELECT @@port")
        (port,) = cursor.fetchall()[0]
    return Target(
        identity=f"test/mysql/{port}",
        revision="1",
        kind=Kind.MYSQL,
        host="127.0.0.1",
        port=port,
        database="sales",
        username="analyst",
        password=PASSWORD,
    )


@pytest.fixture(scope="session")
def mariadb_authority(mariadb_root: pymysql.Connection) -> str:
    """The certificate of the server above, as PEM; it vouches for itself."""
    with mariadb_root.cursor() as cursor:
        cursor.execute("SELECT @@ssl_cert")
        (path,) = cursor.fetchall()[0]
    return Path(path).read_text()


def _mariadb_root(server: subprocess.Popen[bytes], folder: Path) -> pymysql.Connection:
    deadline = time.monotonic() + 60
    while True:
        try:
            return pymysql.connect(unix_socket=f"{folder}/s", user="root")
        except pymysql.err.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail("MariaDB did not start:\n" + (folder / "log").read_text()[-3000:])
            time.sleep(0.05)


def variant(target: Target, **changes: Any) -> Target:
    """The same server with other settings, in a pool of its own."""
    return replace(target, revision=repr(sorted(changes.items(), key=str)), **changes)


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A self-made certificate for 127.0.0.1 and localhost: its PEM file, and a server's context with it."""
    public, private = write_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """The certificate and its key, as PEM files in the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "cert.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return public, private
