"""`make run` with real servers and a real process manager around a stand-in for the platform."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg2
import pytest

from embedded.account import unprivileged
from launcher.place import ROOT
from tests.launcher.conftest import Clone

pytestmark = pytest.mark.processes

PREPARED = ["migrate_schemas", "setup_platform", "seed_demo", "collectstatic"]


def test_the_first_start_prepares_and_the_second_only_starts(clone: Clone) -> None:
    # Given a fresh clone, when it is started
    clone.run()
    first = clone.interrupt()

    # Then it has prepared everything, and shown where to go and how to sign in
    assert clone.events()[:4] == PREPARED
    assert f"http://localhost:{clone.port}/admin/" in first
    assert f"http://demo.localhost:{clone.port}/api/v1/docs/" in first
    assert "password: generated-once" in first

    # When it is started again, then nothing is prepared, and the password is not shown
    begun = time.monotonic()
    clone.run()
    assert time.monotonic() - begun < 10
    second = clone.interrupt()
    assert clone.events().count("migrate_schemas") == 1
    assert "generated-once" not in second
    assert "sign-in.json" in second


def test_a_sign_in_that_nobody_saw_is_shown_at_the_next_start(clone: Clone) -> None:
    # Given a first start that made the administrator and broke off before it could say so
    clone.variables["STANDIN_BROKEN"] = "seed_demo"
    assert clone.refused().startswith("Filling the demo tenant failed (manage.py seed_demo): ")
    clone.variables.clear()
    clone.run()
    assert "password: generated-once" in clone.interrupt()


def test_changed_code_is_prepared_again(clone: Clone) -> None:
    clone.run()
    clone.interrupt()
    (clone.folder / "apps").mkdir()
    (clone.folder / "apps" / "models.py").write_text("# new\n")
    clone.run()
    clone.interrupt()
    assert clone.events().count("migrate_schemas") == 2


def test_ctrl_c_stops_beat_first_then_the_worker_and_the_database_last(clone: Clone) -> None:
    # Given a worker whose runs take a while to end
    clone.variables["STANDIN_WORKER_SECONDS"] = "1.5"
    clone.run()

    # When the platform is stopped, then the worker had its time, and the database still answered it
    said = clone.interrupt()
    assert clone.events()[-2:] == ["beat ended", "worker ended"]
    assert said.rstrip().endswith("Stopped.")
    assert clone.processes() == []


def test_a_second_ctrl_c_does_not_wait_for_the_worker(clone: Clone) -> None:
    clone.variables["STANDIN_WORKER_SECONDS"] = "30"
    process = clone.run()
    process.send_signal(signal.SIGINT)
    clone.wait_for("Ctrl-C again")
    time.sleep(0.3)
    begun = time.monotonic()
    said = clone.interrupt()
    assert time.monotonic() - begun < 15
    assert "Stopping at once." in said
    assert "worker ended" not in clone.events()
    assert clone.processes() == []


def test_sigterm_stops_as_ctrl_c_does(clone: Clone) -> None:
    process = clone.run()
    process.terminate()
    assert clone.started[-1].wait(60) == 0
    assert clone.events()[-2:] == ["beat ended", "worker ended"]


def test_it_starts_after_everything_was_killed(clone: Clone) -> None:
    # Given a running platform with something in its database
    process = clone.run()
    with psycopg2.connect(_kept(clone)["JIEPAI_DATABASE_URL"]) as connection:
        connection.cursor().execute("CREATE TABLE kept AS SELECT 42 AS answer")
    connection.close()

    # When all of it is killed at once
    for each in [process, *process.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            each.kill()

    # Then it starts, with what was in the database
    clone.run()
    with psycopg2.connect(_kept(clone)["JIEPAI_DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT answer FROM kept")
        assert cursor.fetchone() == (42,)
    connection.close()


def test_it_starts_after_the_launcher_alone_was_killed(clone: Clone) -> None:
    process = clone.run()
    children = process.children(recursive=True)
    process.kill()
    clone.run()
    assert [child for child in children if child.is_running()] == []


def test_a_dead_worker_is_started_again(clone: Clone) -> None:
    clone.run()
    dead = clone.pid_of("worker")
    os.kill(dead, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while clone.pid_of("worker") == dead:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_dead_broker_is_started_again_under_the_same_address(clone: Clone) -> None:
    process = clone.run()
    (valkey,) = [child for child in process.children() if "valkey" in child.name()]
    valkey.kill()
    clone.wait_for("Valkey had ended and was started again.")
    (again,) = [child for child in process.children() if "valkey" in child.name()]
    assert again.pid != valkey.pid


def test_a_process_that_never_starts_ends_the_platform(clone: Clone) -> None:
    clone.variables["STANDIN_BROKEN"] = "worker"
    assert clone.refused() == "The worker process does not start: what it says is above."
    assert "worker | worker: something is wrong" in clone.output()
    assert clone.processes() == []


def test_what_is_kept_is_closed_to_others(clone: Clone) -> None:
    clone.run()
    for name in ("secrets.json", "env", "supervisord.conf"):
        assert (clone.data / name).stat().st_mode & 0o777 == 0o600
    secret = _kept(clone)["JIEPAI_SECRET_KEY"]
    clone.interrupt()
    clone.run()
    assert _kept(clone)["JIEPAI_SECRET_KEY"] == secret
    told = "".join(" ".join(process.cmdline()) for process in clone.processes())
    assert secret not in told


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's scripts run as that user")
def test_a_clone_below_a_closed_folder_works_for_root(private_dir: Path) -> None:
    # Given a clone below a folder like /root; the fixture asserts that nobody opens it
    private_dir.mkdir()
    clone = Clone(private_dir / "clone")
    try:
        clone.run()

        # Then whoever scripts run as gets into their folder, and the database is elsewhere as well
        scripts = Path(_kept(clone)["JIEPAI_SCRIPT_DIR"])
        assert not scripts.is_relative_to(private_dir)
        assert unprivileged(40000).reaches(scripts)
        database = Path((clone.data / "postgres" / "home").read_text().strip())
        assert (database / "data").is_dir()

        # And a reset removes all of it
        clone.interrupt()
        assert clone.launch("launcher.reset", "--yes").wait(30) == 0
        assert not scripts.exists()
        assert not database.exists()
        assert not clone.data.exists()
    finally:
        clone.clean_up()


def test_scripts_have_their_folder_below_the_data_where_that_works(clone: Clone) -> None:
    clone.run()
    scripts = Path(_kept(clone)["JIEPAI_SCRIPT_DIR"])
    assert scripts == clone.data / "scripts"
    assert unprivileged(40000).reaches(scripts)


def test_a_database_of_ones_own_is_used_and_always_prepared(clone: Clone) -> None:
    clone.variables["JIEPAI_DATABASE_URL"] = os.environ["JIEPAI_TEST_SERVER"]
    for _ in range(2):
        clone.run()
        clone.interrupt()
    assert clone.events().count("migrate_schemas") == 2
    assert not (clone.data / "postgres").exists()


def test_a_taken_port(clone: Clone) -> None:
    with socket.create_server(("127.0.0.1", clone.port)):
        assert clone.refused() == (
            f"Port {clone.port} cannot be used (Address already in use): "
            f"stop what uses it, or choose another with JIEPAI_PORT={clone.port + 1}."
        )


def test_running_twice(clone: Clone) -> None:
    process = clone.run()
    assert (
        clone.refused()
        == f"Jiepai already runs on {clone.data} (process {process.pid}): stop that one first."
    )


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none(clone: Clone, port: str) -> None:
    clone.variables["JIEPAI_PORT"] = port
    assert clone.refused() == f"JIEPAI_PORT must be a number from 1 to 65535, not {port!r}."


def test_a_full_disk_before_anything_is_written(clone: Clone, small_disk) -> None:
    disk: Path = small_disk(16)
    clone.variables["JIEPAI_DATA_DIR"] = str(disk / "var")
    assert (
        clone.refused() == f"The disk that holds {disk / 'var'} is full: 16 MB are left, 256 MB are needed."
    )


def test_a_disk_that_fills_up_meanwhile(clone: Clone, small_disk) -> None:
    disk: Path = small_disk(400)
    clone.variables["JIEPAI_DATA_DIR"] = str(disk / "var")
    clone.run()
    with (disk / "fill").open("wb") as fill:
        os.posix_fallocate(fill.fileno(), 0, shutil.disk_usage(disk).free - 32 * 2**20)
    clone.wait_for(f"The disk that holds {disk / 'var'} is nearly full: ")
    clone.interrupt()


def test_a_data_folder_that_is_a_file(clone: Clone) -> None:
    clone.data.write_text("in the way")
    assert clone.refused() == f"The folder {clone.data} cannot be used: File exists."


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_data_folder_of_somebody_else(short_dir: Path) -> None:
    # Given a folder that root's platform has used, when an ordinary user starts it there
    data = short_dir / "var"
    data.mkdir(mode=0o711)
    program = (
        "import os\nfrom launcher import place, run\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\nplace.exit_with_one_sentence(run.main)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT / "platform"),
            "JIEPAI_DATA_DIR": str(data),
            "JIEPAI_DATABASE_URL": "",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr == (
        f"jiepai: The folder {data} belongs to user id 0: start as that user, "
        "or name another folder with JIEPAI_DATA_DIR.\n"
    )


def test_damaged_secrets_are_not_replaced(clone: Clone) -> None:
    clone.data.mkdir(mode=0o711)
    (clone.data / "secrets.json").write_text("{half")
    assert "secrets.json is damaged" in clone.refused()
    assert (clone.data / "secrets.json").read_text() == "{half"


def test_reset_while_running(clone: Clone) -> None:
    clone.run()
    assert clone.refused("launcher.reset", "--yes") == f"Jiepai is running on {clone.data}: stop it first."


def _kept(clone: Clone) -> dict[str, str]:
    lines = (clone.data / "env").read_text().splitlines()
    return {name: value.strip("'") for name, value in (line.split("=", 1) for line in lines)}
