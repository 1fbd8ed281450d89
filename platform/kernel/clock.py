"""Time. Instants that are compared across machines come from the database, not from a host's clock."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection


def utc_now() -> datetime:
    """This host's clock: for display and for waiting, never for leases."""
    return datetime.now(UTC)


def database_now() -> datetime:
    """The database's clock at this moment (not at the start of the transaction)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row: tuple[datetime] = cursor.fetchone()
    return row[0]
