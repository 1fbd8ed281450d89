"""Opening a connection to a datasource, and saying in one sentence why that failed.

What a tenant's user may reach through here:

* TCP hosts only. A host that begins with "/" is a UNIX socket of the platform's machine and is refused
  when the datasource is saved, as are lists of hosts and connection strings in place of a name.
* No link-local address and nothing in ``JIEPAI_DATASOURCE_DENY``; the address that was checked is the one
  connected to. The platform's own database is refused by address, port and name.
* Files only below the tenant's own folder, looked at before and after SQLite has opened them.

Drivers get every setting from the datasource and none from the platform's environment or home folder.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import ssl
import stat
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import quote

import psycopg2
import pymysql
from psycopg2.extensions import connection as PgConnection
from pymysql.connections import Connection as MyConnection
from pymysql.constants import CR

from apps.datasources import errors
from apps.datasources.domain.kinds import Kind
from apps.datasources.domain.target import Target
from kernel.errors import JobError
from kernel.network import ConnectTimeout, StopSignal, dial

AnyConnection: TypeAlias = "PgConnection | MyConnection[Any] | sqlite3.Connection"

DRIVER_ERRORS: Final = (psycopg2.Error, pymysql.err.MySQLError, sqlite3.Error)
SQLITE_BUSY_SECONDS: Final = 5.0
SQLITE_MAX_VALUE_BYTES: Final = 64 * 1024 * 1024  # it runs inside the worker: no value may swell it
_SQLITE_SAFE_PRAGMAS: Final = frozenset(
    {
        "application_id", "collation_list", "compile_options", "data_version", "database_list", "encoding",
        "foreign_key_check", "foreign_key_list", "foreign_keys", "freelist_count", "function_list",
        "index_info", "index_list", "index_xinfo", "integrity_check", "journal_mode", "page_count", "page_size",
        "query_only", "quick_check", "read_uncommitted", "schema_version", "table_info", "table_list", "table_xinfo", "user_version",
    }
)  # fmt: skip


def connect(target: Target, *, stop: StopSignal | None = None) -> AnyConnection:
    """A new driver-level connection, in no transaction.

    Raises a JobError of ``kernel.network`` or ``apps.datasources.errors`` that names the cause, and
    kernel.network.Stopped once ``stop`` is readable.
    """
    match target.kind:
        case Kind.POSTGRESQL:
            return _postgresql(target, stop)
        case Kind.MYSQL:
            return _mysql(target, stop)
        case Kind.SQLITE:
            return _sqlite(target)


# --- PostgreSQL ------------------------------------------------------------------------------------


def _postgresql(target: Target, stop: StopSignal | None) -> PgConnection:
    # libpq can neither be handed a socket nor be stopped while it connects, so the way there is tried first.
    with dial(
        target.host,
        target.port,
        guard=target.guard,
        timeout_seconds=target.connect_timeout_seconds,
        stop=stop,
    ) as probe:
        address = probe.getpeername()[0]
    settings: dict[str, Any] = {
        "host": target.host,
        "hostaddr": address,
        "port": target.port,
        "dbname": target.database,
        "user": target.username,
        "password": target.password,
        "passfile": f"{os.devnull}/none",  # can't exist; of a file that is no plain one libpq complains
        "sslmode": target.ssl_mode,
        "sslcertmode": "disable",
        "gssencmode": "disable",
        "connect_timeout": target.connect_timeout_seconds,
        "application_name": target.options.get("application_name", "jiepai"),
        "client_encoding": "UTF8",
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
    }
    if path := target.options.get("search_path"):
        settings["options"] = f"-c search_path={path.replace(' ', '')}"
    try:
        if authority := target.options.get("ssl_ca"):
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:  # libpq takes no text here
                file.write(authority)
                file.flush()
                settings["sslrootcert"] = file.name
                opened: PgConnection = psycopg2.connect(**settings)
                return opened
        return psycopg2.connect(**settings)  # type: ignore[no-any-return]
    except psycopg2.Error as error:
        raise _postgresql_cause(target, str(error)) from None


def _postgresql_cause(target: Target, text: str) -> JobError:
    """libpq gives no SQLSTATE for a failed connection, so its words must do.

    They are English: the server's part is in the server's ``lc_messages``, so the codes that libpq
    leaves out are looked for in several of its sentences, and what is not known is shown as it is.
    """
    message = text.strip().removeprefix("connection to server at ").partition("failed: ")[2] or text.strip()
    message = message.splitlines()[-1].removeprefix("FATAL:").strip() if "FATAL:" in message else message
    where = {"host": target.host, "username": target.username}
    if "password authentication failed" in text or "no password supplied" in text:
        return errors.WrongPassword(**where)
    if "role " in text and "does not exist" in text:
        return errors.WrongPassword(**where)
    if ("database " in text and "does not exist" in text) or "permission denied for database" in text:
        return errors.UnknownDatabase(**where, database=target.database)
    if "no pg_hba.conf entry" in text or "pg_hba.conf rejects" in text:
        if "no encryption" in text and target.ssl_mode == "disable":
            return errors.SslRequired(**where)
        return errors.NotPermitted(**where)
    if "server does not support SSL" in text:
        return errors.SslUnavailable(host=target.host, mode=target.ssl_mode)
    if "timeout expired" in text:
        return ConnectTimeout(host=target.host, port=target.port, seconds=target.connect_timeout_seconds)
    if "certificate" in text and ("verify failed" in text or "does not match host name" in text):
        return errors.SslUntrusted(host=target.host, message=_without_secret(message, target))
    if "too many clients" in text or "too many connections" in text or "remaining connection slots" in text:
        return errors.TooManyConnections(**where)
    if "invalid response to SSL negotiation" in text or "expected authentication request" in text:
        return errors.NotThisServer(host=target.host, port=target.port, kind="PostgreSQL")
    return errors.ConnectError(message=_without_secret(message, target))


# --- MySQL, MariaDB --------------------------------------------------------------------------------

_MYSQL_WRONG_PASSWORD: Final = {1045, 1698, 1862, 1820}
_MYSQL_NO_SUCH_DATABASE: Final = {1044, 1049}
_MYSQL_NOT_FROM_HERE: Final = {1129, 1130}
_MYSQL_TOO_MANY: Final = {1040, 1203, 1226}
_MYSQL_SSL_REQUIRED: Final = {3159, 4151}


def _mysql(target: Target, stop: StopSignal | None) -> MyConnection[Any]:
    connection: MyConnection[Any] = pymysql.Connection(
        host=target.host,
        port=target.port,
        user=target.username,
        password=target.password,
        database=target.database or None,
        charset="utf8mb4",
        autocommit=False,
        local_infile=False,
        read_default_file=None,
        connect_timeout=target.connect_timeout_seconds,
        read_timeout=target.connect_timeout_seconds,
        defer_connect=True,
        **_mysql_encryption(target),
    )
    sock = dial(
        target.host,
        target.port,
        guard=target.guard,
        timeout_seconds=target.connect_timeout_seconds,
        stop=stop,
    )
    try:
        connection.connect(sock)
    except pymysql.err.MySQLError as error:
        sock.close()
        raise _mysql_cause(target, error, is_encrypted=connection._secure) from None  # type: ignore[attr-defined]
    except (OSError, EOFError, IndexError, ValueError, AssertionError, NotImplementedError):
        sock.close()  # bytes that PyMySQL can't read as a handshake
        raise errors.NotThisServer(host=target.host, port=target.port, kind="MySQL") from None
    # From here on statements take their time, and are cancelled on the server.
    connection._read_timeout = None  # type: ignore[attr-defined]
    return connection


def _mysql_encryption(target: Target) -> dict[str, Any]:
    mode = target.ssl_mode
    if mode == "disable":
        return {"ssl_disabled": True}
    if mode == "prefer":
        return {}
    context = ssl.create_default_context(cadata=target.options.get("ssl_ca"))
    context.check_hostname = mode == "verify-full"
    if mode == "require":
        context.verify_mode = ssl.CERT_NONE
    return {"ssl": context}


def _mysql_cause(target: Target, error: pymysql.err.MySQLError, *, is_encrypted: bool) -> JobError:
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    text = str(error.args[1]) if len(error.args) > 1 else str(error)
    where = {"host": target.host, "username": target.username}
    if number in _MYSQL_WRONG_PASSWORD:
        if not is_encrypted:  # where it must be, some servers say no more than this
            return errors.WrongPassword(errors.WrongPassword.without_encryption, **where)
        return errors.WrongPassword(**where)
    if number in _MYSQL_NO_SUCH_DATABASE:
        return errors.UnknownDatabase(**where, database=target.database)
    if number in _MYSQL_NOT_FROM_HERE:
        return errors.NotPermitted(**where)
    if number in _MYSQL_TOO_MANY:
        return errors.TooManyConnections(**where)
    if number in _MYSQL_SSL_REQUIRED:
        return errors.SslRequired(**where)
    if number == 2026 or "doesn't support SSL" in text:
        return errors.SslUnavailable(host=target.host, mode=target.ssl_mode)
    cause = getattr(error, "original_exception", None)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return errors.SslUntrusted(host=target.host, message=cause.verify_message)
    if number == CR.CR_SERVER_LOST and "timed out" in text:
        return ConnectTimeout(host=target.host, port=target.port, seconds=target.connect_timeout_seconds)
    is_garbled = text.startswith("Packet sequence number wrong")
    if is_garbled or isinstance(cause, OSError) or number in (CR.CR_SERVER_GONE_ERROR, CR.CR_SERVER_LOST):
        return errors.NotThisServer(host=target.host, port=target.port, kind="MySQL")
    return errors.ConnectError(message=_without_secret(text, target))


# --- SQLite ----------------------------------------------------------------------------------------


def _sqlite(target: Target) -> sqlite3.Connection:
    file, before = _inside(target)
    mode = "ro" if target.is_read_only else "rw"
    connection = sqlite3.connect(
        f"file:{quote(str(file))}?mode={mode}",
        uri=True,
        timeout=SQLITE_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA schema_version").fetchone()
        if _inside(target)[1] != before:
            raise errors.OutsideFolder(path=target.path)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, SQLITE_MAX_VALUE_BYTES)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        if target.is_read_only:
            connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.set_authorizer(_sqlite_permits)
    except sqlite3.DatabaseError as error:
        connection.close()
        if "not a database" in str(error) or "malformed" in str(error):
            raise errors.NotADatabase(path=target.path) from None
        raise errors.ConnectError(message=str(error)) from None
    except BaseException:
        connection.close()
        raise
    return connection


def _inside(target: Target) -> tuple[Path, tuple[int, int]]:
    """The file below the tenant's folder, and (device, inode) of it.

    Every part is opened without following links, so neither ".." nor a symlink leads out; a file with a
    second name may have it outside. A script that could swap a part for a link within the moment between
    this look and SQLite's own would have to swap it back before the second look.
    Raises FileMissing, OutsideFolder, NotADatabase.
    """
    parts = Path(target.path).parts
    if (
        target.folder is None
        or not parts
        or target.path.startswith("/")
        or ".." in parts
        or "\0" in target.path
    ):
        raise errors.OutsideFolder(path=target.path)
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        current = os.open(target.folder, flags | os.O_DIRECTORY)
    except OSError:
        raise errors.FileMissing(path=target.path) from None
    try:
        for number, part in enumerate(parts, start=1):
            kind = os.O_DIRECTORY if number < len(parts) else 0
            inner = os.open(part, flags | kind, dir_fd=current)
            os.close(current)
            current = inner
        found = os.fstat(current)
    except FileNotFoundError:
        raise errors.FileMissing(path=target.path) from None
    except OSError as error:
        if _is_link(target.folder, parts):
            raise errors.OutsideFolder(path=target.path) from None
        if isinstance(error, NotADirectoryError):
            raise errors.FileMissing(path=target.path) from None
        raise errors.ConnectError(message=os.strerror(error.errno or 0)) from None
    finally:
        os.close(current)
    if not stat.S_ISREG(found.st_mode):
        raise errors.NotADatabase(path=target.path)
    if found.st_nlink != 1:
        raise errors.OutsideFolder(path=target.path)
    return target.folder.joinpath(*parts), (found.st_dev, found.st_ino)


def _is_link(folder: Path, parts: tuple[str, ...]) -> bool:
    here = folder
    for part in parts:
        here = here / part
        if here.is_symlink():
            return True
    return False


def _sqlite_permits(
    action: int, first: str | None, second: str | None, schema: str | None, trigger: str | None
) -> int:
    """SQLite asks this before it compiles anything: no other file, no library, no switch of the process."""
    if action in (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH):
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() == "load_extension":
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA and (first or "").lower() not in _SQLITE_SAFE_PRAGMAS:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA and (first or "").lower() in ("journal_mode", "query_only") and second:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


# --- all -------------------------------------------------------------------------------------------


def cancel(connection: AnyConnection, target: Target) -> None:
    """Ask the server to end the statement that another thread runs on this connection; harmless when none does.

    Blocks for at most the connect timeout. MySQL needs a second connection for it, beyond the pool.
    """
    if isinstance(connection, sqlite3.Connection):
        connection.interrupt()
    elif isinstance(connection, MyConnection):
        with closing(_mysql(target, None)) as other, other.cursor() as cursor:
            cursor.execute(f"KILL QUERY {connection.thread_id():d}")  # type: ignore[no-untyped-call]
    else:
        connection.cancel()


def sever(connection: AnyConnection) -> None:
    """Cut the connection under a thread that waits on it: for a server that does not answer any more."""
    if isinstance(connection, sqlite3.Connection):
        connection.interrupt()
        return
    if isinstance(connection, MyConnection):
        number = connection._sock.fileno() if connection.open else -1  # type: ignore[attr-defined]
    else:
        number = -1 if connection.closed else connection.fileno()
    if number < 0:
        return
    with socket.socket(fileno=os.dup(number)) as twin:
        twin.shutdown(socket.SHUT_RDWR)


def _without_secret(text: str, target: Target) -> str:
    return text.replace(target.password, "•••") if target.password else text
