"""The settings of a datasource, checked and made whole: each kind has its own, and the others are empty."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from apps.datasources.domain.kinds import DEFAULT_PORTS, DEFAULT_SSL_MODE, Kind, check_options
from kernel.errors import N_, Invalid, Phrase

_HOST: Final = re.compile(r"[\w]([\w.-]*[\w.])?|[0-9a-fA-F:]*:[0-9a-fA-F:.]*")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")

#: A test says something about these only; with other ones its outcome says nothing any more.
CONNECTION: Final = ("kind", "host", "port", "database", "username", "path", "options", "is_read_only")

#: With another value of these the stored password would be sent to somebody else, or in the clear.
ADDRESS: Final = ("kind", "host", "port", "username")

LIMITS: Final[Mapping[str, tuple[int, int]]] = {
    "statement_timeout_seconds": (1, 86_400),
    "max_rows": (1, 1_000_000),
    "max_connections": (1, 32),
}


class BadSetting(Invalid):
    code = "datasource.bad_setting"


def complete(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as they are stored. Raises BadSetting or BadOption for the first wrong one, naming its field.

    given: every setting but the password; those that the kind does not have must be empty.
    """
    done = complete_connection(given)
    done["name"] = _text(done, "name", Phrase(N_("The name")), most=100)
    return done


def complete_connection(given: Mapping[str, Any]) -> dict[str, Any]:
    """``complete`` for settings that need no name yet."""
    done = dict(given)
    kind = _kind(done.get("kind"))
    done["kind"] = kind.value
    done["options"] = check_options(kind, done.get("options", {}))
    for name, (least, most) in LIMITS.items():
        if name in done:
            done[name] = _whole(done[name], name, least, most)
    if kind is Kind.SQLITE:
        for name in ("host", "port", "database", "username"):
            if done.get(name):
                raise BadSetting(
                    N_('A SQLite datasource has no "%(name)s", only a file.'), field=name, name=name
                )
        done.update(host="", port=None, database="", username="", path=check_path(done.get("path") or ""))
        return done
    if done.get("path"):
        raise BadSetting(N_("Only a SQLite datasource has a file."), field="path")
    done["path"] = ""
    done["host"] = check_host(done.get("host") or "")
    done["port"] = _whole(done.get("port") or DEFAULT_PORTS[kind], "port", 1, 65535)
    done["database"] = _text(done, "database", Phrase(N_("The database")), most=128)
    if "=" in done["database"] or "://" in done["database"]:
        raise BadSetting(N_("The database must be a name, not a connection string."), field="database")
    done["username"] = _text(done, "username", Phrase(N_("The user name")), most=128)
    return done


def check_host(host: str) -> str:
    """A host name or an IP address without brackets. Raises BadSetting."""
    host = host.strip().removeprefix("[").removesuffix("]")
    if not host:
        raise BadSetting(N_("%(what)s is missing."), field="host", what=Phrase(N_("The host")))
    if host.startswith(("/", "@")):
        raise BadSetting(
            N_("A UNIX socket can't be the host: jobs reach databases by TCP only."), field="host"
        )
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise BadSetting(N_('"%(host)s" is not a host name or an IP address.'), field="host", host=host)
    return host


def check_path(path: str) -> str:
    """A path below the tenant's folder, as written; what it leads to is checked when it is opened. Raises BadSetting."""
    if not path:
        raise BadSetting(N_("%(what)s is missing."), field="path", what=Phrase(N_("The file")))
    if _CONTROL.search(path) or len(path) > 255:
        raise BadSetting(N_("The file's path has characters that are not allowed."), field="path")
    parts = PurePosixPath(path).parts
    if path.startswith("/") or ".." in parts or not parts:
        raise BadSetting(
            N_("The file's path must lie inside the tenant's folder: relative, and without \"..\"."),
            field="path",
        )
    return str(PurePosixPath(path))


def redirects_password(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a change would send the stored password to another server or user, or less well protected."""
    if any(before[name] != after[name] for name in ADDRESS):
        return True
    return any(
        before["options"].get(name, default) != after["options"].get(name, default)
        for name, default in (("ssl_mode", DEFAULT_SSL_MODE), ("ssl_ca", ""))
    )


def _kind(value: object) -> Kind:
    try:
        return Kind(str(value))
    except ValueError:
        known = ", ".join(kind.value for kind in Kind)
        raise BadSetting(
            N_('"%(kind)s" is not a kind of database; known are: %(known)s.'),
            field="kind",
            kind=value,
            known=known,
        ) from None


def _text(given: Mapping[str, Any], name: str, what: Phrase, *, most: int) -> str:
    text = str(given.get(name) or "").strip()
    if not text:
        raise BadSetting(N_("%(what)s is missing."), field=name, what=what)
    if len(text) > most or _CONTROL.search(text):
        raise BadSetting(
            N_("%(what)s must have at most %(most)d characters, and no line breaks."),
            field=name,
            what=what,
            most=most,
        )
    return text


def _whole(value: object, name: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadSetting(
            N_('"%(name)s" must be a whole number from %(least)d to %(most)d.'),
            field=name,
            name=name,
            least=least,
            most=most,
        )
    return value
