"""The datasources of the API: who may, what comes out, and that a password never does."""

from __future__ import annotations

import sqlite3
from itertools import count
from typing import Any

import pytest
from django.conf import settings

from apps.audit.models import Entry
from apps.datasources.models import Datasource
from apps.datasources.services import datasources, targets
from kernel import crypto
from kernel.schemas import connection
from tests import clients, factories
from tests.api_cases import Deed, ObjectCases

PATH = "/api/v1/datasources/"
SALES: dict[str, Any] = {
    "name": "Sales",
    "kind": "postgresql",
    "host": "db.example.com",
    "database": "sales",
    "username": "analyst",
}
_number = count(1)


def make(**facts):
    return datasources.create(by=factories.owner(), **{**SALES, "name": f"source {next(_number)}", **facts})


class TestDatasources(ObjectCases):
    path = PATH
    view = "datasources.view_datasource"
    deeds = [
        Deed("patch", "", "datasources.change_datasource", body={"description": "of 2026"}),
        Deed("post", "test/", "datasources.use_datasource"),
        Deed("delete", "", "datasources.delete_datasource", status=204),
    ]

    def make(self):
        return make(kind="sqlite", host="", database="", username="", path="none.db")


@pytest.fixture
def client(acme):
    return clients.browser(acme, factories.owner())


def test_creating_needs_the_right_to(acme):
    nobody = clients.browser(acme, factories.user())

    answer = nobody.post(PATH, SALES)

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert not Datasource.objects.exists()


def test_what_is_made_comes_back_whole_but_for_the_password(client):
    answer = client.post(PATH, {**SALES, "password": "s3cret!", "options": {"ssl_mode": "require"}})

    body = answer.json()
    assert answer.status_code == 201, body
    assert {key: body[key] for key in ("port", "has_password", "owner", "is_read_only", "max_rows")} == {
        "port": 5432,
        "has_password": True,
        "owner": "owner",
        "is_read_only": False,
        "max_rows": 10_000,
    }
    for shown in (answer, client.get(PATH), client.get(f"{PATH}{body['id']}/")):
        assert b"s3cret!" not in shown.content
        assert b"password_token" not in shown.content


def test_the_password_is_in_the_database_only_encrypted_and_in_no_record(client, acme):
    made = client.post(PATH, {**SALES, "password": "s3cret!"}).json()
    client.patch(f"{PATH}{made['id']}/", {"password": "n3w"})

    connection.set_tenant(acme)
    row = Datasource.objects.get(pk=made["id"])
    assert crypto.decrypt(row.password_token, keys=settings.ENV.encryption_keys) == "n3w"
    assert targets.target_of(row).password == "n3w"
    recorded = [(e.action, e.detail) for e in Entry.objects.filter(object_id=made["id"]).order_by("pk")]
    assert recorded == [
        ("datasource.created", {"kind": "postgresql"}),
        ("datasource.changed", {"fields": ["password"]}),
    ]
    assert "n3w" not in repr(row) + str(row) + repr(targets.target_of(row))


def test_an_empty_password_keeps_the_stored_one_and_null_removes_it(client, acme):
    url = f"{PATH}{client.post(PATH, {**SALES, 'password': 's3cret!'}).json()['id']}/"

    assert client.patch(url, {"password": "", "max_rows": 5}).json()["has_password"] is True
    assert client.patch(url, {"password": None}).json()["has_password"] is False


@pytest.mark.parametrize(
    "change",
    [
        {"host": "evil.example.com"},
        {"port": 5433},
        {"username": "bob"},
        {"options": {"ssl_mode": "disable"}},
        {"kind": "mysql", "port": 5432},
    ],
)
def test_a_stored_password_is_sent_nowhere_else(client, change):
    url = f"{PATH}{client.post(PATH, {**SALES, 'password': 's3cret!'}).json()['id']}/"

    answer = client.patch(url, change)

    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {
            "field": "password",
            "code": "datasource.password_needed",
            "detail": "With another host, port, user or encryption the password must be given again.",
        }
    ]
    assert client.patch(url, {**change, "password": "again"}).status_code == 200


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "a UNIX socket": (
        {"host": "/var/run/postgresql"},
        "host",
        "A UNIX socket can't be the host: jobs reach databases by TCP only.",
    ),
    "several hosts": ({"host": "a,b"}, "host", '"a,b" is not a host name or an IP address.'),
    "no host": ({"host": ""}, "host", "The host is missing."),
    "a connection string": (
        {"database": "host=/tmp dbname=x"},
        "database",
        "The database must be a name, not a connection string.",
    ),
    "no database": ({"database": " "}, "database", "The database is missing."),
    "no user": ({"username": ""}, "username", "The user name is missing."),
    "port 0": ({"port": 70000}, "port", "Ensure this value is less than or equal to 65535."),
    "a file and a host": ({"path": "a.db"}, "path", "Only a SQLite datasource has a file."),
    "a host for SQLite": (
        {"kind": "sqlite", "path": "a.db"},
        "host",
        'A SQLite datasource has no "host", only a file.',
    ),
    "an option of the driver": (
        {"options": {"options": "-c x=1"}},
        "options",
        '"options" is not an option of a postgresql datasource. '
        "There are: application_name, connect_timeout_seconds, search_path, ssl_ca, ssl_mode.",
    ),
    "a bad ssl mode": (
        {"options": {"ssl_mode": "yes"}},
        "options",
        'The option "ssl_mode" must be one of disable, prefer, require, verify-ca, verify-full.',
    ),
    "verify without authority": (
        {"options": {"ssl_mode": "verify-full"}},
        "options",
        'The option "ssl_mode" verify-full needs the option "ssl_ca".',
    ),
    "a list of options": ({"options": [1]}, "options", "The options must be a JSON object."),
    "a smuggled setting": (
        {"options": {"search_path": "public -c statement_timeout=0"}},
        "options",
        'The option "search_path" must be names of schemas, separated by commas.',
    ),
    "no rows": ({"max_rows": 0}, "max_rows", "Ensure this value is greater than or equal to 1."),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_settings_are_refused_by_name(client, case):
    change, field, detail = BAD[case]

    answer = client.post(PATH, {**SALES, **change})

    assert answer.status_code == 400, answer.content
    assert [(e["field"], e["detail"]) for e in answer.json()["errors"]] == [(field, detail)]


@pytest.mark.parametrize("path", ["../../globex/files/a.db", "/etc/passwd", "a/../../b.db", "..", "."])
def test_a_file_outside_the_folder_is_refused(client, path):
    answer = client.post(PATH, {"name": "S", "kind": "sqlite", "path": path})

    assert answer.json()["errors"][0]["field"] == "path"
    assert answer.json()["detail"] == (
        "The file's path must lie inside the tenant's folder: relative, and without \"..\"."
    )


def test_a_name_is_given_once(client):
    client.post(PATH, SALES)
    answer = client.post(PATH, SALES)

    assert answer.status_code == 400
    assert answer.json()["detail"] == 'There is another datasource with the name "Sales".'
    assert answer.json()["code"] == "datasource.name_taken"


def test_the_list_is_filtered_ordered_and_paged(client, acme):
    for number in range(3):
        make(name=f"b{number}")
    make(name="a", kind="sqlite", host="", database="", username="", path="a.db", is_read_only=True)

    def names(query):
        return [row["name"] for row in client.get(f"{PATH}?{query}").json()["results"]]

    assert names("ordering=-name") == ["b2", "b1", "b0", "a"]
    assert names("kind=sqlite") == ["a"]
    assert names("is_read_only=false&ordering=name") == ["b0", "b1", "b2"]
    assert names("search=B1") == ["b1"]
    page = client.get(f"{PATH}?ordering=name&page_size=3").json()
    assert [row["name"] for row in client.get(page["next"]).json()["results"]] == ["b2"]


def test_a_test_tells_the_cause_and_is_recorded(client, acme):
    source = make(kind="sqlite", host="", database="", username="", path="none.db")

    answer = client.post(f"{PATH}{source.pk}/test/")

    assert answer.status_code == 200
    assert {key: answer.json()[key] for key in ("ok", "code", "detail")} == {
        "ok": False,
        "code": "datasource.file_missing",
        "detail": 'There is no file "none.db" in the tenant\'s folder.',
    }
    connection.set_tenant(acme)
    assert Entry.objects.get(action="datasource.tested").detail == {"result": "datasource.file_missing"}


def test_a_test_that_succeeds_tells_what_answered(client, acme):
    folder = targets.files_folder()
    folder.mkdir(parents=True, exist_ok=True)
    sqlite3.connect(folder / "real.db").execute("CREATE TABLE t (a)").connection.close()
    source = make(kind="sqlite", host="", database="", username="", path="real.db", is_read_only=True)

    body = client.post(f"{PATH}{source.pk}/test/").json()

    assert (body["ok"], body["code"], body["writable"]) == (True, "ok", False)
    assert body["server"] == f"SQLite {sqlite3.sqlite_version}"


def test_a_tenant_does_not_reach_another_tenants_files(acme, globex):
    folder = targets.files_folder()
    folder.mkdir(parents=True, exist_ok=True)
    sqlite3.connect(folder / "theirs.db").execute("CREATE TABLE t (a)").connection.close()
    connection.set_tenant(acme)

    source = make(kind="sqlite", host="", database="", username="", path="theirs.db")

    assert targets.target_of(source).folder != folder
