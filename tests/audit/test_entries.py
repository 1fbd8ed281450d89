"""The audit log: who, what, from where; and nobody can take it back."""

import pytest
from django.db import DatabaseError, connection, transaction

from apps.accounts.models import User
from apps.audit import selectors, services
from apps.audit.models import Entry
from tests import clients

pytestmark = pytest.mark.django_db


def test_an_entry_names_actor_and_object_by_id_and_words(acme):
    actor, other = User.objects.create_user("ada"), User.objects.create_user("bob")

    entry = services.record(action="user.disabled", actor=actor, obj=other, detail={"why": "left"})

    entry.refresh_from_db()
    assert (entry.actor_id, entry.actor_name) == (str(actor.pk), "ada")
    assert (entry.object_type, entry.object_id, entry.object_name) == ("accounts.user", str(other.pk), "bob")
    assert entry.detail == {"why": "left"}
    assert entry.at is not None


def test_an_entry_outlives_what_it_names(acme):
    actor = User.objects.create_user("ada")
    services.record(action="user.left", actor=actor, obj=actor)

    actor.delete()

    assert Entry.objects.get(action="user.left").actor_name == "ada"


def test_an_entry_goes_with_the_deed_that_failed(acme):
    def disable():
        services.record(action="user.disabled", actor="test")
        raise ValueError("broke")

    with pytest.raises(ValueError, match="broke"), transaction.atomic():
        disable()

    assert not Entry.objects.filter(action="user.disabled").exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor_name = 'somebody else'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
    ],
)
def test_the_database_refuses_to_change_history(acme, statement):
    services.record(action="user.disabled", actor="test")

    with (
        pytest.raises(DatabaseError, match="never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert Entry.objects.filter(action="user.disabled", actor_name="test").exists()


def test_the_history_of_one_object_is_newest_first(acme):
    ada, bob = User.objects.create_user("ada"), User.objects.create_user("bob")
    for action, obj in (("user.disabled", ada), ("user.disabled", bob), ("user.enabled", ada)):
        services.record(action=action, actor="test", obj=obj)

    assert [entry.action for entry in selectors.of_object(ada)] == ["user.enabled", "user.disabled"]


def test_a_deed_over_http_bears_address_and_request_id(acme):
    user = User.objects.create_user("ada")
    client = clients.browser(acme, user, REMOTE_ADDR="192.0.2.7")

    answer = client.post(
        "/api/v1/tokens/", {"name": "ci", "expires_in_days": 1}, headers={"X-Request-ID": "proxy-1234567"}
    )

    assert answer.headers["X-Request-ID"] == "proxy-1234567"
    entry = Entry.objects.get(action="token.issued")
    assert (entry.ip, entry.request_id, entry.actor_name) == ("192.0.2.7", "proxy-1234567", "ada")


@pytest.mark.parametrize("given", ["short", "has spaces in it", "x" * 65, "bell\x07" * 3])
def test_an_implausible_request_id_is_replaced(acme, given):
    answer = clients.anyone(acme).get("/api/v1/session/", headers={"X-Request-ID": given})

    assert answer.headers["X-Request-ID"] != given
    assert len(answer.headers["X-Request-ID"]) == 36


def test_outside_a_request_there_is_no_address(acme):
    entry = services.record(action="run.reaped", actor="reaper")

    assert (entry.ip, entry.request_id, entry.actor_id, entry.actor_name) == (None, "", "", "reaper")


def test_the_admin_shows_history_and_lets_nobody_write_it(acme):
    root = User.objects.create_superuser("root")
    entry = services.record(action="user.disabled", actor="test", obj=root, detail={"why": "<script>"})
    client = clients.browser(acme, root)

    assert client.get("/admin/audit/entry/").status_code == 200
    page = client.get(f"/admin/audit/entry/{entry.pk}/change/")
    assert page.status_code == 200
    assert "&lt;script&gt;" in page.content.decode()
    assert client.get("/admin/audit/entry/add/").status_code == 403
    assert client.post(f"/admin/audit/entry/{entry.pk}/delete/", {"post": "yes"}).status_code == 403
