"""The event loop's way to the database: a few threads, each on the right tenant while it works for one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

from apps.tenants.models import Tenant
from kernel.schemas import connection

P = ParamSpec("P")
T = TypeVar("T")


class TenantThreads:
    """A fixed pool, so that sockets, however many, hold only so many connections.

    Django's connection belongs to its thread and keeps the schema that was set last. So the schema is set
    anew before each piece of work, here and nowhere else, and no work runs in these threads but through here.
    """

    def __init__(self, size: int) -> None:
        self._pool = ThreadPoolExecutor(size, thread_name_prefix="live")

    async def run(self, tenant: Tenant | None, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do the work in a thread, in the tenant's schema; None: in the public one."""

        def call() -> T:
            close_old_connections()
            try:
                _enter(tenant)
                return work(*args, **kwargs)
            finally:
                close_old_connections()

        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    async def aclose(self) -> None:
        """Nothing can be run afterwards. A thread's connection is closed with the thread."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _enter(tenant: Tenant | None) -> None:
    if tenant is None:
        if connection.schema_name != "public":
            connection.set_schema_to_public()
    elif (
        connection.schema_name != tenant.schema_name
    ):  # setting it costs a statement and forgets content types
        connection.set_tenant(tenant)
    else:
        connection.tenant = tenant
