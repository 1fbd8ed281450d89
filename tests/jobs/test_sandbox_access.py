"""Scripts that try to reach what is the platform's, another tenant's or another run's."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent, indent
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.jobs.workers import Worker, working

#: Some attacks leave a file at a place that all processes share: two that attack at once would hold each other off.
pytestmark = pytest.mark.xdist_group("attacks")

STRICT: dict[str, dict[str, Any]] = {
    "own user": {"as_root": True},
    "shared user": {},
}
#: What holds without Landlock and seccomp as well.
BASIC: dict[str, dict[str, Any]] = {
    "own user": {"as_root": True, "level": "basic"},
    "shared user": {"level": "basic"},
}

PRELUDE = """
import ctypes, errno, json, os, resource, signal, socket, struct, sys
T = json.loads(os.environ["TARGET"])
libc = ctypes.CDLL(None, use_errno=True)
folder, worker, zygote, canary = T["folder"], T["worker"], T["zygote"], T["canary"]
def call(name, *arguments):
    found = getattr(libc, name)(*arguments)
    if found == -1:
        raise OSError(ctypes.get_errno(), name)
    return True
def syscall(number, *arguments):
    return call("syscall", number, *arguments)
def read(path):
    with open(path, "rb") as file:
        return file.read(1 << 20) or True
def connect(address):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        client.connect(address)
    return True
def write(path):
    with open(path, "w"):
        return True
def outcome(attack):
    try:
        return "through" if attack() else "held: nothing there"
    except OSError as error:
        return f"held: {errno.errorcode.get(error.errno, error)}"
    except BaseException as error:
        return repr(error)
attacks = {}
{attacks}
print(json.dumps({name: outcome(attack) for name, attack in attacks.items()}))
"""

#: Each returns something true when it works. Linux on x86-64: the numbers are those of its system calls.
ATTACKS = {
    "descriptors that were left open": """
    found = []
    for number in range(3, 1024):
        try:
            os.fstat(number)
            found.append(number)
        except OSError:
            pass
    return found""",
    "the worker's environment": "return read(f'/proc/{worker}/environ')",
    "the fork server's environment": "return read(f'/proc/{zygote}/environ')",
    "the first process's environment": "return read('/proc/1/environ')",
    "the parent's environment": "return read(f'/proc/{os.getppid()}/environ')",
    "the worker's memory": "return open(f'/proc/{worker}/mem', 'rb')",
    "the worker's map of its memory": "return read(f'/proc/{worker}/maps')",
    "the fork server's memory": "return open(f'/proc/{zygote}/mem', 'rb')",
    "the worker's descriptors": "return os.listdir(f'/proc/{worker}/fd')",
    "a file by the worker's own root": "return os.listdir(f'/proc/{worker}/root/etc')",
    "the worker's folder": "return os.readlink(f'/proc/{worker}/cwd')",
    "tracing the worker": "return call('ptrace', 16, worker, 0, 0)",
    "tracing the parent": "return call('ptrace', 16, os.getppid(), 0, 0)",
    "reading memory by system call": """
    local = ctypes.create_string_buffer(8)
    one = (ctypes.c_ulong * 2)(ctypes.addressof(local), 8)
    other = (ctypes.c_ulong * 2)(0x400000, 8)
    return call('process_vm_readv', worker, one, 1, other, 1, 0)""",
    "a signal to the worker": "os.kill(worker, 0); return True",
    "a signal to the fork server": "os.kill(zygote, 0); return True",
    "a signal to the parent": "os.kill(os.getppid(), 0); return True",
    "a signal by descriptor": "signal.pidfd_send_signal(os.pidfd_open(worker), signal.SIGURG); return True",
    "the worker's limits": "return resource.prlimit(worker, resource.RLIMIT_NOFILE, (64, 64))",
    "the worker's priority": "os.setpriority(os.PRIO_PROCESS, worker, 19); return True",
    "the worker's processors": "os.sched_setaffinity(worker, {0}); return True",
    "the worker's input and output priority": "return syscall(251, 1, worker, 3 << 13)",
    "the platform's secrets": "return read(f'{folder}/secrets.json')",
    "the generated sign-in": "return read(f'{folder}/sign-in.json')",
    "settings that anybody may read": "return read(f'{folder}/settings.py')",
    "the list of tenants": "return os.listdir(f'{folder}/tenants')",
    "another tenant's file": "return read(f'{folder}/tenants/t_globex/files/orders.csv')",
    "a new file of another tenant": "return write(f'{folder}/tenants/t_globex/files/new.csv')",
    "the list of other runs": "return os.listdir(f'{folder}/work')",
    "another run's script": "return read(f'{folder}/work/1-1/job.sh')",
    "a new file in another run's folder": "return write(f'{folder}/work/1-1/new')",
    "becoming root": "os.setuid(0); return True",
    "joining a group": "os.setgroups([0]); return True",
    "more rights by a program": """
    status = open('/proc/self/status').read()
    return 'NoNewPrivs:\\t1' not in status or 'CapEff:\\t0000000000000000' not in status""",
    "the passwords of the machine": "return read('/etc/shadow')",
    "a UNIX socket for everybody": "return connect(f'{folder}/open.sock')",
    "an abstract UNIX socket": "return connect('\\0' + T['abstract'])",
    "the platform's PostgreSQL": "return connect(T['postgres'])",
    "the platform's Valkey": "return connect(T['valkey'])",
    "TCP in disguise (MPTCP)": "return socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)",
    "TCP without a connection (fast open)": """
    client = socket.socket()
    server = socket.socket()
    server.bind(('127.0.0.1', 0))
    server.listen()
    return client.sendto(b'x', 0x20000000, server.getsockname())""",
    "netlink": "return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "raw packets": "return socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "sockets to the host of a virtual machine": "return socket.socket(40, socket.SOCK_STREAM)",
    "io_uring": "return syscall(425, 4, ctypes.create_string_buffer(120))",
    "BPF": "return syscall(321, 0, ctypes.create_string_buffer(120), 120)",
    "the kernel's keys": "return syscall(250, 0, -3, 1)",
    "page faults as events": "return syscall(323, 1)",
    "System V shared memory": "return syscall(29, 4711, 4096, 0o1600)",
    "a new user namespace": "return call('unshare', 0x10000000)",
    "mounting": "return call('mount', b'none', b'/mnt', b'tmpfs', 0, 0)",
    "a file in /tmp": "return write('/tmp/jiepai-was-here')",
    "a file in /var/tmp": "return write('/var/tmp/jiepai-was-here')",
    "a file in shared memory": "return write('/dev/shm/jiepai-was-here')",
    "the standard library": "return open(os.__file__, 'r+')",
    "a way around by the own folder": """
    os.symlink(f'{folder}/secrets.json', 'link')
    return read('link')""",
    "a second name for a secret": "os.link(f'{folder}/secrets.json', 'name'); return read('name')",
}  # fmt: skip
#: Held by its user alone: a worker that is root, on a machine without Landlock and seccomp.
HELD_BY_ITS_USER = [
    name for name in ATTACKS
    if not name.startswith(("settings that", "a UNIX socket", "an abstract", "TCP ", "netlink", "io_uring", "BPF",
                            "the kernel's", "System V", "a new user", "a file in /", "a file in shared",
                            "page faults", "sockets to"))
]  # fmt: skip
#: Held although it shares the worker's user: the worker and the fork server have closed themselves.
HELD_BY_THE_WORKER = [
    name for name in ATTACKS
    if name.startswith(("the worker's environment", "the fork server's", "the first process's", "the parent's",
                        "the worker's memory", "the worker's map", "the worker's desc", "a file by the worker's",
                        "the worker's folder", "tracing", "reading memory", "becoming root", "more rights",
                        "the passwords", "descriptors that"))
]  # fmt: skip
#: So that an attack can't fail by its own fault. Left out is what other kernels refuse by themselves.
WORKS_OTHERWISE = [
    name for name in ATTACKS
    if name not in HELD_BY_THE_WORKER
    and not name.startswith(("joining", "the platform's P", "the platform's V", "raw", "sockets to", "io_uring", "BPF",
                             "the kernel's", "page faults", "a new user", "mounting", "the standard", "TCP "))
]  # fmt: skip


@pytest.fixture(scope="module", params=STRICT)
def strict(request) -> Iterator[Worker]:
    with working(**STRICT[request.param]) as worker:
        yield worker


@pytest.fixture(scope="module")
def only_users() -> Iterator[Worker]:
    with working(**BASIC["own user"]) as worker:
        yield worker


@pytest.fixture(scope="module")
def nothing_but_itself() -> Iterator[Worker]:
    with working(**BASIC["shared user"]) as worker:
        yield worker


def sockets() -> dict[str, str]:
    """The test session's own servers: as ``make run`` starts them."""
    postgres = parse_qs(urlsplit(os.environ["JIEPAI_TEST_SERVER"]).query)["host"][0]
    return {
        "postgres": f"{postgres}/.s.PGSQL.5432",
        "valkey": urlsplit(os.environ["JIEPAI_TEST_REDIS"]).path,
    }


def sweep() -> None:
    """Remove what attacks that get through leave behind: another user's attack would fail for that alone."""
    for path in ("/tmp/jiepai-was-here", "/var/tmp/jiepai-was-here", "/dev/shm/jiepai-was-here"):
        Path(path).unlink(missing_ok=True)
    subprocess.run(["ipcrm", "--shmem-key", "0x1267"], capture_output=True, check=False)


def all_attacks(worker: Worker) -> dict[str, str]:
    """How each went, tried by one script."""
    written = "".join(
        f"def attack():\n{indent(dedent(body), '    ')}\nattacks[{name!r}] = attack\n"
        for name, body in ATTACKS.items()
    )
    sweep()  # also after a session that was killed in between
    end = worker.run(
        PRELUDE.replace("{attacks}", written), env={"TARGET": json.dumps({**worker.target(), **sockets()})}
    )
    sweep()
    assert (end.kind, end.exit_code, end.err) == ("exited", 0, "")
    assert worker.canary not in end.out
    outcomes: dict[str, str] = json.loads(end.out)
    return outcomes


@pytest.fixture(scope="module")
def against_strict(strict) -> dict[str, str]:
    return all_attacks(strict)


@pytest.fixture(scope="module")
def against_only_users(only_users) -> dict[str, str]:
    return all_attacks(only_users)


@pytest.fixture(scope="module")
def against_nothing_but_itself(nothing_but_itself) -> dict[str, str]:
    return all_attacks(nothing_but_itself)


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_script_gets_through(against_strict, attack):
    assert against_strict[attack].startswith("held:")


@pytest.mark.parametrize("attack", HELD_BY_ITS_USER)
def test_a_user_of_its_own_alone_holds_it(against_only_users, attack):
    assert against_only_users[attack].startswith("held:")


@pytest.mark.parametrize("attack", HELD_BY_THE_WORKER)
def test_the_worker_closes_itself_to_its_own_user(against_nothing_but_itself, attack):
    assert against_nothing_but_itself[attack].startswith("held:")


@pytest.mark.parametrize("attack", WORKS_OTHERWISE)
def test_an_attack_works_where_nothing_holds_it(against_only_users, against_nothing_but_itself, attack):
    assert "through" in (against_only_users[attack], against_nothing_but_itself[attack])


def test_a_signal_to_everybody_hits_nobody_else(strict):
    strict.run("import os; os.kill(-1, 9)")
    again = strict.run("print('alive')")

    assert (again.kind, again.out) == ("exited", "alive\n")
    assert strict.left().zygote == strict.facts.zygote


def test_the_environment_holds_nothing_of_the_platforms(strict):
    end = strict.run(
        "import os\n"
        "print(sorted(os.environ))\n"
        "print(open('/proc/self/environ').read())\n"
        "import subprocess; print(subprocess.run(['env'], capture_output=True, text=True).stdout)",
        env={"COLOUR": "green"},
    )

    assert strict.canary not in end.out
    names = set(json.loads(end.out.split("\n")[0].replace("'", '"')))
    assert names - {"LD_LIBRARY_PATH"} == {"COLOUR", "HOME", "JIEPAI_RESULT_FILE", "LANG", "PATH", "TMPDIR"}


def test_nothing_of_one_run_is_left_in_the_memory_of_the_next(strict):
    secret = "of-tenant-one-" + strict.canary[::-1]
    strict.run(f"password = {secret!r}; print(len(password))", env={"PASSWORD": secret})

    end = strict.run(
        "import os\n"
        "wanted = (os.environ['FIRST'] + os.environ['SECOND']).encode()\n"
        "seen = 0\n"
        "with open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb', 0) as memory:\n"
        "    for line in maps:\n"
        "        span, rights = line.split()[:2]\n"
        "        if 'r' not in rights or '[v' in line: continue\n"
        "        start, stop = (int(word, 16) for word in span.split('-'))\n"
        "        memory.seek(start)\n"
        "        try: seen += wanted in memory.read(stop - start)\n"
        "        except OSError: pass\n"
        "del wanted\n"
        "print('seen', seen)",
        env={"FIRST": "of-tenant-one-", "SECOND": strict.canary[::-1]},
    )

    # It finds what it has put together itself, and no more
    assert int(end.out.split()[1]) <= 1, end


@pytest.mark.parametrize(
    "trick",
    [
        "os.symlink({secret!r}, result)",
        "os.symlink('/etc/passwd', result)",
        "os.mkfifo(result)",
        "os.mkdir(result)",
        "open('x', 'w').write('1'); os.link('x', result)",
    ],
)
def test_only_a_plain_file_is_taken_as_a_result(strict, trick):
    secret = str(strict.folder / "secrets.json")
    end = strict.run("import os; result = os.environ['JIEPAI_RESULT_FILE']\n" + trick.format(secret=secret))

    assert (end.exit_code, end.result) == (0, None)
    # Landlock refuses some links from the start
    assert end.result_fault == "not_a_file"


def test_without_network_no_socket_can_be_made(strict):
    end = strict.run(
        "import asyncio, socket\n"
        "held = 0\n"
        "for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):\n"
        "    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):\n"
        "        try: socket.socket(family, kind)\n"
        "        except PermissionError: held += 1\n"
        "try: socket.getaddrinfo('example.invalid', 80)\n"
        "except OSError: held += 1\n"
        "asyncio.run(asyncio.sleep(0))\n"
        "one, other = socket.socketpair(); one.send(b'x'); print(held, other.recv(1))",
        network=False,
    )

    assert (end.out, end.err) == ("7 b'x'\n", "")


@pytest.mark.parametrize(
    "path", ["{folder}/secrets.json", "{folder}/../{name}/secrets.json", "{folder}/link"]
)
def test_an_interpreter_in_the_platforms_own_folders_is_refused(strict, path):
    link = strict.folder / "link"
    if not link.is_symlink():
        link.symlink_to(strict.folder / "secrets.json")
    path = path.format(folder=strict.folder, name=strict.folder.name)

    end = strict.run("print(1)", interpreter=path)

    assert (end.kind, end.detail) == ("bad_interpreter", f"{path}: it lies in the platform's own folders")


def test_an_interpreter_opens_no_more_than_it_needs(strict):
    # /bin/sh lies two folders below the root of all: that is not what it belongs to
    end = strict.run(
        f"cat {strict.folder}/settings.py; ls /root {strict.folder}", kind="shell", interpreter="/bin/sh"
    )

    assert end.out == ""
    assert end.err.count("ermission denied") == 3
