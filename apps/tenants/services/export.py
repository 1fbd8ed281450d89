"""A tenant as one file: a zip of JSON lines, a file for each table, and a manifest.

Left out is what opens something by itself: sessions, API tokens, records of failed sign-ins, the hashes
of passwords. Secrets that jobs use stay as they are stored, encrypted with keys that are not exported.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django_tenants.utils import schema_context

from apps.audit import services as audit
from apps.tenants.domain import names
from apps.tenants.errors import NoSuchTenant, NotACustomer
from apps.tenants.models import Tenant
from apps.tenants.services.tenants import Actor
from kernel.schemas import connection

FORMAT: Final = 1
LEFT_OUT_TABLES: Final = frozenset(
    {"accounts_session", "django_migrations", "accounts_apitoken", "knox_authtoken"}
)
LEFT_OUT_PREFIXES: Final = ("axes_",)
LEFT_OUT_COLUMNS: Final = {"accounts_user": ("password",)}
CHUNK_ROWS: Final = 2000


def file_name(tenant: Tenant) -> str:
    return f"{tenant.slug}-{datetime.now(UTC):%Y%m%d-%H%M%S}.zip"


def export(tenant_id: int, file: IO[bytes], *, actor: Actor = None) -> None:
    """Write the tenant into ``file``, as of one moment, in memory of constant size.

    Inside a transaction of the caller's, the moment is that transaction's. Raises NoSuchTenant, NotACustomer.
    """
    with schema_context(names.PUBLIC_SCHEMA):
        own_snapshot = not connection.in_atomic_block
        with transaction.atomic():
            if own_snapshot:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            tenant = Tenant.objects.filter(pk=tenant_id).prefetch_related("domains").first()
            if tenant is None:
                raise NoSuchTenant
            if not tenant.is_customer:
                raise NotACustomer
            _write(tenant, file)
            audit.record(action="tenant.exported", actor=actor, obj=tenant)


def _write(tenant: Tenant, file: IO[bytes]) -> None:
    tables: dict[str, int] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in _tables(tenant.schema_name):
            left_out = LEFT_OUT_COLUMNS.get(table, ())
            source = _quoted(tenant.schema_name, table)
            statement = f"SELECT (to_jsonb(t) - %s::text[])::text FROM {source} t"  # noqa: S608 (quoted)
            tables[f"tenant/{table}"] = _dump(archive, f"tenant/{table}", statement, [list(left_out)])
        for table, column in _public_tables():
            source = f"{_quoted(names.PUBLIC_SCHEMA, table)} t WHERE {connection.ops.quote_name(column)} = %s"
            statement = f"SELECT to_jsonb(t)::text FROM {source}"  # noqa: S608 (quoted)
            tables[f"platform/{table}"] = _dump(archive, f"platform/{table}", statement, [tenant.pk])
        manifest = {
            "format": FORMAT,
            "exported_at": datetime.now(UTC),
            "tenant": {
                "name": tenant.name,
                "slug": tenant.slug,
                "time_zone": tenant.time_zone,
                "created_at": tenant.created_at,
                "domains": [domain.domain for domain in tenant.domains.all()],
            },
            "migrations": list(_migrations(tenant.schema_name)),
            "rows": tables,
        }
        archive.writestr("manifest.json", json.dumps(manifest, cls=DjangoJSONEncoder, indent=2))


def _dump(archive: zipfile.ZipFile, name: str, statement: str, params: list[Any]) -> int:
    """Write one table, a row a line; returns how many."""
    count = 0
    with (
        archive.open(f"{name}.jsonl", "w", force_zip64=True) as lines,
        connection.chunked_cursor() as cursor,
    ):
        cursor.execute(statement, params)
        while rows := cursor.fetchmany(CHUNK_ROWS):
            lines.write("".join(f"{row}\n" for (row,) in rows).encode())
            count += len(rows)
    return count


def _tables(schema: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [schema])
        found = [row[0] for row in cursor.fetchall()]
    return [t for t in found if t not in LEFT_OUT_TABLES and not t.startswith(LEFT_OUT_PREFIXES)]


def _public_tables() -> Iterator[tuple[str, str]]:
    """The scheduling plane: tables with a foreign key to the tenant, and that column."""
    for relation in Tenant._meta.related_objects:
        yield relation.related_model._meta.db_table, relation.field.column


def _migrations(schema: str) -> Iterator[str]:
    """What the export's tables look like, for who reads it in again."""
    with connection.cursor() as cursor:
        source = _quoted(schema, "django_migrations")
        cursor.execute(f"SELECT app || '.' || name FROM {source} ORDER BY id")  # noqa: S608 (quoted)
        for (name,) in cursor.fetchall():
            yield name


def _quoted(schema: str, table: str) -> str:
    return f"{connection.ops.quote_name(schema)}.{connection.ops.quote_name(table)}"
