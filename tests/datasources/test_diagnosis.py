"""Every way that a connection fails, against real servers: the code is stable, the sentence exact, no secret in it."""

from __future__ import annotations

import os
import socket
import sqlite3
import threading
import time
from contextlib import closing, suppress
from dataclasses import replace
from typing import Any

import pytest

from apps.datasources.domain.kinds import Kind
from apps.datasources.domain.target import Target
from apps.datasources.services import connections, engines
from apps.datasources.services.diagnosis import examine
from kernel.network import Guard, Stopped
from tests.servers import PASSWORD, write_certificate
from tests.stops import stop_after


@pytest.fixture(params=["postgres_server", "mariadb_server"])
def server(request):
    return request.getfixturevalue(request.param)


def cause(target: Target) -> tuple[str, str]:
    found = examine(target)
    assert found.error is not None, found
    assert PASSWORD not in repr(found) + found.error.message
    return found.error.code, found.error.message


def test_success_tells_server_time_and_whether_it_may_write(server):
    found = examine(server)

    assert found.error is None
    assert found.server.startswith({"postgresql": "PostgreSQL 18", "mysql": "MariaDB 1"}[server.kind])
    assert 0 < (found.connect_ms or 0) < 5000
    assert 0 < (found.latency_ms or 0) < 1000
    assert (found.is_writable, found.is_encrypted) == (True, server.kind is Kind.MYSQL)
    assert examine(replace(server, is_read_only=True)).is_writable is False


def test_an_unknown_host(server):
    assert cause(replace(server, host="no-such-host.invalid")) == (
        "network.unknown_host",
        'The host "no-such-host.invalid" is not known: its name can\'t be resolved.',
    )


def test_a_refused_port(server, closed_port):
    assert cause(replace(server, port=closed_port)) == (
        "network.refused",
        f"Nothing listens on port {closed_port} of 127.0.0.1: the connection was refused.",
    )


def test_a_server_that_never_takes_the_call(server):
    # Given a listener whose queue is full, so that further connections get no answer at all
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        begun = time.monotonic()

        found = cause(replace(server, port=port, options={"connect_timeout_seconds": 1}))

        for one in waiting:
            one.close()
    assert found == ("network.timeout", f"127.0.0.1 did not answer on port {port} within 1 s.")
    assert time.monotonic() - begun < 2


def test_waiting_for_an_answer_can_be_stopped(server):
    with socket.socket() as listener, stop_after(0.2) as stop:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        begun = time.monotonic()
        with pytest.raises(Stopped):
            connections.connect(replace(server, port=listener.getsockname()[1]), stop=stop)
        for one in waiting:
            one.close()
    assert time.monotonic() - begun < 1


def test_a_closed_address(server):
    assert cause(replace(server, host="169.254.169.254")) == (
        "network.address_refused",
        'The address 169.254.169.254 of the host "169.254.169.254" is closed to jobs.',
    )
    assert cause(replace(server, host="localhost", guard=Guard.of(["127.0.0.0/8", "::1/128"])))[0] == (
        "network.address_refused"
    )


def test_a_wrong_password(server):
    assert cause(replace(server, password="wr0ng")) == (
        "datasource.wrong_password",
        'The server 127.0.0.1 refuses the user "analyst" with this password.',
    )
    assert cause(replace(server, password=""))[0] == "datasource.wrong_password"
    assert cause(replace(server, username="nobody"))[0] == "datasource.wrong_password"


def test_an_unknown_database(server):
    assert cause(replace(server, database="nope")) == (
        "datasource.unknown_database",
        'The server 127.0.0.1 has no database "nope", or not for the user "analyst".',
    )


def test_encryption_that_the_server_does_not_offer(postgres_server):
    assert cause(replace(postgres_server, options={"ssl_mode": "require"})) == (
        "datasource.ssl_unavailable",
        'The server 127.0.0.1 offers no encryption, and the option "ssl_mode" is "require".',
    )


def test_a_user_who_must_encrypt(mariadb_server):
    careful = replace(mariadb_server, username="careful")

    assert cause(replace(careful, options={"ssl_mode": "disable"})) == (
        "datasource.wrong_password",
        'The server 127.0.0.1 refuses the user "careful" with this password, '
        "or takes it over an encrypted connection only.",
    )
    assert examine(replace(careful, options={"ssl_mode": "require"})).is_encrypted


def test_a_user_who_is_not_let_in(postgres_server):
    outsider = replace(postgres_server, username="outsider")

    assert cause(outsider) == (
        "datasource.not_permitted",
        'The server 127.0.0.1 does not let the user "outsider" in from this address.',
    )
    assert cause(replace(outsider, options={"ssl_mode": "disable"})) == (
        "datasource.ssl_required",
        'The server 127.0.0.1 lets the user "outsider" in over an encrypted connection only, '
        'or not at all: set the option "ssl_mode" to "require".',
    )


def test_a_certificate_is_checked_against_the_authority_that_is_given(
    mariadb_server, mariadb_authority, tmp_path
):
    def with_authority(mode: str, authority: str) -> Any:
        return replace(mariadb_server, options={"ssl_mode": mode, "ssl_ca": authority})

    assert examine(with_authority("verify-full", mariadb_authority)).is_encrypted
    other = write_certificate(tmp_path)[0].read_text()
    assert cause(with_authority("verify-ca", other)) == (
        "datasource.ssl_untrusted",
        "The certificate of the server 127.0.0.1 is not trusted: self-signed certificate",
    )


def test_no_free_connection(postgres_server):
    engines.dispose()  # what earlier tests left idle counts, too
    held = [connections.connect(postgres_server) for _ in range(20)]
    try:
        assert cause(postgres_server) == (
            "datasource.too_many_connections",
            'The server 127.0.0.1 has no free connection for the user "analyst".',
        )
    finally:
        for connection in held:
            connection.close()


@pytest.mark.parametrize(("kind", "name"), [(Kind.POSTGRESQL, "PostgreSQL"), (Kind.MYSQL, "MySQL")])
def test_something_else_that_answers(kind, name):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def greet() -> None:
            with suppress(OSError):  # the listener is closed
                while True:
                    peer, _ = listener.accept()
                    with peer:
                        peer.sendall(b"220 mail.example.com ESMTP\r\n" * 20)
                        time.sleep(0.05)

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        target = Target(
            identity="x", revision="1", kind=kind, host="127.0.0.1", port=port, username="u", database="d"
        )
        assert cause(target) == (
            "datasource.not_this_server",
            f"What answers at 127.0.0.1:{port} is not a {name} server.",
        )


def test_nothing_of_the_platforms_environment_reaches_libpq(postgres_server, monkeypatch, tmp_path):
    secrets = tmp_path / "pgpass"
    secrets.write_text(f"*:*:*:*:{PASSWORD}\n")
    secrets.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(secrets))

    assert cause(replace(postgres_server, password=""))[0] == "datasource.wrong_password"


# --- SQLite --------------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "acme" / "files"
    folder.mkdir(parents=True)
    (tmp_path / "globex").mkdir()
    for path in (folder / "own.db", tmp_path / "globex" / "theirs.db"):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE t (a)")
    return Target(identity="acme/1", revision="1", kind=Kind.SQLITE, folder=folder, path="own.db")


def test_a_file_of_the_folder_opens(files):
    assert examine(files).server == f"SQLite {sqlite3.sqlite_version}"


def test_a_missing_file_is_not_made(files):
    assert cause(replace(files, path="sub/new.db")) == (
        "datasource.file_missing",
        'There is no file "sub/new.db" in the tenant\'s folder.',
    )
    assert not (files.folder / "sub").exists()


@pytest.mark.parametrize("path", ["../../globex/theirs.db", "/etc/passwd", "..", "", "a/../../x", "x\0.db"])
def test_a_path_that_leads_out(files, path):
    assert cause(replace(files, path=path)) == (
        "datasource.outside_folder",
        f'"{path}" leads out of the tenant\'s folder.',
    )


def test_links_lead_nowhere(files, tmp_path):
    (files.folder / "link.db").symlink_to(tmp_path / "globex" / "theirs.db")
    (files.folder / "dir").symlink_to(tmp_path / "globex")
    os.link(tmp_path / "globex" / "theirs.db", files.folder / "hard.db")

    for path in ("link.db", "dir/theirs.db", "hard.db"):
        assert cause(replace(files, path=path))[0] == "datasource.outside_folder"


def test_a_file_that_is_swapped_while_it_is_opened_is_let_go(files, tmp_path, monkeypatch):
    # Given a rival who puts a link in the file's place just before SQLite opens it
    real = sqlite3.connect

    def swapped(*args, **kwargs):
        (files.folder / "own.db").unlink()
        (files.folder / "own.db").symlink_to(tmp_path / "globex" / "theirs.db")
        return real(*args, **kwargs)

    monkeypatch.setattr(sqlite3, "connect", swapped)

    assert cause(files)[0] == "datasource.outside_folder"


def test_a_file_that_is_no_database(files):
    (files.folder / "notes.db").write_text("remember the milk\n" * 100)
    (files.folder / "folder.db").mkdir()
    os.mkfifo(files.folder / "pipe.db")

    for path in ("notes.db", "folder.db", "pipe.db"):
        assert cause(replace(files, path=path)) == (
            "datasource.not_a_database",
            f'The file "{path}" is not a SQLite database.',
        )
