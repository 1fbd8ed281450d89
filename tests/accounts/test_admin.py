"""People, groups and tokens in the admin: who may raise whom, and what is written down."""

import re

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group
from django_tenants.utils import tenant_context

from apps.accounts.models import ApiToken, User
from apps.audit.models import Entry
from tests import clients
from tests.api_cases import permission

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(acme):
    return User.objects.create_superuser("root", "root@acme.example", "correct horse battery")


@pytest.fixture
def clerk(acme):
    """Staff who may look after people, and no more."""
    clerk = User.objects.create_user("clerk", is_staff=True)
    for deed in ("view", "add", "change", "delete"):
        clerk.user_permissions.add(permission(f"accounts.{deed}_user"))
    return clerk


@pytest.fixture
def ada(acme):
    return User.objects.create_user("ada", "ada@acme.example", "correct horse battery")


def post(client, url, **form):
    return client.post(url, form, format="multipart")


@pytest.mark.parametrize(
    "page",
    [
        "/admin/",
        "/admin/accounts/user/",
        "/admin/accounts/user/add/",
        "/admin/accounts/user/{ada}/change/",
        "/admin/accounts/user/{ada}/password/",
        "/admin/accounts/user/{ada}/history/",
        "/admin/accounts/apitoken/",
        "/admin/accounts/apitoken/add/",
        "/admin/auth/group/",
        "/admin/auth/group/add/",
        "/admin/axes/accessattempt/",
        "/admin/axes/accesslog/",
        "/admin/password_change/",
    ],
)
def test_every_page_opens(acme, root, ada, page):
    assert clients.browser(acme, root).get(page.format(ada=ada.pk)).status_code == 200


def test_the_sidebar_has_what_one_may_see(acme, root, clerk):
    full, partial = (clients.browser(acme, user).get("/admin/").content.decode() for user in (root, clerk))

    assert "/admin/audit/entry/" in full
    assert "/admin/accounts/user/" in partial
    assert "/admin/audit/entry/" not in partial
    assert "/admin/tenants/" not in full


def test_who_is_not_staff_stays_outside(acme, ada):
    answer = clients.browser(acme, ada).get("/admin/accounts/user/")

    assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=/admin/accounts/user/")


def test_only_rights_on_what_the_site_shows_are_offered(acme, root, ada):
    page = clients.browser(acme, root).get(f"/admin/accounts/user/{ada.pk}/change/").content.decode()

    assert "Can view audit entry" in page
    assert "Can add tenant" not in page
    assert "Can add session" not in page


def test_a_created_user_is_written_down_without_the_password(acme, root):
    answer = post(
        clients.browser(acme, root),
        "/admin/accounts/user/add/",
        username="grace",
        email="",
        usable_password="true",
        password1="quite another thing",
        password2="quite another thing",
    )

    assert answer.status_code == 302
    assert User.objects.get(username="grace").check_password("quite another thing")
    entry = Entry.objects.get(action="user.created", object_name="grace")
    assert entry.actor_name == "root"
    assert "quite another" not in str(entry.detail)


def test_staff_can_not_raise_themselves(acme, clerk):
    answer = post(
        clients.browser(acme, clerk),
        f"/admin/accounts/user/{clerk.pk}/change/",
        username="clerk",
        display_name="Chief",
        is_superuser="on",
        is_staff="on",
        user_permissions=[permission("auth.change_group").pk],
    )

    assert answer.status_code == 302
    clerk.refresh_from_db()
    assert (clerk.display_name, clerk.is_superuser, clerk.is_active) == ("Chief", False, True)
    assert not clerk.user_permissions.filter(codename="change_group").exists()


def test_staff_can_not_touch_a_superuser(acme, root, clerk):
    client = clients.browser(acme, clerk)
    url = f"/admin/accounts/user/{root.pk}/"

    assert post(client, f"{url}change/", username="taken").status_code == 403
    assert post(client, f"{url}password/", password1="x", password2="x").status_code == 403
    assert post(client, f"{url}delete/", post="yes").status_code == 403
    post(client, "/admin/accounts/user/", action="disable", _selected_action=[root.pk])
    root.refresh_from_db()
    assert (root.username, root.is_active) == ("root", True)


def test_disabling_ends_sessions_and_is_written_down(acme, root, ada):
    session = clients.browser(acme, ada)
    assert session.get("/api/v1/session/").status_code == 200

    answer = post(
        clients.browser(acme, root),
        "/admin/accounts/user/",
        action="disable",
        _selected_action=[ada.pk, root.pk],
    )

    assert answer.status_code == 302
    assert session.get("/api/v1/session/").status_code == 401
    root.refresh_from_db()
    assert root.is_active, "nobody disables themselves"
    assert Entry.objects.filter(action="user.disabled", object_name="ada", actor_name="root").exists()


def test_nobody_deletes_themselves(acme, root):
    assert (
        post(clients.browser(acme, root), f"/admin/accounts/user/{root.pk}/delete/", post="yes").status_code
        == 403
    )


def test_a_token_made_here_works_and_its_key_is_shown_once(acme, root):
    client = clients.browser(acme, root)

    page = post(client, "/admin/accounts/apitoken/add/", name="ci", expires_in_days="30")

    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    found = re.search(r'id="issued-key"[^>]*>([0-9a-f]{64})<', page.content.decode())
    assert found
    key = found[1]
    assert clients.program(acme, key).get("/api/v1/tokens/").status_code == 200
    token = ApiToken.objects.get()
    for url in ("/admin/accounts/apitoken/", f"/admin/accounts/apitoken/{token.pk}/change/"):
        shown = client.get(url).content.decode()
        assert token.token_key in shown
        assert key not in shown
        assert token.digest not in shown

    assert post(client, f"/admin/accounts/apitoken/{token.pk}/delete/", post="yes").status_code == 302
    assert clients.program(acme, key).get("/api/v1/tokens/").status_code == 401
    assert Entry.objects.filter(action="token.revoked", actor_name="root").exists()


@pytest.mark.parametrize(
    "form", [{"name": "", "expires_in_days": "1"}, {"name": "x", "expires_in_days": "400"}]
)
def test_a_token_that_is_refused_here(acme, root, form):
    page = post(clients.browser(acme, root), "/admin/accounts/apitoken/add/", **form)

    assert page.status_code == 200
    assert "errorlist" in page.content.decode() or "text-red" in page.content.decode()
    assert not ApiToken.objects.exists()


def test_a_second_token_of_one_name_is_refused_with_a_sentence(acme, root):
    client = clients.browser(acme, root)
    post(client, "/admin/accounts/apitoken/add/", name="ci", expires_in_days="30")

    answer = post(client, "/admin/accounts/apitoken/add/", name="ci", expires_in_days="30")

    assert ApiToken.objects.count() == 1
    page = client.get("/admin/accounts/apitoken/") if answer.status_code == 302 else answer
    assert "You have a token named “ci” already." in page.content.decode()


def test_the_admin_shows_its_own_tenants_people_only(acme, root, globex):
    with tenant_context(globex):
        User.objects.create_user("grace")
        boss = User.objects.create_superuser("boss")

    page = clients.browser(globex, boss).get("/admin/accounts/user/").content.decode()

    assert "grace" in page
    assert "root@acme.example" not in page


def test_a_locked_out_user_is_let_in_again(acme, root, ada):
    client = clients.anyone(acme)
    for _ in range(5):
        client.post("/api/v1/session/", {"username": "ada", "password": "wrong"})
    attempt = AccessAttempt.objects.get(username="ada")
    admin = clients.browser(acme, root)
    assert admin.get(f"/admin/axes/accessattempt/{attempt.pk}/change/").status_code == 200

    assert post(admin, f"/admin/axes/accessattempt/{attempt.pk}/delete/", post="yes").status_code == 302

    right = {"username": "ada", "password": "correct horse battery"}
    assert client.post("/api/v1/session/", right).status_code == 200


def test_a_groups_rights_are_written_down(acme, root):
    answer = post(
        clients.browser(acme, root),
        "/admin/auth/group/add/",
        name="Operators",
        permissions=[permission("accounts.view_user").pk],
    )

    assert answer.status_code == 302
    assert Group.objects.get(name="Operators").permissions.count() == 1
    assert Entry.objects.get(action="group.created").detail == {"fields": ["name", "permissions"]}
