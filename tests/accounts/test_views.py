"""Saved views: one's own, by name, in order, one of them shown first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from apps.accounts.errors import TooManyViews
from apps.accounts.models import SavedView, User
from apps.accounts.services import tokens, views
from apps.tenants.models import Tenant
from kernel.errors import NotFound
from kernel.schemas import connection
from tests import clients
from tests.api_cases import asked

PATH = "/api/v1/views/"


@pytest.fixture
def ada(acme):
    return User.objects.create_user("ada")


@pytest.fixture
def browser(acme, ada):
    return clients.browser(acme, ada)


def saved(user, name, page="jobs", **facts):
    return views.create(user=user, page=page, name=name, query="state=failed", **facts)


@pytest.mark.django_db
class TestViews:
    def test_a_view_is_saved_found_changed_and_deleted(self, browser):
        body = {"page": "jobs", "name": "节拍 failed", "query": "search=a%20b&tag=x&tag=y"}
        made = browser.post(PATH, body)

        assert made.status_code == 201
        view = made.json()
        assert view == {**body, "id": view["id"], "is_default": False, "position": 0}
        assert browser.get(f"{PATH}{view['id']}/").json() == view

        changed = browser.patch(f"{PATH}{view['id']}/", {"name": "Failed", "query": "", "page": "runs"})
        assert changed.json() == {**view, "name": "Failed", "query": ""}

        assert browser.delete(f"{PATH}{view['id']}/").status_code == 204
        assert browser.delete(f"{PATH}{view['id']}/").status_code == 404
        assert browser.get(PATH).json()["results"] == []

    def test_they_come_in_their_order_page_by_page(self, browser, ada):
        first, second, third = (saved(ada, name) for name in ("c", "a", "b"))
        saved(ada, "a", page="runs")

        browser.patch(f"{PATH}{third.pk}/", {"position": 0})
        browser.patch(f"{PATH}{first.pk}/", {"position": 2})

        listed = browser.get(PATH, {"page": "jobs"}).json()["results"]
        assert [(one["name"], one["position"]) for one in listed] == [("b", 0), ("a", 1), ("c", 2)]
        assert second.position == 1
        assert len(browser.get(PATH).json()["results"]) == 4
        assert browser.get(PATH, {"page": "triggers"}).status_code == 400

    def test_one_of_a_page_is_shown_first(self, browser, ada):
        first, elsewhere = saved(ada, "a", is_default=True), saved(ada, "a", page="runs", is_default=True)
        second = browser.post(PATH, {"page": "jobs", "name": "b", "query": "", "is_default": True}).json()

        def shown_first():
            return {str(pk) for pk in SavedView.objects.filter(is_default=True).values_list("pk", flat=True)}

        assert shown_first() == {second["id"], str(elsewhere.pk)}
        browser.patch(f"{PATH}{first.pk}/", {"is_default": True})
        assert shown_first() == {str(first.pk), str(elsewhere.pk)}
        browser.patch(f"{PATH}{first.pk}/", {"is_default": False})
        assert shown_first() == {str(elsewhere.pk)}

    def test_a_name_is_there_once_on_a_page(self, acme, browser, ada):
        saved(ada, "mine")
        other = saved(ada, "other")
        saved(User.objects.create_user("bob"), "mine")

        taken = browser.post(PATH, {"page": "jobs", "name": "mine", "query": ""})
        assert (taken.status_code, taken.json()["code"]) == (409, "view.name_taken")
        assert taken.json()["errors"][0]["field"] == "name"
        assert browser.patch(f"{PATH}{other.pk}/", {"name": "mine"}).status_code == 409
        assert browser.post(PATH, {"page": "runs", "name": "mine", "query": ""}).status_code == 201

    @pytest.mark.parametrize(
        ("wish", "field"),
        [
            ({"page": "triggers"}, "page"),
            ({"name": ""}, "name"),
            ({"name": "x" * 101}, "name"),
            ({"query": "x" * 2001}, "query"),
            ({"query": "a b"}, "query"),
            ({"query": "a#b"}, "query"),
            ({"position": -1}, "position"),
            ({"position": 10_001}, "position"),
            ({"is_default": "perhaps"}, "is_default"),
        ],
    )
    def test_a_view_that_is_refused(self, browser, wish, field):
        answer = browser.post(PATH, {"page": "jobs", "name": "n", "query": "", **wish})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)

    def test_there_are_at_most_fifty_on_a_page(self, browser, ada, monkeypatch):
        monkeypatch.setattr(views, "MOST_ON_A_PAGE", 2)
        saved(ada, "a")
        saved(ada, "b")

        answer = browser.post(PATH, {"page": "jobs", "name": "c", "query": ""})
        assert (answer.status_code, answer.json()["code"]) == (409, "view.too_many")
        assert "2" in answer.json()["detail"]
        assert browser.post(PATH, {"page": "runs", "name": "c", "query": ""}).status_code == 201

    def test_anothers_view_is_not_there(self, acme, globex):
        with tenant_context(acme):
            ada, bob = User.objects.create_user("ada"), User.objects.create_user("bob")
            theirs, client = saved(bob, "b"), clients.browser(acme, ada)
            for deed in (
                lambda: views.change(theirs.pk, user=ada),
                lambda: views.delete(theirs.pk, user=ada),
            ):
                with pytest.raises(NotFound):
                    deed()
        with tenant_context(globex):
            foreign = saved(User.objects.create_user("eve"), "e")

        assert client.get(PATH).json()["results"] == []
        for view in (theirs, foreign):
            for answer in (
                client.get(f"{PATH}{view.pk}/"),
                client.patch(f"{PATH}{view.pk}/", {"name": "x"}),
                client.delete(f"{PATH}{view.pk}/"),
            ):
                assert answer.status_code == 404

    def test_a_program_has_its_users_views_and_nobody_has_none(self, acme, ada):
        saved(ada, "a")
        _token, key = tokens.issue(user=ada, name="ci", lifetime=timedelta(days=1))

        assert len(clients.program(acme, key).get(PATH).json()["results"]) == 1
        assert clients.anyone(acme).get(PATH).status_code == 401

    def test_a_longer_list_costs_no_more_queries(self, browser, ada):
        saved(ada, "a")
        browser.get(PATH)
        with CaptureQueriesContext(connection) as few:
            browser.get(PATH)
        for number in range(9):
            saved(ada, f"v{number}")
        with CaptureQueriesContext(connection) as many:
            assert len(browser.get(PATH).json()["results"]) == 10
        assert len(asked(many)) == len(asked(few))


def test_eight_at_once_do_not_pass_the_limit_and_leave_one_that_is_shown_first(committed, monkeypatch):
    monkeypatch.setattr(views, "MOST_ON_A_PAGE", 3)
    acme = Tenant.objects.get(slug="acme")
    connection.set_tenant(acme)
    ada = User.objects.create_user("ada")
    together = Barrier(8)

    def save(number: int) -> bool:
        connection.set_tenant(acme)
        try:
            together.wait()
            saved(ada, f"view {number}", is_default=True)
        except TooManyViews:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(save, range(8))) == 3

    assert sorted(SavedView.objects.values_list("position", flat=True)) == [0, 1, 2]
    assert SavedView.objects.filter(is_default=True).count() == 1
