"""The datasources of the API: who may, what comes out, and that a password never does."""

from __future__ import annotations

import sqlite3
from itertools import count
from typing import Any

import pytest
from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, override
from guardian.shortcuts import assign_perm

from apps.audit.models import Entry
from apps.datasources.domain.kinds import OPTIONS, SSL_MODES, Kind
from apps.datasources.errors import FileMissing
from apps.datasources.models import Datasource
from apps.datasources.services import datasources, diagnosis, targets
from kernel import crypto
from kernel.schemas import connection
from tests import clients, factories
from tests.api_cases import Deed, ObjectCases
from tests.servers import PASSWORD as SERVER_PASSWORD

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


def test_the_last_test_is_remembered_in_the_readers_language(client, acme):
    source = make(kind="sqlite", host="", database="", username="", path="none.db")
    url = f"{PATH}{source.pk}/"
    assert client.get(url).json()["last_test"] is None

    client.post(f"{url}test/")

    connection.set_tenant(acme)
    source.refresh_from_db()
    for shown in (client.get(url).json(), client.get(PATH).json()["results"][0]):
        found = shown["last_test"]
        assert parse_datetime(found.pop("at")) == source.tested_at
        assert found == {
            "ok": False,
            "code": "datasource.file_missing",
            "detail": 'There is no file "none.db" in the tenant\'s folder.',
            "server": "",
            "latency_ms": None,
        }
    in_chinese = client.get(url, HTTP_ACCEPT_LANGUAGE="zh-hans").json()["last_test"]
    assert in_chinese["code"] == "datasource.file_missing"
    with override("zh-hans"):
        assert in_chinese["detail"] == gettext(FileMissing.template) % {"path": "none.db"}


def test_other_settings_are_untested_other_words_are_not(client, acme):
    source = make(kind="sqlite", host="", database="", username="", path="none.db")
    url = f"{PATH}{source.pk}/"
    client.post(f"{url}test/")

    assert client.patch(url, {"description": "of 2026", "max_rows": 5}).json()["last_test"]["ok"] is False
    assert client.patch(url, {"path": "other.db"}).json()["last_test"] is None


def test_a_test_of_settings_that_have_changed_meanwhile_is_not_remembered(acme):
    old = make(kind="sqlite", host="", database="", username="", path="none.db")
    datasources.update(old.pk, by=factories.owner(), path="other.db")

    diagnosis.test(old, by=factories.owner())  # began before the change, ends after it

    old.refresh_from_db()
    assert (old.test_code, old.tested_at) == ("", None)


def test_the_list_is_narrowed_by_health_and_by_words_in_the_address(client, acme):
    place = {"kind": "sqlite", "host": "", "database": "", "username": ""}
    broken = make(name="broken", path="none.db", **place)
    make(name="fresh", host="db.warehouse.example.com")
    works = make(name="works", path="answers.db", **place)
    folder = targets.files_folder()
    folder.mkdir(parents=True, exist_ok=True)
    sqlite3.connect(folder / "answers.db").execute("CREATE TABLE t (a)").connection.close()
    for source in (broken, works):
        client.post(f"{PATH}{source.pk}/test/")

    def names(query):
        return [row["name"] for row in client.get(f"{PATH}?{query}").json()["results"]]

    assert names("health=ok") == ["works"]
    assert names("health=failed") == ["broken"]
    assert names("health=unknown") == ["fresh"]
    assert names("search=WAREHOUSE") == ["fresh"]
    assert names("search=none.db") == ["broken"]
    assert client.get(f"{PATH}?health=fine").json()["errors"][0]["field"] == "health"


def test_each_row_says_what_the_reader_may_do_with_it(acme):
    seen, used = make(), make()
    reader = factories.user()
    for source in (seen, used):
        assign_perm("datasources.view_datasource", reader, source)
    assign_perm("datasources.use_datasource", reader, used)
    client = clients.browser(acme, reader)

    rows = {row["id"]: row for row in client.get(PATH).json()["results"]}

    for source, may_use in ((seen, False), (used, True)):
        row = rows[str(source.pk)]
        assert (row["can_use"], row["can_change"], row["can_delete"]) == (may_use, False, False)
        assert client.get(f"{PATH}{source.pk}/").json()["can_use"] is may_use


class TestDrafts:
    """Settings are tested before they are saved."""

    TRY = f"{PATH}test/"

    def test_nothing_is_stored_but_what_was_tried(self, client, acme, postgres_server, closed_port):
        where = {key: getattr(postgres_server, key) for key in ("host", "database", "username")}
        draft = {**where, "kind": "postgresql", "port": postgres_server.port}

        right = client.post(self.TRY, {**draft, "password": SERVER_PASSWORD}).json()
        wrong = client.post(self.TRY, {**draft, "password": "wr0ng!"})
        closed = client.post(self.TRY, {**draft, "port": closed_port}).json()

        assert (right["ok"], right["writable"]) == (True, True), right
        assert (wrong.json()["ok"], wrong.json()["code"]) == (False, "datasource.wrong_password")
        assert closed["code"] == "network.refused"
        connection.set_tenant(acme)
        assert not Datasource.objects.exists()
        tried = [entry.detail for entry in Entry.objects.filter(action="datasource.tried").order_by("pk")]
        assert [detail["result"] for detail in tried] == [
            "ok",
            "datasource.wrong_password",
            "network.refused",
        ]
        assert tried[0] == {
            "result": "ok",
            "kind": "postgresql",
            "host": "127.0.0.1",
            "port": postgres_server.port,
        }
        assert "wr0ng!" not in str(tried) + wrong.content.decode()

    def test_a_stored_password_stands_in_for_one_that_is_not_given(self, client, acme, postgres_server):
        where = {key: getattr(postgres_server, key) for key in ("host", "port", "database", "username")}
        source = make(password=SERVER_PASSWORD, **where)
        draft = {"id": str(source.pk), "description": "not saved", "options": {"search_path": "public"}}

        assert client.post(self.TRY, draft).json()["ok"] is True
        assert client.post(self.TRY, {**draft, "password": ""}).json()["ok"] is True
        assert (
            client.post(self.TRY, {**draft, "password": None}).json()["code"] == "datasource.wrong_password"
        )
        assert (
            client.post(self.TRY, {**draft, "database": "nope"}).json()["code"]
            == "datasource.unknown_database"
        )
        connection.set_tenant(acme)
        source.refresh_from_db()
        assert (source.database, source.options, source.test_code) == ("sales", {}, "")

    def test_but_is_sent_nowhere_else(self, client):
        source = make(password="s3cret!")

        answer = client.post(self.TRY, {"id": str(source.pk), "host": "evil.example.com"})

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "password"
        assert answer.json()["code"] == "datasource.password_needed"

    @pytest.mark.parametrize("case", [case for case in BAD if case not in ("no rows",)])
    def test_bad_settings_are_refused_as_they_are_when_saved(self, client, case):
        change, field, detail = BAD[case]

        answer = client.post(self.TRY, {**SALES, **change})

        assert answer.status_code == 400, answer.content
        assert [(e["field"], e["detail"]) for e in answer.json()["errors"]] == [(field, detail)]

    def test_the_network_that_is_closed_to_jobs_is_closed_here(self, client):
        found = client.post(self.TRY, {**SALES, "host": "169.254.169.254"}).json()
        assert found["code"] == "network.address_refused"

    def test_testing_needs_the_right_to_save(self, acme):
        source, user = make(), factories.user()
        client = clients.browser(acme, user)
        change = {"id": str(source.pk)}

        assert client.post(self.TRY, SALES).status_code == 403
        assert client.post(self.TRY, change).status_code == 404
        for right in ("view_datasource", "use_datasource"):
            assign_perm(f"datasources.{right}", user, source)
        assert client.post(self.TRY, change).status_code == 403
        assert clients.anyone(acme).post(self.TRY, SALES).status_code == 401

    @pytest.mark.parametrize(
        "body", [{}, [], {"id": "x"}, {"kind": "oracle"}, {"id": None, "kind": "sqlite"}]
    )
    def test_what_is_no_draft_is_refused(self, client, body):
        assert client.post(self.TRY, body, format="json").status_code == 400


def test_the_kinds_say_what_a_form_asks(acme):
    client = clients.browser(acme, factories.user())

    kinds = client.get(f"{PATH}kinds/").json()

    assert [(kind["kind"], kind["default_port"], kind["is_installed"]) for kind in kinds] == [
        ("postgresql", 5432, True),
        ("mysql", 3306, True),
        ("sqlite", None, True),
    ]
    for kind in kinds:
        options = {field["name"] for field in kind["fields"] if field["is_option"]}
        assert options == set(OPTIONS[Kind(kind["kind"])])
        settings_of_it = {field["name"] for field in kind["fields"] if not field["is_option"]}
        assert settings_of_it <= {*datasources.SETTINGS, "password"}
        assert all(field["label"] and field["help"] for field in kind["fields"])
    modes = next(field for field in kinds[0]["fields"] if field["name"] == "ssl_mode")
    assert [choice["value"] for choice in modes["choices"]] == list(SSL_MODES)
    assert modes["default"] == "prefer"
    assert clients.anyone(acme).get(f"{PATH}kinds/").status_code == 401


def test_a_tenant_does_not_reach_another_tenants_files(acme, globex):
    folder = targets.files_folder()
    folder.mkdir(parents=True, exist_ok=True)
    sqlite3.connect(folder / "theirs.db").execute("CREATE TABLE t (a)").connection.close()
    connection.set_tenant(acme)

    source = make(kind="sqlite", host="", database="", username="", path="theirs.db")

    assert targets.target_of(source).folder != folder
