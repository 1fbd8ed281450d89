"""What a visitor sees while the database is away."""

from django.conf import settings

from apps.tenants.models import Tenant
from kernel.schemas import connection
from tests import clients


def test_a_lost_database_is_a_503_as_page_and_as_problem_and_passes(committed):
    client = clients.anyone(Tenant.objects.get(slug="acme"))
    assert client.get("/api/v1/session/").status_code == 401

    # When the database can't be reached
    connection.close()
    connection.settings_dict["NAME"] = "not_there"
    problem, page = client.get("/api/v1/session/"), client.get("/admin/")

    # Then every answer says so, and when to come back
    assert (problem.status_code, problem["Content-Type"]) == (503, "application/problem+json")
    assert (problem.json()["code"], problem["Retry-After"]) == ("database.unavailable", "5")
    assert (page.status_code, page["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert settings.DATABASES["default"]["USER"] not in page.content.decode()

    # And all is well when it is back
    connection.settings_dict["NAME"] = committed
    assert client.get("/api/v1/session/").status_code == 401
