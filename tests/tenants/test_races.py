"""Tenants as races: real commits, several threads."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection

from apps.tenants.errors import NameTaken
from apps.tenants.models import Tenant
from apps.tenants.services import tenants


def test_four_at_once_with_one_name_make_one_tenant(committed):
    gate = Barrier(4)

    def attempt(number):
        gate.wait()
        try:
            return type(tenants.create(name="Initech", slug="initech", username=f"owner{number}"))
        except NameTaken as taken:
            return type(taken)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(attempt, range(4)))

    assert sorted(result.__name__ for result in results) == ["Created", "NameTaken", "NameTaken", "NameTaken"]
    assert Tenant.objects.filter(slug="initech").count() == 1
