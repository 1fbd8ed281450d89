"""Scripts that take more than they may have, don't want to end, or lose what they run on.

Every bomb here is bounded by itself: should a limit fail, it ends without harm.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.jobs.runners.sandbox import CancelToken, ForkServer, ScriptSpec
from apps.jobs.runners.sandbox.watch import children
from tests.jobs.workers import Worker, shared, working
from tests.processes import until

MB = 2**20
WORKERS: dict[str, dict[str, Any]] = {"own user": {"as_root": True}, "shared user": {}}


@pytest.fixture(scope="module", params=WORKERS)
def worker(request) -> Iterator[Worker]:
    with working(**WORKERS[request.param]) as worker:
        yield worker


@pytest.fixture(autouse=True)
def nothing_is_left(request) -> Iterator[None]:
    """After each test: no process, no file, no descriptor, and a trivial script runs."""
    if "worker" not in request.fixturenames:
        yield
        return
    worker = request.getfixturevalue("worker")
    before = worker.left()
    yield
    after = worker.left()
    assert (after.processes, after.files) == ([], before.files)
    assert after.descriptors == before.descriptors
    assert after.zygote_descriptors == before.zygote_descriptors
    assert worker.run("print('alive')").out == "alive\n"


def status(end: Any) -> tuple[Any, ...]:
    return end.kind, end.exit_code, end.signal and signal.Signals(end.signal).name


# --- processes and memory -----------------------------------------------------------------------------


def test_a_fork_bomb_stops_at_the_limit(worker):
    end = worker.run(
        "import os, time\n"
        "made = 0\n"
        "for _ in range(300):\n"
        "    try: child = os.fork()\n"
        "    except BlockingIOError: break\n"
        "    if child == 0: time.sleep(20); os._exit(0)\n"
        "    made += 1\n"
        "print('made', made, flush=True)\n"
        "time.sleep(1)",
        limits={"processes": 20},
    )

    if end.kind == "exited":  # a user of its own: the kernel counts
        assert int(end.out.split()[1]) < 20
    else:
        assert status(end) == ("out_of_processes", None, "SIGKILL")
        assert end.detail.endswith(" of 20")


def test_an_exponential_fork_bomb_that_leaves_its_session_is_dead_afterwards(worker):
    end = worker.run(
        "import os, time\n"
        "for _ in range(8):\n"
        "    try:\n"
        "        if os.fork() == 0: os.setsid()\n"
        "    except OSError: pass\n"
        "time.sleep(20)",
        limits={"processes": 20},
        timeout_seconds=0.5,
    )

    assert end.kind in ("timeout", "out_of_processes")


def test_a_process_that_wants_more_than_twice_its_memory_is_refused_it(worker):
    end = worker.run("data = bytearray(600 * 2**20)", limits={"memory_bytes": 64 * MB})

    assert status(end) == ("out_of_memory", 1, None)
    assert end.err.endswith("MemoryError\n")
    assert end.detail.endswith(" of 64 MB")


def test_a_process_that_grows_over_its_memory_is_killed(worker):
    end = worker.run(
        "import time\n"
        "held = []\n"
        "for _ in range(60):\n"
        "    held.append(b'x' * 2**21); time.sleep(0.02)\n"
        "time.sleep(5)",
        limits={"memory_bytes": 64 * MB},
    )

    assert status(end) == ("out_of_memory", None, "SIGKILL")


def test_the_memory_of_all_its_processes_counts(worker):
    end = worker.run(
        "import os, time\n"
        "for _ in range(5):\n"
        "    if os.fork() == 0:\n"
        "        held = b'x' * (30 * 2**20); time.sleep(20); os._exit(0)\n"
        "time.sleep(20)",
        limits={"memory_bytes": 100 * MB},
    )

    assert status(end) == ("out_of_memory", None, "SIGKILL")


def test_memory_that_processes_share_counts_once(worker):
    end = worker.run(
        "import os, time\n"
        "held = b'x' * (50 * 2**20)\n"
        "for _ in range(4):\n"
        "    if os.fork() == 0: time.sleep(1); os._exit(0)\n"
        "for _ in range(4): os.wait()",
        limits={"memory_bytes": 128 * MB},
    )

    assert status(end) == ("exited", 0, None)


# --- files and output ---------------------------------------------------------------------------------


def test_one_big_file_stops_at_the_limit(worker):
    end = worker.run(
        "with open('big', 'wb') as file:\n    for _ in range(50): file.write(b'x' * 100_000)",
        limits={"file_bytes": MB},
    )

    assert status(end) == ("exited", 1, None)
    assert "OSError: [Errno 27] File too large" in end.err


@pytest.mark.parametrize(
    "fill",
    [
        "for n in range(40): open(f'{n}', 'wb').write(b'x' * 2**20)",
        "for n in range(1500): open(f'{n}', 'w').close()",
    ],
    ids=["many files", "many empty files"],
)
def test_all_its_files_together_have_a_limit(worker, fill):
    end = worker.run(f"import time\n{fill}\ntime.sleep(5)", limits={"disk_bytes": 4 * MB})

    assert status(end) == ("out_of_disk", None, "SIGKILL")
    assert end.detail.endswith(" of 4 MB")


def test_a_tree_of_folders_deeper_than_any_path_is_removed(worker):
    end = worker.run(
        "import os\nfor _ in range(1100):\n    os.mkdir('deeper'); os.chdir('deeper')\nopen('x', 'w').close()"
    )

    assert status(end) == ("exited", 0, None)


def test_folders_that_lock_everybody_out_are_removed(worker):
    end = worker.run("mkdir -p a/b && echo x > a/b/c && chmod 000 a/b a", kind="shell")

    assert status(end) == ("exited", 0, None)


def test_a_flood_of_descriptors_stops_at_the_limit(worker):
    end = worker.run(
        "held = []\n"
        "try:\n"
        "    for _ in range(1000): held.append(open('/dev/null'))\n"
        "except OSError as error: print(error.strerror, len(held) < 64)",
        limits={"open_files": 64},
    )

    assert end.out == "Too many open files True\n"


@pytest.mark.parametrize("line", ["b'x' * 99 + b'\\n'", "b'x' * 100"], ids=["lines", "one endless line"])
def test_endless_output_is_cut_off_and_the_script_killed(worker, line):
    end = worker.run(
        f"import os\nfor _ in range(10_000):\n    os.write(1, ({line}) * 1000)",
        limits={"output_bytes": 4 * MB},
    )

    assert status(end) == ("too_much_output", None, "SIGKILL")
    assert (end.detail, len(end.out)) == ("4 MB", 4 * MB)


def test_all_output_arrives_up_to_the_limit(worker):
    end = worker.run("import os\nfor _ in range(50): os.write(2, b'x' * 100_000)")

    assert (status(end), len(end.err)) == (("exited", 0, None), 5_000_000)


# --- time ----------------------------------------------------------------------------------------------


def test_processor_time_has_a_limit(worker):
    end = worker.run("while True: pass", limits={"cpu_seconds": 1})

    assert status(end) == ("out_of_time", None, "SIGXCPU")
    assert end.detail == "1 s"


def test_processor_time_has_a_limit_for_who_ignores_its_signal(worker):
    end = worker.run(
        "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
        limits={"cpu_seconds": 1},
    )

    assert status(end) == ("out_of_time", None, "SIGKILL")


def test_endless_recursion_ends(worker):
    end = worker.run("import sys; sys.setrecursionlimit(10**9)\ndef deeper(): deeper()\ndeeper()")

    assert end.kind in ("signalled", "out_of_memory", "out_of_time")


STUBBORN = {
    "sleeps": "import time; print('on', flush=True); time.sleep(30)",
    "ignores SIGTERM": (
        "import signal, time\nfor s in (1, 2, 15): signal.signal(s, signal.SIG_IGN)\n"
        "print('on', flush=True); time.sleep(30)"
    ),
    "has a daemon that holds its output": (
        "import os, signal, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        for s in (1, 2, 15): signal.signal(s, signal.SIG_IGN)\n"
        "        time.sleep(30)\n"
        "    os._exit(0)\n"
        "print('on', flush=True); time.sleep(30)"
    ),
    "has stopped itself": "import os; print('on', flush=True); os.kill(os.getpid(), 19)",
    "floods": "import os, time\nwhile True: os.write(1, b'on\\n' * 10000); time.sleep(0.002)",
    "has many children": (
        "import subprocess\n"
        "held = [subprocess.Popen(['sleep', '30'], start_new_session=True) for _ in range(10)]\n"
        "print('on', flush=True); held[0].wait()"
    ),
    "forks from threads": (
        "import os, threading, time\n"
        "def go():\n"
        "    if os.fork() == 0: time.sleep(30)\n"
        "    time.sleep(30)\n"
        "for _ in range(4): threading.Thread(target=go).start()\n"
        "print('on', flush=True)"
    ),
}


@pytest.mark.parametrize("state", STUBBORN)
@pytest.mark.parametrize("by", ["timeout", "cancelled"])
def test_whatever_it_is_doing_it_can_be_stopped(worker, state, by):
    when = {"timeout_seconds": 0.8} if by == "timeout" else {"cancel_after": 0.8}
    end = worker.run(STUBBORN[state], grace_seconds=0.2, **when)

    assert end.kind == by, end
    assert end.seconds < 8
    assert end.out.startswith("on")


def test_a_script_that_ends_well_after_it_was_asked_to_stop_was_stopped(worker):
    end = worker.run(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
        "print('on', flush=True); time.sleep(30)",
        cancel_after=0.5,
        grace_seconds=5,
    )

    assert status(end) == ("cancelled", 0, None)
    assert end.seconds < 4


def test_what_is_cancelled_before_its_first_line_does_not_wait_for_its_grace(worker):
    for after in (0.0, 0.001, 0.003, 0.006):
        end = worker.run("import time; time.sleep(30)", cancel_after=after, grace_seconds=10)
        assert end.kind == "cancelled"
        assert end.seconds < 5


@pytest.mark.parametrize("ending", ["", "import os; os._exit(9)", "import os; os.kill(os.getpid(), 9)"])
def test_a_daemon_does_not_outlive_its_script_nor_delay_its_end(worker, ending):
    end = worker.run(
        "import os, signal, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "        time.sleep(30)\n"
        "    os._exit(0)\n"
        "time.sleep(0.1)\n"
        f"{ending}"
    )

    assert status(end) in [("exited", 0, None), ("exited", 9, None), ("signalled", None, "SIGKILL")]
    assert end.seconds < 5


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import os; os.close(1); os.close(2); os._exit(9)", ("exited", 9, None)),
        ("import os; os.kill(os.getpid(), 11)", ("signalled", None, "SIGSEGV")),
        ("import os; os.kill(os.getpid(), 9)", ("signalled", None, "SIGKILL")),
        ("import os; os.abort()", ("signalled", None, "SIGABRT")),
        ("import os; os.write(1, b'half \\xff'); os._exit(5)", ("exited", 5, None)),
    ],
)
def test_an_abrupt_end_is_told_as_it_was(worker, source, expected):
    assert status(worker.run(source)) == expected


# --- loss ----------------------------------------------------------------------------------------------

WITH_GRANDCHILDREN = (
    "import subprocess, time\n"
    "subprocess.Popen(['setsid', 'sh', '-c', 'trap \"\" TERM; sleep 30'])\n"
    "print('on', flush=True); time.sleep(30)"
)


def test_when_the_fork_server_dies_its_scripts_are_lost_and_dead_and_another_starts():
    for kind in WORKERS.values():
        with working(**kind) as worker:
            end = worker.run(WITH_GRANDCHILDREN, kill_zygote_after=0.6)

            assert status(end) == ("lost", None, None)
            assert end.detail == "the fork server ended with exit code -9"
            assert worker.run("print('alive')").out == "alive\n"
            left = worker.left()
            assert (left.processes, left.files) == ([], ["1-1"])
            assert left.zygote != worker.facts.zygote


def test_when_the_worker_dies_nothing_of_its_scripts_lives_on():
    for kind in WORKERS.values():
        with working(**kind) as worker:
            assert worker.process.stdin is not None
            worker.process.stdin.write(
                '{"op": "run", "kind": "python", "timeout_seconds": 20, "source": '
                "\"import subprocess, time; subprocess.Popen(['setsid', 'sleep', '30.4242']); time.sleep(30)\"}\n"
            )
            worker.process.stdin.flush()
            until(lambda: _running("30.4242"), seconds=10)
            worker.process.kill()
            worker.process.wait()
            until(lambda: not _running("30.4242"), seconds=10)


def test_a_script_that_kills_its_keeper_dies_with_all_that_it_has_started():
    with working(level="basic") as worker:
        end = worker.run(
            "import os, subprocess, time\n"
            "subprocess.Popen(['setsid', 'sleep', '30'])\n"
            "os.kill(os.getppid(), 9); time.sleep(30)"
        )

        assert status(end) == ("signalled", None, "SIGKILL")
        assert worker.left().processes == []


def _running(argument: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if argument in path.read_text().split("\0"):
                found.append(path.parent.name)
        except OSError:
            continue
    return found


# --- numbers -------------------------------------------------------------------------------------------


def test_a_hundred_scripts_start_at_once(worker):
    ends = worker.ask("many", count=100, kind="python", source="print('one of many')", timeout_seconds=60)

    assert {(end["kind"], end["out"]) for end in ends} == {("exited", "one of many\n")}


def test_hundreds_of_runs_leave_neither_descriptors_nor_zombies_nor_memory(worker):
    script = {"kind": "python", "source": "import os; os.fork()"}
    worker.ask("repeat", count=20, **script)
    before = worker.left()

    kinds = worker.ask("repeat", count=280 if worker.is_root else 80, **script)

    assert set(kinds) == {"exited"}
    after = worker.left()
    assert after.zygote_bytes - before.zygote_bytes < 2 * MB
    assert after.threads == before.threads


def test_output_that_nobody_takes_ends_the_run_with_its_script_dead():
    """The taker raises, as a log does whose database is away."""

    def refuse(_stream: str, _data: bytes) -> None:
        raise ConnectionError("the database is away")

    folder = shared() / f"work-{os.getpid()}"
    forks = ForkServer(workdirs=folder)
    forks.start()
    try:
        with pytest.raises(ConnectionError):
            forks.run(
                ScriptSpec(kind="python", source=WITH_GRANDCHILDREN, timeout_seconds=20),
                on_output=refuse,
                cancel=CancelToken(),
            )
        until(lambda: not children(forks.pid), seconds=5)
        assert list(folder.iterdir()) == []
    finally:
        forks.stop()
