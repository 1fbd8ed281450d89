"""What a script of an ordinary mind does, and where the sandbox itself can't be whole."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.jobs.runners.sandbox import grants
from tests.jobs.workers import Worker, working

WORKS = {
    "a program": ("import subprocess; print(subprocess.run(['echo', 'hi'], capture_output=True).stdout)", "b'hi\\n'"),
    "this Python again": (
        "import subprocess, sys; print(subprocess.run([sys.executable, '-c', 'print(6*7)'], capture_output=True).stdout)",
        "b'42\\n'",
    ),
    "threads": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(4) as pool: print(sum(pool.map(int, '1234')))",
        "10",
    ),
    "a thread that outlives the last line": (
        "import threading, time\nthreading.Thread(target=lambda: (time.sleep(0.1), print('late'))).start()",
        "late",
    ),
    "asyncio": (
        "import asyncio\n"
        "async def main():\n"
        "    shell = await asyncio.create_subprocess_exec('echo', 'x', stdout=-1)\n"
        "    print(await asyncio.gather(asyncio.sleep(0, 7), shell.stdout.read()))\n"
        "asyncio.run(main())",
        "[7, b'x\\n']",
    ),
    "SQLite": (
        "import sqlite3\n"
        "db = sqlite3.connect('a.db'); db.execute('create table t(x)'); db.execute('insert into t values (3)')\n"
        "db.commit(); print(db.execute('select x from t').fetchall())",
        "[(3,)]",
    ),
    "temporary files": (
        "import os, tempfile\n"
        "with tempfile.NamedTemporaryFile() as file: print(os.path.dirname(file.name) == os.getcwd())",
        "True",
    ),
    "a process and a pipe": (
        "import multiprocessing\n"
        "def work(end): end.send(sum(range(5)))\n"
        "if __name__ == '__main__':\n"
        "    here, there = multiprocessing.Pipe()\n"
        "    child = multiprocessing.Process(target=work, args=[there]); child.start(); print(here.recv()); child.join()",
        "10",
    ),
    "the main guard": ("if __name__ == '__main__': print(__name__, __file__)", "__main__ job.py"),
    "an exit hook": ("import atexit; atexit.register(print, 'bye'); print('hi')", "hi\nbye"),
    "a name from a function": ("x = 1\ndef f(): return x\nclass A: y = f()\nprint([A.y for _ in range(2)])", "[1, 1]"),
    "text of all the world": ("open('f', 'w').write('节拍 é'); print(open('f').read())", "节拍 é"),
    "bytes that are no text": ("import sys; print('a\\udcffb'); sys.stdout.buffer.write(b'c\\n')", "a\\xffb\nc"),
    "a name of this machine": ("import socket; print(len(socket.getaddrinfo('localhost', 80)) > 0)", "True"),
    "a TCP server of its own": (
        "import socket\n"
        "server = socket.create_server(('127.0.0.1', 0)); client = socket.create_connection(server.getsockname())\n"
        "client.send(b'x'); print(server.accept()[0].recv(1))",
        "b'x'",
    ),
    "the time zone of its environment": (
        "import time, zoneinfo; print(time.strftime('%z'), zoneinfo.ZoneInfo('Asia/Shanghai'))",
        "+0800 Asia/Shanghai",
    ),
    "nothing to read": ("print(repr(open(0).read()))", "''"),
    "chance that differs": (
        "import random, os, uuid\n"
        "if os.fork() == 0: print('x'); os._exit(0)\n"
        "os.wait(); print(len({random.random() for _ in range(3)}))",
        "x\n3",
    ),
    "data of its own kind": (
        "import dataclasses, pickle\n"
        "@dataclasses.dataclass\n"
        "class P: x: int\n"
        "print(pickle.loads(pickle.dumps(P(3))))",
        "P(x=3)",
    ),
}  # fmt: skip

ENDS = [
    ("pass", 0, ""),
    ("import sys; sys.exit()", 0, ""),
    ("import sys; sys.exit(3)", 3, ""),
    ("exit(4)", 4, ""),
    ("import sys; sys.exit('no data today')", 1, "no data today\n"),
    ("raise SystemExit(-1)", 255, ""),
    (
        "def f():\n    return 1 / 0\n\nf()",
        1,
        "Traceback (most recent call last):\n"
        '  File "job.py", line 4, in <module>\n    f()\n'
        '  File "job.py", line 2, in f\n    return 1 / 0\n'
        "ZeroDivisionError: division by zero\n",
    ),
    ("x = (1\n", 1, "  File \"job.py\", line 1\n    x = (1\n        ^\nSyntaxError: '(' was never closed\n"),
]


@pytest.fixture(scope="module", params=["own user", "shared user"])
def worker(request) -> Iterator[Worker]:
    with working(as_root=request.param == "own user") as worker:
        yield worker


@pytest.mark.parametrize("what", WORKS)
def test_it_works(worker, what):
    source, printed = WORKS[what]

    end = worker.run(source, env={"TZ": "Asia/Shanghai"})

    assert (end.out, end.err, end.exit_code) == (printed + "\n", "", 0)


@pytest.mark.parametrize(("source", "code", "errors"), ENDS)
def test_an_end_is_told_as_any_python_tells_it(worker, source, code, errors):
    end = worker.run(source)

    assert (end.kind, end.exit_code, without_carets(end.err)) == ("exited", code, without_carets(errors))


def without_carets(text: str) -> str:
    """Python's versions underline different parts."""
    return "\n".join(line for line in text.split("\n") if line.strip(" ^~") or not line)


def test_lines_arrive_while_it_runs(worker):
    end = worker.run("import time\nprint('first')\ntime.sleep(1.5)\nprint('second')")

    assert end.first_output < end.seconds - 1
    assert end.out == "first\nsecond\n"


SHELL = [
    ("echo out; echo err >&2; exit 3", 3, "out\n", "err\n"),
    ("false | true; echo ${PIPESTATUS[0]}", 0, "1\n", ""),
    ("cat <<< $COLOUR; pwd | grep -c work; ls", 0, "green\n1\njob.sh\n", ""),
    ("(sleep 0.1; echo child) & wait; echo $?", 0, "child\n0\n", ""),
    ("trap 'echo bye' EXIT; echo hi", 0, "hi\nbye\n", ""),
    ("set -euo pipefail; ls /does-not-exist 2>/dev/null; echo never", 2, "", ""),
    ("python3 -c 'print(1 + 1)' > answer; cat answer", 0, "2\n", ""),
    ("yes | head -1", 0, "y\n", ""),
    ("mktemp | grep -c \"$TMPDIR\"", 0, "1\n", ""),
]  # fmt: skip


@pytest.mark.parametrize(("source", "code", "out", "err"), SHELL)
def test_a_shell_script_works(worker, source, code, out, err):
    end = worker.run(source, kind="shell", env={"COLOUR": "green"})

    assert (end.exit_code, end.out, end.err) == (code, out, err)


def test_a_missing_interpreter_is_named(worker):
    end = worker.run("print(1)", interpreter="/opt/python9/bin/python9")

    assert (end.kind, end.detail) == ("no_interpreter", "/opt/python9/bin/python9")


@pytest.mark.parametrize("path", ["/etc/passwd", "/usr"])
def test_what_is_no_interpreter_is_named(worker, path):
    end = worker.run("print(1)", interpreter=path)

    assert (end.kind, end.detail, end.exit_code) == ("bad_interpreter", f"{path}: Permission denied", None)


def test_an_environment_too_large_for_a_program_is_told_before_the_script_runs(worker):
    end = worker.run("echo on", kind="shell", env={"BIG": "x" * 200_000})

    assert (end.kind, end.detail) == ("bad_interpreter", "/bin/bash: Argument list too long")
    assert (
        worker.run("import os; print(len(os.environ['BIG']))", env={"BIG": "x" * 200_000}).out == "200000\n"
    )


def test_a_virtual_environment_is_an_interpreter_with_its_packages(worker, tmp_path_factory):
    folder = worker.folder.parent / f"{worker.folder.name}-venv"
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", str(folder)], check=True)
    try:
        site = next(folder.glob("lib/python3*/site-packages"))
        (site / "colours.py").write_text("green = 7\n")
        end = worker.run(
            "import colours, sys; print(colours.green, sys.prefix)", interpreter=str(folder / "bin/python3")
        )
        assert (end.out, end.err) == (f"7 {folder}\n", "")
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("megabytes", [1, 10])
def test_a_long_script_runs(worker, megabytes):
    filler = f"# {'x' * 97}\n" * (megabytes * 10_000)

    assert worker.run(f"{filler}print('end of it')").out == "end of it\n"
    assert worker.run(f"{filler}echo end of it", kind="shell").out == "end of it\n"


# --- where it can't be whole ----------------------------------------------------------------------------


@pytest.mark.parametrize("as_root", [True, False], ids=["own user", "shared user"])
def test_an_old_kernel_gives_level_basic_and_says_what_is_missing(as_root):
    with working(as_root=as_root, lacks_layers=True) as worker:
        report = worker.facts.report
        states = {one["name"]: (one["state"], one["reason"]) for one in report["protections"]}

        assert report["level"] == "basic"
        assert states["unix_sockets"] == ("missing", "a script got through (seccomp: Invalid argument)")
        assert states["files"][0] == "missing"
        assert states["files"][1].startswith(
            "a script got through (landlock: Landlock syscalls not available"
        )
        assert states["environment"] == ("active", "")
        assert states["signals"][0] == ("active" if as_root else "missing")
        assert states["own_user"] == (("active", "") if as_root else ("missing", "the worker is not root"))
        assert worker.run("print('runs')").out == "runs\n"
        refused = worker.run("print('runs')", network=False)
        assert (refused.kind, refused.detail, refused.out) == ("network_open", "Invalid argument", "")


def test_level_strict_does_not_start_without_its_layers():
    with working(level="strict", lacks_layers=True) as worker:
        told = worker.facts.not_confined

        assert told.startswith("files: a script got through (landlock: Landlock syscalls not available")
        assert "unix_sockets: a script got through (seccomp: Invalid argument)" in told
        assert worker.process.wait(timeout=10) == 0


def test_level_strict_starts_where_all_layers_hold(worker):
    assert worker.facts.report["level"] == "strict"


def pythons() -> list[Path]:
    """Those that the platform supports and this machine has, besides the one that runs the tests."""
    homes = sorted(Path("~/.pyenv/versions").expanduser().glob("3.1[1-4].*/bin/python3"))
    found = {path.parts[-3].rsplit(".", 1)[0]: path for path in homes}
    for minor in range(11, 15):
        if path := shutil.which(f"python3.{minor}", path="/usr/bin:/usr/local/bin"):
            found.setdefault(f"3.{minor}", Path(path))
    return list(found.values())


@pytest.mark.parametrize("python", pythons(), ids=str)
def test_other_pythons_run_scripts_as_well(python):
    with working(as_root=os.geteuid() == 0, python=python) as worker:
        assert worker.facts.report["level"] == "strict"
        end = worker.run(
            "import concurrent.futures, multiprocessing, sys, threading, time\n"
            "def work(end): end.send('from a process')\n"
            "here, there = multiprocessing.Pipe()\n"
            "child = multiprocessing.Process(target=work, args=[there]); child.start(); print(here.recv()); child.join()\n"
            "threading.Thread(target=lambda: (time.sleep(0.1), print('from a thread'))).start()\n"
            "import atexit; atexit.register(print, 'bye')\n"
        )
        assert (end.out, end.err) == ("from a process\nfrom a thread\nbye\n", "")
        assert worker.run("exit(3)").exit_code == 3
        failed = worker.run("def f():\n    raise KeyError('x')\nf()")
        assert failed.err.startswith(
            'Traceback (most recent call last):\n  File "job.py", line 3, in <module>\n    f()\n'
        )
        assert failed.err.endswith("KeyError: 'x'\n")
        assert "concurrent" not in failed.err
        assert worker.left().processes == []


# --- rules on folders, as a table -----------------------------------------------------------------------


def test_a_rule_for_a_folder_goes_around_what_is_hidden_in_it(tmp_path):
    for name in ("opt/jiepai/var", "opt/tools/bin", "opt/jiepai/docs"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "opt/current").symlink_to(tmp_path / "opt/jiepai")
    opt = str(tmp_path / "opt")

    assert grants.around(opt, []) == [opt]
    assert grants.around(opt, [f"{opt}/jiepai"]) == [f"{opt}/tools"]
    assert sorted(grants.around(opt, [f"{opt}/jiepai/var"])) == [f"{opt}/jiepai/docs", f"{opt}/tools"]
    assert grants.around(f"{opt}/jiepai/var", [f"{opt}/jiepai"]) == [f"{opt}/jiepai/var"]
    assert grants.around(opt, [opt]) == []


def test_an_interpreter_opens_only_a_python_that_holds_nothing_of_the_platforms(tmp_path):
    for name in ("venv/bin", "home/bin", "home/lib/python3.12", "home/jiepai", "plain/bin"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "venv/pyvenv.cfg").touch()
    (tmp_path / "home/lib/python3.12/os.py").touch()
    hidden = [str(tmp_path / "home/jiepai")]

    assert grants.of_interpreter(f"{tmp_path}/venv/bin/python", hidden) == [
        f"{tmp_path}/venv/bin/python",
        f"{tmp_path}/venv",
    ]
    assert grants.of_interpreter(f"{tmp_path}/home/bin/python", hidden) == [f"{tmp_path}/home/bin/python"]
    assert grants.of_interpreter(f"{tmp_path}/plain/bin/perl", hidden) == [f"{tmp_path}/plain/bin/perl"]
