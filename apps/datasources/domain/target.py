"""One database, resolved: all that is needed to open a connection, and nothing of Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apps.datasources.domain.kinds import CONNECT_TIMEOUT_SECONDS, DEFAULT_SSL_MODE, Kind
from kernel.network import Guard

# The network of the machine itself and of its cloud's metadata service is for the operator to close or
# open; link-local addresses never hold a database that a job has business with.
LINK_LOCAL = Guard.of(["169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a datasource points. The password is in no repr, so in no log and no traceback.

    identity: of the datasource: tenant and id; the same after an edit.
    revision: of its settings: another one after every edit.
    folder:   SQLite: the only folder that ``path`` may lie in.
    """

    identity: str
    revision: str
    kind: Kind
    host: str = ""
    port: int = 0
    database: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    folder: Path | None = None
    path: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    guard: Guard = LINK_LOCAL
    is_read_only: bool = False
    statement_timeout_seconds: float = 300
    max_rows: int = 10_000
    max_connections: int = 4

    @property
    def connect_timeout_seconds(self) -> int:
        return int(self.options.get("connect_timeout_seconds", CONNECT_TIMEOUT_SECONDS))

    @property
    def ssl_mode(self) -> str:
        return str(self.options.get("ssl_mode", DEFAULT_SSL_MODE))

    @property
    def label(self) -> str:
        """For people: where, not how."""
        if self.kind is Kind.SQLITE:
            return self.path
        return f"{self.database} at {self.host}:{self.port}"
