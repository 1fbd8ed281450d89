"""The kinds of database that a SQL job may run on, and what each one's connection takes.

Only the options named here reach a driver: the others of libpq and PyMySQL name files, programs and
sockets of the host that runs the platform.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from kernel.errors import N_, Invalid, Phrase


class Kind(enum.StrEnum):
    POSTGRESQL = "postgresql"
    MYSQL = "mysql"  # and MariaDB: one protocol, one driver
    SQLITE = "sqlite"


DEFAULT_PORTS: Final[Mapping[Kind, int]] = MappingProxyType({Kind.POSTGRESQL: 5432, Kind.MYSQL: 3306})

# libpq's words, used for MySQL as well. "prefer" encrypts when the server can, and checks nothing.
SSL_MODES: Final = ("disable", "prefer", "require", "verify-ca", "verify-full")
DEFAULT_SSL_MODE: Final = "prefer"
CONNECT_TIMEOUT_SECONDS: Final = 5

Check = Callable[[object], bool]


def _is_ssl_mode(value: object) -> bool:
    return value in SSL_MODES


def _is_certificate(value: object) -> bool:
    return isinstance(value, str) and value.strip().startswith("-----BEGIN CERTIFICATE-----")


def _is_seconds(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 60


def _is_short_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 63 and value.isprintable()


def _is_search_path(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[a-z_][\w$]*(, *[a-z_][\w$]*)*", value) is not None


_SSL: Final[dict[str, tuple[Check, str]]] = {
    "ssl_mode": (_is_ssl_mode, N_("one of disable, prefer, require, verify-ca, verify-full")),
    "ssl_ca": (_is_certificate, N_("certificates in PEM form, as text")),
}
_CONNECT: Final[dict[str, tuple[Check, str]]] = {
    "connect_timeout_seconds": (_is_seconds, N_("a whole number from 1 to 60")),
}
OPTIONS: Final[Mapping[Kind, Mapping[str, tuple[Check, str]]]] = MappingProxyType(
    {
        Kind.POSTGRESQL: {
            **_SSL,
            **_CONNECT,
            "application_name": (_is_short_text, N_("a text of 1 to 63 printable characters")),
            "search_path": (_is_search_path, N_("names of schemas, separated by commas")),
        },
        Kind.MYSQL: {**_SSL, **_CONNECT},
        Kind.SQLITE: {},
    }
)


class BadOption(Invalid):
    code = "datasource.bad_option"


def check_options(kind: Kind, options: object) -> dict[str, Any]:
    """The options, when every one is known for this kind and well formed. Raises BadOption otherwise."""
    if not isinstance(options, Mapping):
        raise BadOption(N_("The options must be a JSON object."), field="options")
    known = OPTIONS[kind]
    for name, value in options.items():
        if name not in known:
            if not known:
                raise BadOption(
                    N_("A %(kind)s datasource takes no options."), field="options", kind=kind.value
                )
            raise BadOption(
                N_('"%(name)s" is not an option of a %(kind)s datasource. There are: %(known)s.'),
                field="options",
                name=str(name),
                kind=kind.value,
                known=", ".join(sorted(known)),
            )
        fits, wanted = known[name]
        if not fits(value):
            raise BadOption(
                N_('The option "%(name)s" must be %(wanted)s.'),
                field="options",
                name=name,
                wanted=Phrase(wanted),
            )
    if options.get("ssl_mode") in ("verify-ca", "verify-full") and "ssl_ca" not in options:
        raise BadOption(
            N_('The option "ssl_mode" %(mode)s needs the option "ssl_ca".'),
            field="options",
            mode=options["ssl_mode"],
        )
    return dict(options)
