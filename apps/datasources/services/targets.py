"""From the row of a datasource to what a connection needs: the only place that opens its password."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from django.conf import settings

from apps.datasources.domain.kinds import Kind
from apps.datasources.domain.target import Target
from apps.datasources.errors import OwnDatabase
from apps.datasources.models import Datasource
from apps.tenants.services import folders
from kernel import crypto
from kernel.errors import JobError
from kernel.network import Guard, resolve
from kernel.schemas import connection


def target_of(datasource: Datasource) -> Target:
    """Where it points, for the tenant that the connection is in. Raises OwnDatabase, crypto.KeyLost."""
    kind = Kind(datasource.kind)
    if kind is not Kind.SQLITE:
        refuse_own_database(datasource.host, datasource.port or 0, datasource.database)
    token = datasource.password_token
    return Target(
        identity=identity_of(datasource),
        revision=str(datasource.updated_at),
        kind=kind,
        host=datasource.host,
        port=datasource.port or 0,
        database=datasource.database,
        username=datasource.username,
        password=crypto.decrypt(token, keys=settings.ENV.encryption_keys) if token else "",
        folder=files_folder() if kind is Kind.SQLITE else None,
        path=datasource.path,
        options=dict(datasource.options),
        guard=Guard.of(settings.ENV.datasource_deny),
        is_read_only=datasource.is_read_only,
        statement_timeout_seconds=datasource.statement_timeout_seconds,
        max_rows=datasource.max_rows,
        max_connections=datasource.max_connections,
    )


def identity_of(datasource: Datasource) -> str:
    """The name of its pool in this process: ids are of one tenant only."""
    return f"{connection.schema_name}/{datasource.pk}"


def files_folder() -> Path:
    """The folder of the connection's tenant that SQLite files lie in."""
    return folders.of(connection.tenant)


def refuse_own_database(host: str, port: int, database: str) -> None:
    """Raises OwnDatabase when host, port and name are those of the platform's own database.

    Where the platform uses a UNIX socket there is nothing to refuse: a datasource can't name one.
    """
    own = settings.DATABASES["default"]
    if not own["HOST"] or own["HOST"].startswith("/"):
        return
    if port != int(own["PORT"] or 5432) or database != own["NAME"]:
        return
    everything = Guard(deny=())
    with suppress(JobError):  # a name that can't be resolved reaches nothing
        if set(resolve(host, port, guard=everything)) & set(resolve(own["HOST"], port, guard=everything)):
            raise OwnDatabase(field="host")
