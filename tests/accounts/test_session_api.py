"""Signing in and out as the SPA does it, with the CSRF checks of a real browser."""

import pytest
from django.contrib.auth.models import Group

from apps.accounts.models import Session, User
from apps.audit.models import Entry
from kernel.schemas import connection
from tests import clients
from tests.api_cases import permission

pytestmark = pytest.mark.django_db
PATH = "/api/v1/session/"
PASSWORD = "correct horse battery"


@pytest.fixture
def ada(acme):
    return User.objects.create_user("ada", "ada@acme.example", PASSWORD, display_name="Ada L.")


@pytest.fixture
def spa(acme):
    return clients.anyone(acme, enforce_csrf_checks=True)


def sign_in(client, password=PASSWORD, username="ada", csrf=True):
    headers = {}
    if csrf:
        client.get(PATH)
        headers["X-CSRFToken"] = client.cookies["csrftoken"].value
    return client.post(PATH, {"username": username, "password": password}, headers=headers)


def test_before_signing_in_there_is_a_401_and_a_csrf_cookie(spa):
    answer = spa.get(PATH)

    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer.json()["code"] == "not_authenticated"
    assert answer.cookies["csrftoken"].value


def test_signing_in_answers_who_where_and_a_new_csrf_token(spa, ada):
    spa.get(PATH)
    before = spa.cookies["csrftoken"].value

    answer = sign_in(spa)

    assert answer.status_code == 200
    body = answer.json()
    assert body["user"] == {
        "id": ada.pk,
        "username": "ada",
        "email": "ada@acme.example",
        "display_name": "Ada L.",
        "is_staff": False,
        "language": "en",
        "time_zone": "Asia/Shanghai",
        "preferences": {
            "theme": "system",
            "density": "comfortable",
            "home": "dashboard",
            "notify_failures": True,
        },
        "notices_read_at": None,
    }
    assert body["tenant"] == {"name": "Acme", "slug": "acme"}
    assert body["csrf_token"]
    assert spa.cookies["csrftoken"].value != before
    assert spa.get(PATH).json()["user"] == body["user"]
    assert answer.cookies["sessionid"]["httponly"]
    assert not answer.cookies["sessionid"]["domain"]


def test_a_session_says_what_may_be_done_on_all_objects(acme, ada):
    ada.user_permissions.add(permission("jobs.add_job"), permission("auth.add_group"))
    editors = Group.objects.create(name="editors")
    editors.permissions.add(permission("datasources.add_datasource"))
    ada.groups.add(editors)

    assert clients.browser(acme, ada).get(PATH).json()["permissions"] == [
        "datasources.add_datasource",
        "jobs.add_job",
    ]
    root = clients.browser(acme, User.objects.create_superuser("root")).get(PATH).json()["permissions"]
    assert {"jobs.operate_job", "jobs.delete_job", "datasources.add_datasource"} <= set(root)
    assert not [name for name in root if name.startswith(("auth.", "admin.", "axes."))]


@pytest.mark.parametrize(
    ("username", "password"),
    [("ada", "wrong"), ("nobody", PASSWORD), ("ada", ""), ("ADA", PASSWORD), ("ada\x00", PASSWORD)],
)
def test_a_wrong_name_and_a_wrong_password_look_alike(spa, ada, username, password):
    answer = sign_in(spa, password=password or " ", username=username)

    if "\x00" in username:
        assert answer.status_code == 400
        return
    assert (answer.status_code, answer.json()["code"]) == (401, "session.refused")
    assert answer.json()["detail"] == "The username or the password is wrong."
    assert "sessionid" not in answer.cookies


def test_a_disabled_user_gets_the_same_answer(spa, ada):
    User.objects.filter(pk=ada.pk).update(is_active=False)

    answer = sign_in(spa)

    assert (answer.status_code, answer.json()["code"]) == (401, "session.refused")


def test_signing_in_needs_the_csrf_token(spa, ada):
    answer = sign_in(spa, csrf=False)

    assert answer.status_code == 403
    assert "CSRF" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body", [{}, {"username": "ada"}, {"password": PASSWORD}, {"username": ["ada"], "password": {}}]
)
def test_an_incomplete_sign_in_names_the_fields(spa, ada, body):
    spa.get(PATH)
    answer = spa.post(PATH, body, headers={"X-CSRFToken": spa.cookies["csrftoken"].value})

    assert answer.status_code == 400
    assert {error["field"] for error in answer.json()["errors"]} <= {"username", "password"}
    assert PASSWORD not in answer.content.decode()


def test_signing_out_ends_the_session_for_good(spa, ada):
    sign_in(spa)
    stolen = spa.cookies["sessionid"].value

    answer = spa.delete(PATH, headers={"X-CSRFToken": spa.cookies["csrftoken"].value})

    assert answer.status_code == 204
    assert not Session.objects.exists()
    spa.cookies["sessionid"] = stolen
    assert spa.get(PATH).status_code == 401
    actions = list(Entry.objects.filter(actor_name="ada").values_list("action", flat=True))
    assert actions == ["session.closed", "session.opened"]


def test_a_change_with_a_session_needs_the_csrf_token(spa, ada):
    sign_in(spa)

    assert spa.delete(PATH).status_code == 403
    assert spa.post("/api/v1/tokens/", {"name": "ci", "expires_in_days": 1}).status_code == 403


def test_disabling_a_user_ends_the_session_with_the_next_request(acme, ada):
    client = clients.browser(acme, ada)
    assert client.get(PATH).status_code == 200

    User.objects.filter(pk=ada.pk).update(is_active=False)

    assert client.get(PATH).status_code == 401


def test_a_session_of_one_tenant_is_nothing_to_another(acme, globex):
    connection.set_tenant(acme)
    ada = User.objects.create_user("ada")
    connection.set_tenant(globex)
    User.objects.create_user("ada", id=ada.pk)
    client = clients.browser(acme, ada)
    assert client.get(PATH).status_code == 200

    client.defaults["HTTP_HOST"] = "globex.localhost"  # the cookie goes along, as a thief would send it

    assert client.get(PATH).status_code == 401


# --- one's own account ------------------------------------------------------------------------------


def test_the_chosen_language_and_zone_count_at_once(acme, ada):
    client = clients.browser(acme, ada)

    answer = client.patch("/api/v1/account/", {"language": "zh-hans", "time_zone": "Europe/Berlin"})

    assert answer.status_code == 200
    session = client.get(PATH)
    assert session["Content-Language"] == "zh-hans"
    assert session.json()["user"]["language"] == "zh-hans"
    assert session.json()["user"]["time_zone"] == "Europe/Berlin"


@pytest.mark.parametrize(
    ("wish", "field"), [({"time_zone": "Mars/Base"}, "time_zone"), ({"language": "tlh"}, "language")]
)
def test_a_bad_preference_is_refused(acme, ada, wish, field):
    answer = clients.browser(acme, ada).patch("/api/v1/account/", wish)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


def test_rights_are_no_preferences(acme, ada):
    clients.browser(acme, ada).patch(
        "/api/v1/account/", {"is_superuser": True, "is_staff": True, "username": "root"}
    )

    ada.refresh_from_db()
    assert (ada.username, ada.is_superuser, ada.is_staff) == ("ada", False, False)


def test_a_new_password_keeps_this_session_and_ends_the_others(acme, ada):
    here, elsewhere = clients.browser(acme, ada), clients.browser(acme, ada)

    answer = here.post(
        "/api/v1/account/password/", {"current_password": PASSWORD, "new_password": "quite another thing"}
    )

    assert answer.status_code == 204
    assert here.get(PATH).status_code == 200
    assert elsewhere.get(PATH).status_code == 401
    ada.refresh_from_db()
    assert ada.check_password("quite another thing")
    assert Entry.objects.filter(action="user.password_changed", actor_name="ada").exists()


@pytest.mark.parametrize(
    ("current", "new", "code", "field"),
    [
        ("wrong", "quite another thing", "password.wrong", "current_password"),
        (PASSWORD, "short", "password.weak", "new_password"),
        (PASSWORD, "12345678901234", "password.weak", "new_password"),
        (PASSWORD, "password123", "password.weak", "new_password"),
        (PASSWORD, "ada@acme.example", "password.weak", "new_password"),
    ],
)
def test_a_password_that_is_refused(acme, ada, current, new, code, field):
    client = clients.browser(acme, ada)

    answer = client.post("/api/v1/account/password/", {"current_password": current, "new_password": new})

    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["errors"][0]["field"]) == (code, field)
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)
