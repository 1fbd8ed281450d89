"""The servers that an installation names with ``JIEPAI_*_URL``: PostgreSQL, Redis and RabbitMQ of the system.

Private instances on free ports of 127.0.0.1, in folders of their own; started by root, each runs as its
package's user.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import ClassVar, Self
from urllib.parse import quote

import amqp
import psycopg2
import pytest
import redis

from tests.processes import free_port, until

PASSWORD = "correct/horse %40 b@ttery"  # an address has to quote it
START_SECONDS = 90


class RealServer(ABC):
    """One server: started, stopped and started again on the same port with the same data."""

    package: ClassVar[str]
    program: ClassVar[str]
    path: ClassVar[str] = "/usr/sbin:/usr/bin"
    user: ClassVar[str]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self) -> None:
        self.program_path = self._find()
        self.folder = Path(tempfile.mkdtemp(prefix="jiepai-real-"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            shutil.chown(self.folder, self.user, pwd.getpwnam(self.user).pw_gid)

    @abstractmethod
    def url(self, password: str = PASSWORD) -> str:
        """The address as an administrator would write it."""

    @abstractmethod
    def _command(self) -> list[str]: ...

    @abstractmethod
    def _ask(self) -> None:
        """Raises an exception while the server does not answer."""

    def _environment(self) -> dict[str, str]:
        return {"PATH": self.path, "LC_ALL": "C.UTF-8", "HOME": str(self.folder)}

    @abstractmethod
    def _prepare(self) -> None:
        """Make what it needs before its first start."""

    def __enter__(self) -> Self:
        try:
            self._prepare()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        self._process = self.spawn(self._command())
        until(self.answers, seconds=START_SECONDS)

    def stop(self) -> None:
        """Stop it with all its children."""
        if self._process is not None:
            for number in (self.stop_signal, signal.SIGKILL):
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, number)
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(30)
                    break
            self._process = None

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"{self.package} ended:\n{self._log()}"
        try:
            self._ask()
        except (OSError, psycopg2.Error, redis.RedisError, amqp.AMQPError):
            return False
        return True

    def spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        """Start a program of the package as the server's user, in a process group of its own."""
        become: dict[str, object] = {}
        if os.geteuid() == 0:
            entry = pwd.getpwnam(self.user)
            become = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        with (self.folder / "output").open("ab") as output:
            return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
                command, cwd=self.folder, env=self._environment(), stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True, **become,
            )  # fmt: skip

    def _log(self) -> str:
        return (self.folder / "output").read_text(errors="replace")[-3000:]

    @classmethod
    def _find(cls) -> str:
        if found := shutil.which(cls.program, path=cls.path):
            return found
        missing = f"{cls.program} is missing: install the package {cls.package}."
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(missing)
        pytest.skip(missing)


class RealPostgres(RealServer):
    """The system's PostgreSQL with a database whose owner may do nothing outside it."""

    package, program, user = "postgresql", "postgres", "postgres"
    path = os.pathsep.join(
        str(folder) for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    )
    stop_signal = signal.SIGINT  # do not wait for clients

    def url(self, password: str = PASSWORD) -> str:
        return f"postgresql://jiepai:{quote(password, safe='')}@127.0.0.1:{self.port}/jiepai"

    def administrator(self, database: str = "postgres") -> psycopg2.extensions.connection:
        connection = psycopg2.connect(
            host=str(self.folder), port=self.port, user="administrator", password=PASSWORD, dbname=database
        )
        connection.autocommit = True
        return connection

    def _prepare(self) -> None:
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        initdb = str(Path(self.program_path).with_name("initdb"))
        made = self.spawn(
            [initdb, "-D", "data", "-U", "administrator", "-A", "scram-sha-256", f"--pwfile={password}", "-N"]
        )
        assert made.wait(60) == 0, self._log()

    def start(self) -> None:
        is_new = self._process is None and not (self.folder / "made").exists()
        super().start()
        if is_new:
            (self.folder / "made").touch()
            with closing(self.administrator()) as connection, connection.cursor() as cursor:
                cursor.execute("CREATE ROLE jiepai LOGIN PASSWORD %s", [PASSWORD])
                cursor.execute("CREATE DATABASE jiepai OWNER jiepai")

    def _command(self) -> list[str]:
        settings = {
            "port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": self.folder,
            "fsync": "off", "synchronous_commit": "off", "max_locks_per_transaction": "256",
        }  # fmt: skip
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [self.program_path, "-D", "data", *options]

    def _ask(self) -> None:
        self.administrator().close()


class RealRedis(RealServer):
    """The system's Redis, which asks for a password."""

    package, program, user = "redis-server", "redis-server", "redis"

    def url(self, password: str = PASSWORD, database: int = 0) -> str:
        return f"redis://:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def held(self) -> set[str]:
        """The keys of its first database."""
        with closing(redis.Redis.from_url(self.url())) as client:
            return {key.decode() for key in client.scan_iter()}

    def _prepare(self) -> None:
        self.folder.chmod(0o700)

    def _command(self) -> list[str]:
        return [
            self.program_path, "--port", str(self.port), "--bind", "127.0.0.1", "--requirepass", PASSWORD,
            "--save", "", "--appendonly", "no", "--dir", str(self.folder),
        ]  # fmt: skip

    def _ask(self) -> None:
        with closing(redis.Redis.from_url(self.url())) as client:
            client.ping()


class RealRabbit(RealServer):
    """The system's RabbitMQ, with a virtual host of ours, and an epmd that belongs to it alone."""

    package, program, user = "rabbitmq-server", "rabbitmq-server", "rabbitmq"
    path = (
        "/usr/lib/rabbitmq/bin:/usr/bin:/bin"  # not the wrapper, which insists on the system's own instance
    )

    def __init__(self) -> None:
        super().__init__()
        self.ports = {"distribution": free_port(), "epmd": free_port()}
        self._epmd: subprocess.Popen[bytes] | None = None

    def url(self, password: str = PASSWORD) -> str:
        return f"amqp://jiepai:{quote(password, safe='')}@127.0.0.1:{self.port}/jiepai"

    def ask(self, question: Callable[[amqp.Channel], object]) -> object:
        """What a question to the broker gives, such as a passive declaration."""
        with amqp.Connection(
            f"127.0.0.1:{self.port}", userid="jiepai", password=PASSWORD, virtual_host="jiepai"
        ) as connection:
            return question(connection.channel())

    def close(self) -> None:
        super().close()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait()

    def _prepare(self) -> None:
        (self.folder / "plugins").write_text("[].")
        (self.folder / "environment").touch()
        (self.folder / "rabbitmq.conf").write_text(
            f"default_user = jiepai\ndefault_pass = {PASSWORD}\ndefault_vhost = jiepai\n"
        )
        self._epmd = self.spawn(["/usr/bin/epmd", "-port", str(self.ports["epmd"]), "-address", "127.0.0.1"])

    def _environment(self) -> dict[str, str]:
        return {
            **super()._environment(),
            "ERL_EPMD_PORT": str(self.ports["epmd"]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "environment"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_NODENAME": f"jiepai{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.ports["distribution"]),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
        }

    def _command(self) -> list[str]:
        return [self.program_path]

    def _ask(self) -> None:
        self.ask(lambda channel: channel)
