"""One's own sessions: where one is signed in, since when, and how to be signed out there."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module

import pytest
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.accounts.models import Session, User
from apps.accounts.services import sessions, tokens
from apps.accounts.sessions import USE_IS_EXACT_TO, SessionStore
from apps.audit.models import Entry
from kernel.errors import NotFound
from kernel.schemas import connection
from tests import clients
from tests.api_cases import asked

pytestmark = pytest.mark.django_db
PATH = "/api/v1/sessions/"
PASSWORD = "correct horse battery"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0"


@pytest.fixture
def ada(acme):
    return User.objects.create_user("ada", password=PASSWORD)


def signed_in(tenant, agent, address="192.0.2.1", user="ada"):
    """A browser that has signed in as people do."""
    client = clients.anyone(tenant, HTTP_USER_AGENT=agent, REMOTE_ADDR=address)
    client.get("/api/v1/session/")
    answer = client.post(
        "/api/v1/session/",
        {"username": user, "password": PASSWORD},
        headers={"X-CSRFToken": client.cookies["csrftoken"].value},
    )
    assert answer.status_code == 200, answer.content
    return client


def test_each_browser_is_listed_with_what_and_where_from(acme, ada):
    home = signed_in(acme, FIREFOX, "192.0.2.1")
    signed_in(acme, EDGE, "2001:db8::7")

    listed = home.get(PATH).json()["results"]

    assert [(one["client"], one["ip"], one["is_current"]) for one in listed] == [
        ("Edge on Windows", "2001:db8::7", False),
        ("Firefox on Linux", "192.0.2.1", True),
    ]
    assert set(listed[0]) == {"id", "client", "ip", "created_at", "last_seen_at", "is_current"}
    assert abs(datetime.fromisoformat(listed[0]["created_at"]) - timezone.now()) < timedelta(minutes=1)
    zh = home.get(PATH, headers={"Accept-Language": "zh-hans"}).json()["results"]
    assert zh[0]["client"] == "Windows 上的 Edge"


def test_a_key_is_shown_to_nobody(acme, ada):
    home = signed_in(acme, FIREFOX)
    key = home.cookies["sessionid"].value
    sessions.end(Session.objects.exclude(session_key=key).create(**row_of(ada)).id, owner=ada)

    assert key not in home.get(PATH).content.decode()
    assert not Entry.objects.filter(object_id=key).exists()
    assert not Entry.objects.filter(detail__icontains=key).exists()


def row_of(user, key="k" * 32, **facts):
    return {
        "session_key": key,
        "session_data": "",
        "expire_date": timezone.now() + timedelta(days=1),
        "user": user,
        "ip": None,
        **facts,
    }


def test_a_session_that_is_ended_is_signed_out_with_the_next_request(acme, ada):
    home, lost = signed_in(acme, FIREFOX), signed_in(acme, EDGE)
    theirs = Session.objects.get(session_key=lost.cookies["sessionid"].value)

    assert home.delete(f"{PATH}{theirs.id}/").status_code == 204

    assert lost.get("/api/v1/session/").status_code == 401
    assert home.get("/api/v1/session/").status_code == 200
    assert home.delete(f"{PATH}{theirs.id}/").status_code == 404
    entry = Entry.objects.get(action="session.ended")
    assert (entry.actor_name, entry.object_name) == ("ada", "ada")
    assert entry.detail == {
        "session": str(theirs.id),
        "ip": "192.0.2.1",
        "browser": "Edge",
        "system": "Windows",
    }


def test_all_others_are_ended_at_once_and_the_one_that_asks_stays(acme, ada):
    home, *others = [signed_in(acme, agent) for agent in (FIREFOX, EDGE, EDGE)]

    answer = home.post(f"{PATH}end_others/")

    assert (answer.status_code, answer.json()) == (200, {"ended": 2})
    assert [one.get("/api/v1/session/").status_code for one in (home, *others)] == [200, 401, 401]
    assert Entry.objects.get(action="session.others_ended").detail == {"count": 2}
    assert home.post(f"{PATH}end_others/").json() == {"ended": 0}
    assert Entry.objects.filter(action="session.others_ended").count() == 1


def test_a_new_password_leaves_no_other_session_in_the_list(acme, ada):
    home, other = signed_in(acme, FIREFOX), signed_in(acme, EDGE)

    body = {"current_password": PASSWORD, "new_password": "quite another thing"}
    assert home.post("/api/v1/account/password/", body).status_code == 204

    assert [one["is_current"] for one in home.get(PATH).json()["results"]] == [True]
    assert other.get("/api/v1/session/").status_code == 401
    assert Entry.objects.get(action="user.password_changed").detail == {"sessions_ended": 1}


def test_anothers_session_is_not_there(acme, globex):
    with tenant_context(acme):
        ada, bob = User.objects.create_user("ada"), User.objects.create_user("bob")
        theirs = Session.objects.create(**row_of(bob))
        client = clients.browser(acme, ada)
        assert len(client.get(PATH).json()["results"]) == 1
        with pytest.raises(NotFound):
            sessions.end(theirs.id, owner=ada)
    with tenant_context(globex):
        foreign = Session.objects.create(**row_of(User.objects.create_user("eve")))

    for session in (theirs, foreign):
        assert client.delete(f"{PATH}{session.id}/").status_code == 404
    assert client.delete(f"{PATH}none/").status_code == 404
    with tenant_context(acme):
        assert Session.objects.filter(pk=theirs.pk).exists()


def test_sessions_are_for_who_has_one(acme, ada):
    _token, key = tokens.issue(user=ada, name="ci", lifetime=timedelta(days=1))
    session = Session.objects.create(**row_of(ada))

    for client in (clients.anyone(acme), clients.program(acme, key)):
        for answer in (
            client.get(PATH),
            client.delete(f"{PATH}{session.id}/"),
            client.post(f"{PATH}end_others/"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_a_session_that_is_over_is_not_listed(acme, ada):
    client = clients.browser(acme, ada)
    Session.objects.create(**row_of(ada, expire_date=timezone.now() - timedelta(minutes=1)))

    assert len(client.get(PATH).json()["results"]) == 1


def test_a_longer_list_costs_no_more_queries(acme, ada):
    client = clients.browser(acme, ada)
    client.get(PATH)
    with CaptureQueriesContext(connection) as few:
        client.get(PATH)
    for number in range(20):
        Session.objects.create(**row_of(ada, key=f"{number:032}"))
    with CaptureQueriesContext(connection) as many:
        assert len(client.get(PATH).json()["results"]) == 21
    assert asked(many) == asked(few)


def test_the_last_use_is_exact_to_a_minute_and_costs_a_write_only_then(acme, ada):
    client = signed_in(acme, FIREFOX, "192.0.2.1")
    rows = Session.objects.filter(user=ada)

    def writes():
        with CaptureQueriesContext(connection) as found:
            client.get("/api/v1/session/")
        return [query["sql"] for query in found if query["sql"].startswith("UPDATE")]

    before = rows.get()
    assert writes() == []
    rows.update(last_seen_at=Now() - USE_IS_EXACT_TO - timedelta(seconds=1))
    client.defaults["REMOTE_ADDR"] = "192.0.2.99"
    client.defaults["HTTP_USER_AGENT"] = EDGE
    assert len(writes()) == 1
    assert writes() == []

    after = rows.get()
    assert after.last_seen_at > before.last_seen_at
    assert (after.id, after.created_at, after.ip) == (before.id, before.created_at, "192.0.2.99")


def test_what_is_kept_in_a_session_does_not_change_whose_and_how_old_it_is(acme, ada):
    signed_in(acme, FIREFOX)
    before = Session.objects.get(user=ada)
    rows = Session.objects.filter(pk=before.pk)
    rows.update(created_at=Now() - timedelta(days=3))

    store = SessionStore(before.session_key)
    store["note"] = "kept"
    store.save()

    after = rows.get()
    assert SessionStore(before.session_key)["note"] == "kept"
    assert (after.id, after.user_id, after.agent, after.ip) == (before.id, ada.pk, FIREFOX, "192.0.2.1")
    assert timezone.now() - after.created_at > timedelta(days=2)


def test_a_look_by_the_platform_itself_is_no_use(acme, ada):
    signed_in(acme, FIREFOX)
    row = Session.objects.get(user=ada)
    Session.objects.filter(pk=row.pk).update(last_seen_at=Now() - timedelta(days=1))

    assert SessionStore(row.session_key).get("_auth_user_id") == str(ada.pk)

    row.refresh_from_db()
    assert timezone.now() - row.last_seen_at > timedelta(hours=23)


def test_a_very_long_or_odd_agent_is_cut_and_shown_as_unknown(acme, ada):
    client = signed_in(acme, "(" * 5000)

    assert client.get(PATH).json()["results"][0]["client"] == "Unknown program"
    assert len(Session.objects.get(user=ada).agent) == Session.AGENT_LENGTH


def test_disabling_a_user_leaves_no_session_for_the_day_they_are_enabled(acme, ada):
    User.objects.create_superuser("root", password=PASSWORD)
    client = signed_in(acme, FIREFOX)
    root = signed_in(acme, EDGE, user="root")
    form = {"action": "disable", "_selected_action": [ada.pk]}
    assert root.post("/admin/accounts/user/", form, format="multipart").status_code == 302

    User.objects.filter(pk=ada.pk).update(is_active=True)

    assert client.get("/api/v1/session/").status_code == 401


def test_the_old_table_goes_from_the_schema_that_is_migrated_and_from_no_other(acme):
    drop = import_module("apps.accounts.migrations.0003_drop_old_sessions").DROP
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE public.django_session ()")
        cursor.execute(f"CREATE TABLE {acme.schema_name}.django_session ()")
        cursor.execute(drop)
        cursor.execute(drop)
        cursor.execute("SELECT schemaname FROM pg_tables WHERE tablename = 'django_session'")
        assert cursor.fetchall() == [("public",)]
