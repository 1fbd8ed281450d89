"""What each kind of database asks for, so that a form can be built from it: names, words, bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from apps.datasources.domain.kinds import CONNECT_TIMEOUT_SECONDS, DEFAULT_PORTS, DEFAULT_SSL_MODE, Kind
from kernel.errors import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing to fill in. label, help, choices' words: English, for gettext. example: shown, never sent.

    is_option: its value belongs into ``options``, where one that is left out has its default.
    """

    name: str
    label: str
    help: str
    type: Literal["text", "number", "password", "choice", "long_text"] = "text"
    is_option: bool = False
    is_required: bool = False
    default: str | int | None = None
    example: str = ""
    least: int | None = None
    most: int | None = None
    choices: tuple[tuple[str, str], ...] = ()


_HOST: Final = Field(
    name="host",
    label=N_("Host"),
    help=N_("A name or an IP address that the platform's workers can reach, without port or scheme."),
    example="db.example.com",
    is_required=True,
)
_DATABASE: Final = Field(
    name="database",
    label=N_("Database"),
    help=N_("The database's name on that server, not a connection string."),
    is_required=True,
)
_USERNAME: Final = Field(
    name="username",
    label=N_("User name"),
    help=N_("Best a user of its own, with no more rights than the jobs need."),
    is_required=True,
)
_PASSWORD: Final = Field(
    name="password",
    label=N_("Password"),
    help=N_("Stored encrypted, and never shown again."),
    type="password",
)
_SSL_MODE: Final = Field(
    name="ssl_mode",
    label=N_("Encryption"),
    help=N_("Only the last two notice somebody who pretends to be the server."),
    type="choice",
    is_option=True,
    default=DEFAULT_SSL_MODE,
    choices=(
        ("disable", N_("Never")),
        ("prefer", N_("When the server offers it")),
        ("require", N_("Always, whatever the certificate")),
        ("verify-ca", N_("Always, and check the certificate")),
        ("verify-full", N_("Always, and check the certificate and the host name")),
    ),
)
_SSL_CA: Final = Field(
    name="ssl_ca",
    label=N_("Certificates of the authority"),
    help=N_("In PEM form. Needed when the certificate is checked."),
    example="-----BEGIN CERTIFICATE-----",
    type="long_text",
    is_option=True,
)
_CONNECT_TIMEOUT: Final = Field(
    name="connect_timeout_seconds",
    label=N_("Connection timeout, seconds"),
    help=N_("How long to wait for the server to answer, from 1 to 60 seconds."),
    type="number",
    is_option=True,
    default=CONNECT_TIMEOUT_SECONDS,
    least=1,
    most=60,
)
_SEARCH_PATH: Final = Field(
    name="search_path",
    label=N_("Schemas"),
    help=N_("Where names without a schema are looked for, separated by commas. Empty: as the server says."),
    example="sales, public",
    is_option=True,
)
_APPLICATION_NAME: Final = Field(
    name="application_name",
    label=N_("Application name"),
    help=N_("How the server's own lists of connections call these."),
    is_option=True,
    default="jiepai",
)


def _port(kind: Kind) -> Field:
    return Field(
        name="port",
        label=N_("Port"),
        help=N_("Empty means the usual one."),
        type="number",
        default=DEFAULT_PORTS[kind],
        least=1,
        most=65_535,
    )


FIELDS: Final[Mapping[Kind, tuple[Field, ...]]] = MappingProxyType(
    {
        Kind.POSTGRESQL: (
            *(_HOST, _port(Kind.POSTGRESQL), _DATABASE, _USERNAME, _PASSWORD),
            *(_SSL_MODE, _SSL_CA, _CONNECT_TIMEOUT, _SEARCH_PATH, _APPLICATION_NAME),
        ),
        Kind.MYSQL: (
            *(_HOST, _port(Kind.MYSQL), _DATABASE, _USERNAME, _PASSWORD),
            *(_SSL_MODE, _SSL_CA, _CONNECT_TIMEOUT),
        ),
        Kind.SQLITE: (
            Field(
                name="path",
                label=N_("File"),
                help=N_(
                    "The file's path inside the tenant's own folder. It must be there: it is not created."
                ),
                example="reports/sales.db",
                is_required=True,
            ),
        ),
    }
)

NOTES: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.POSTGRESQL: N_("Jobs run in one transaction; a job that fails leaves nothing behind."),
        Kind.MYSQL: N_(
            "For MariaDB as well. Statements that change tables or rights are committed at once, as the "
            "server wants it."
        ),
        Kind.SQLITE: N_(
            "A file beside the platform, for small data: one job writes at a time. Whoever runs the platform "
            "puts it into the tenant's folder."
        ),
    }
)

DRIVERS: Final[Mapping[Kind, str]] = MappingProxyType(
    {Kind.POSTGRESQL: "psycopg2", Kind.MYSQL: "pymysql", Kind.SQLITE: "sqlite3"}
)
