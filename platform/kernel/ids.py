"""Ids of rows: UUIDv7, so that they sort by the time they were made."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A new id; later ids of one process compare greater. Source: RFC 9562, section 5.7."""
    return uuid7()
