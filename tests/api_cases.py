"""What every endpoint of objects must do: the same cases, inherited by the tests of each app.

    class TestJobs(ObjectCases):
        path = "/api/v1/jobs/"
        view = "jobs.view_job"
        deeds = [
            Deed("post", "pause/", "jobs.operate_job", status=200),
            Deed("patch", "", "jobs.change_job", body={"name": "new"}, status=200),
        ]

        def make(self):
            return factories.job()

The tests then are: not signed in (401), not visible (404, and not in the list), visible by an object
permission or model-wide, seen but not allowed (403), allowed, another tenant's (404), and a list that
costs the same number of queries whatever its length.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context
from guardian.shortcuts import assign_perm

from apps.accounts.models import User
from apps.tenants.models import Tenant
from tests import clients


@dataclass(frozen=True)
class Deed:
    """One way to change an object: what to send, which permission on it is asked, what success is."""

    method: str
    suffix: str
    permission: str
    body: dict[str, Any] = field(default_factory=dict)
    status: int = 200

    def send(self, client: Any, path: str) -> Any:
        return getattr(client, self.method)(f"{path}{self.suffix}", self.body, format="json")


@pytest.mark.django_db
class ObjectCases:
    """Inherit, and give ``path``, ``view``, ``deeds`` and ``make``."""

    path: ClassVar[str]
    view: ClassVar[str]
    deeds: ClassVar[list[Deed]] = []

    def make(self) -> Model:
        """A new object, in the tenant that the connection is in."""
        raise NotImplementedError

    def guarded(self, obj: Model) -> Model:
        """What the permissions are held on: the object, or the one that it belongs to (a run's job)."""
        return obj

    def url(self, obj: Model) -> str:
        return f"{self.path}{obj.pk}/"

    @pytest.fixture
    def nobody(self, acme: Tenant) -> User:
        """A user of acme without any right."""
        return User.objects.create_user("nobody")

    def test_who_is_not_signed_in_gets_401(self, acme: Tenant) -> None:
        client = clients.anyone(acme)
        for url in (self.path, self.url(self.make())):
            answer = client.get(url)
            assert answer.status_code == 401, url
            assert answer.json()["code"] == "not_authenticated"

    def test_what_is_not_visible_is_not_there(self, acme: Tenant, nobody: User) -> None:
        obj = self.make()
        client = clients.browser(acme, nobody)

        assert client.get(self.path).json()["results"] == []
        assert client.get(self.url(obj)).status_code == 404
        for deed in self.deeds:
            assert deed.send(client, self.url(obj)).status_code == 404, deed

    def test_an_object_permission_shows_that_object_alone(self, acme: Tenant, nobody: User) -> None:
        seen, other = self.make(), self.make()
        assign_perm(self.view, nobody, self.guarded(seen))
        client = clients.browser(acme, nobody)

        assert [str(row["id"]) for row in client.get(self.path).json()["results"]] == [str(seen.pk)]
        assert client.get(self.url(seen)).status_code == 200
        assert client.get(self.url(other)).status_code == 404

    def test_a_model_wide_permission_shows_all(self, acme: Tenant, nobody: User) -> None:
        made = {str(self.make().pk), str(self.make().pk)}
        nobody.user_permissions.add(permission(self.view))
        client = clients.browser(acme, nobody)

        assert made <= {str(row["id"]) for row in client.get(self.path).json()["results"]}

    def test_what_is_seen_but_not_allowed_is_403(self, acme: Tenant, nobody: User) -> None:
        obj = self.make()
        assign_perm(self.view, nobody, self.guarded(obj))
        client = clients.browser(acme, nobody)

        for deed in self.deeds:
            answer = deed.send(client, self.url(obj))
            assert answer.status_code == 403, deed
            assert answer.json()["code"] == "forbidden"

    def test_what_is_allowed_is_done(self, acme: Tenant, nobody: User) -> None:
        client = clients.browser(acme, nobody)
        for deed in self.deeds:
            obj = self.make()
            for name in (self.view, deed.permission):
                assign_perm(name, nobody, self.guarded(obj))

            answer = deed.send(client, self.url(obj))
            assert answer.status_code == deed.status, (deed, answer.content)

    def test_another_tenants_object_is_not_there(self, acme: Tenant, globex: Tenant) -> None:
        with tenant_context(globex):
            theirs = self.make()
        with tenant_context(acme):
            ours = clients.browser(acme, User.objects.create_superuser("root"))

        assert ours.get(self.url(theirs)).status_code == 404
        for deed in self.deeds:
            assert deed.send(ours, self.url(theirs)).status_code == 404, deed

    def test_a_longer_list_costs_no_more_queries(self, acme: Tenant, nobody: User) -> None:
        client = clients.browser(acme, nobody)
        nobody.user_permissions.add(permission(self.view))
        self.make()
        client.get(self.path)  # fills the caches of content types and permissions
        with CaptureQueriesContext(connection) as short:
            assert len(client.get(self.path).json()["results"]) >= 1
        for _ in range(4):
            self.make()
        with CaptureQueriesContext(connection) as longer:
            assert len(client.get(self.path).json()["results"]) >= 5
        assert len(asked(longer)) == len(asked(short)), "\n".join(asked(longer))


def asked(queries: CaptureQueriesContext) -> list[str]:
    """The statements but those that only set the schema: these depend on what the connection did before."""
    return [query["sql"] for query in queries if "search_path" not in query["sql"]]


def permission(name: str) -> Permission:
    """The permission "app.codename" of the connection's schema."""
    app, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)
