"""Admin pages of guarded objects obey object permissions; shown on datasources, which are such objects."""

import pytest
from guardian.shortcuts import assign_perm

from apps.accounts.models import User
from apps.accounts.selectors import may
from apps.datasources.models import Datasource
from tests import clients
from tests.api_cases import permission

pytestmark = pytest.mark.django_db
LIST = "/admin/datasources/datasource/"


@pytest.fixture
def sources(acme):
    return [Datasource.objects.create(name=f"source {n}", kind="sqlite", path=f"{n}.db") for n in "ab"]


@pytest.fixture
def clerk(acme):
    return User.objects.create_user("clerk", is_staff=True)


def change_page(source):
    return f"{LIST}{source.pk}/change/"


def test_staff_without_any_right_does_not_even_see_the_menu(acme, sources, clerk):
    client = clients.browser(acme, clerk)

    assert LIST not in client.get("/admin/").content.decode()
    assert client.get(LIST).status_code == 403
    assert client.get(change_page(sources[0])).status_code in (302, 403)


def test_an_object_permission_opens_that_object_alone(acme, sources, clerk):
    assign_perm("datasources.view_datasource", clerk, sources[0])
    client = clients.browser(acme, clerk)

    assert LIST in client.get("/admin/").content.decode()
    page = client.get(LIST).content.decode()
    assert "source a" in page
    assert "source b" not in page
    assert client.get(change_page(sources[0])).status_code == 200
    assert client.get(change_page(sources[1])).status_code == 302  # "doesn't exist. Perhaps it was deleted?"
    assert client.post(change_page(sources[0]), {"name": "mine"}, format="multipart").status_code == 403
    assert (
        client.post(f"{LIST}{sources[0].pk}/delete/", {"post": "yes"}, format="multipart").status_code == 403
    )
    assert client.get(f"{LIST}add/").status_code == 403


def test_rights_are_given_on_the_objects_own_page(acme, sources, clerk):
    client = clients.browser(acme, User.objects.create_superuser("root"))
    url = f"{LIST}{sources[0].pk}/permissions/"

    assert client.get(url).status_code == 200
    page = client.post(
        f"{url}user-manage/{clerk.pk}/", {"permissions": ["view_datasource"]}, format="multipart"
    )

    assert page.status_code == 302
    assert may(clerk, "datasources.view_datasource", sources[0])


def test_who_may_change_an_object_may_not_give_themselves_more(acme, sources, clerk):
    clerk.user_permissions.add(permission("datasources.change_datasource"))
    client = clients.browser(acme, clerk)
    url = f"{LIST}{sources[0].pk}/permissions/"
    assert client.get(change_page(sources[0])).status_code == 200

    client.post(f"{url}user-manage/{clerk.pk}/", {"permissions": ["delete_datasource"]}, format="multipart")

    assert (client.get(url).status_code, client.get(url)["Location"]) == (302, "/admin/")
    assert not may(clerk, "datasources.delete_datasource", sources[0])
