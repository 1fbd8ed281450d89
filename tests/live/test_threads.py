"""The event loop's way to the database, for several tenants at once."""

from __future__ import annotations

import asyncio
import time

from apps.jobs.models import Job
from apps.live.services.threads import TenantThreads
from apps.tenants.models import Tenant
from kernel.schemas import connection
from tests import factories
from tests.live.conftest import inside


def test_threads_work_for_two_tenants_in_turn_and_never_mix_them_up(committed: str) -> None:
    # Given a job in each of two tenants
    with inside("acme") as acme:
        factories.job(name="acme's")
    with inside("globex") as globex:
        factories.job(name="globex's")

    def look() -> tuple[str, list[str]]:
        before = connection.schema_name
        names = list(Job.objects.values_list("name", flat=True))
        time.sleep(0.002)
        assert connection.schema_name == before
        return before, names

    async def look_often() -> list[tuple[Tenant, tuple[str, list[str]]]]:
        threads = TenantThreads(2)
        try:
            order = [acme, globex, globex, acme] * 20
            answers = await asyncio.gather(*(threads.run(tenant, look) for tenant in order))
            assert await threads.run(None, lambda: connection.schema_name) == "public"
            return list(zip(order, answers, strict=True))
        finally:
            await asyncio.gather(*(threads.run(None, close) for _ in range(2)))
            await threads.aclose()

    # When two threads work for both at once
    answers = asyncio.run(look_often())

    # Then each answer is from the tenant that was meant
    assert len(answers) == 80
    for tenant, (schema, names) in answers:
        assert schema == tenant.schema_name
        assert names == [f"{tenant.slug}'s"]


def test_a_failure_leaves_the_thread_fit_for_the_next(committed: str) -> None:
    with inside("acme") as acme:
        factories.job(name="acme's")

    def fail() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT no_such_column")

    async def fail_and_go_on() -> list[str]:
        threads = TenantThreads(1)
        try:
            for _ in range(3):
                assert isinstance(
                    (await asyncio.gather(threads.run(acme, fail), return_exceptions=True))[0], Exception
                )
            return await threads.run(acme, lambda: list(Job.objects.values_list("name", flat=True)))
        finally:
            await threads.run(None, close)
            await threads.aclose()

    assert asyncio.run(fail_and_go_on()) == ["acme's"]


def close() -> None:
    time.sleep(0.05)  # so that each thread gets one
    connection.close()
