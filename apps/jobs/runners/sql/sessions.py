"""What differs between the databases once a connection stands: begin, limits, column types, notices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from pymysql.constants import FIELD_TYPE
from sqlalchemy.engine import Connection

from apps.datasources.domain.kinds import Kind
from apps.datasources.domain.target import Target
from apps.jobs.runners.sql import rules
from apps.jobs.runners.sql.script import Statement
from apps.jobs.runners.sql.table import Column

_MYSQL_TYPES: Final = {
    getattr(FIELD_TYPE, name): word
    for name, word in {
        "DECIMAL": "decimal", "NEWDECIMAL": "decimal", "TINY": "tinyint", "SHORT": "smallint",
        "INT24": "mediumint", "LONG": "int", "LONGLONG": "bigint", "FLOAT": "float", "DOUBLE": "double",
        "NULL": "null", "TIMESTAMP": "timestamp", "DATE": "date", "TIME": "time", "DATETIME": "datetime",
        "YEAR": "year", "VARCHAR": "varchar", "VAR_STRING": "varchar", "STRING": "char", "BIT": "bit",
        "JSON": "json", "ENUM": "enum", "SET": "set", "TINY_BLOB": "blob", "MEDIUM_BLOB": "blob",
        "LONG_BLOB": "blob", "BLOB": "blob", "GEOMETRY": "geometry",
    }.items()
}  # fmt: skip
_SQLITE_TYPES: Final = {int: "integer", float: "real", str: "text", bytes: "blob"}


def begin(
    connection: Connection, target: Target, statements: list[Statement], tell: Callable[[str], None]
) -> None:
    """Open the run's one transaction, read-only where it shall be, with the server's own statement timeout.

    tell: gets the server's notices from now on.
    """
    match target.kind:
        case Kind.POSTGRESQL:
            driver(connection).notices = Notices(tell)
            if target.is_read_only:
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            # As a query it also takes the snapshot, after which the server lets nobody go back to READ WRITE.
            milliseconds = round(target.statement_timeout_seconds * 1000)
            connection.exec_driver_sql(f"SELECT set_config('statement_timeout', '{milliseconds}', true)")
        case Kind.MYSQL:
            seconds = target.statement_timeout_seconds
            if "mariadb" in driver(connection).get_server_info().lower():
                connection.exec_driver_sql(f"SET SESSION max_statement_time = {seconds:f}")
            else:  # SELECT only; the watch ends the others
                connection.exec_driver_sql(f"SET SESSION max_execution_time = {round(seconds * 1000)}")
            if target.is_read_only:
                connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
            mode = "READ ONLY" if target.is_read_only else "READ WRITE"
            connection.exec_driver_sql(f"START TRANSACTION {mode}")
        case Kind.SQLITE:
            writes = not target.is_read_only and rules.may_write(statements)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def driver(connection: Connection) -> Any:
    """The driver's own connection."""
    return connection.connection.dbapi_connection


def columns(
    connection: Connection, kind: Kind, description: Sequence[Sequence[Any]], first: Sequence[Any] | None
) -> list[Column]:
    """Names and types of a result's columns, in the words of the server.

    first: its first row; SQLite has types of values only, so that row must tell.
    """
    names = [str(entry[0]) for entry in description]
    match kind:
        case Kind.POSTGRESQL:
            types = _postgresql_types(connection, [entry[1] for entry in description])
        case Kind.MYSQL:
            types = [_MYSQL_TYPES.get(entry[1], "") for entry in description]
        case Kind.SQLITE:
            types = [_SQLITE_TYPES.get(type(value), "") for value in first or [None] * len(names)]
    return [Column(name, type_) for name, type_ in zip(names, types, strict=True)]


class Notices:
    """Hears what PostgreSQL says beside results (RAISE NOTICE, warnings), in place of psycopg2's list of it.

    No list: SQLAlchemy empties that one after each statement.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    def append(self, notice: str) -> None:
        self._tell(notice.strip())


def _postgresql_types(connection: Connection, oids: list[int]) -> list[str]:
    with driver(connection).cursor() as cursor:
        cursor.execute(
            "SELECT oid::bigint, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(%s::oid[])", [oids]
        )
        known: dict[int, str] = dict(cursor.fetchall())
    return [known.get(oid, "") for oid in oids]
