"""API tokens: shown once, kept hashed, for one user in one tenant, until they expire or are revoked."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import ApiToken, User
from apps.accounts.services import tokens
from apps.audit.models import Entry
from kernel.errors import NotFound
from kernel.schemas import connection
from tests import clients
from tests.api_cases import asked

pytestmark = pytest.mark.django_db
PATH = "/api/v1/tokens/"
DAY = timedelta(days=1)


@pytest.fixture
def ada(acme):
    return User.objects.create_user("ada")


@pytest.fixture
def bob(acme):
    return User.objects.create_user("bob")


def test_issued_once_listed_without_the_key_revoked(acme, ada):
    browser = clients.browser(acme, ada)

    issued = browser.post(PATH, {"name": "ci", "expires_in_days": 30})

    assert issued.status_code == 201
    body = issued.json()
    assert set(body) == {"id", "name", "prefix", "created_at", "expires_at", "last_used_at", "key"}
    assert body["key"].startswith(body["prefix"])
    program = clients.program(acme, body["key"])
    assert program.get(PATH).status_code == 200
    [listed] = browser.get(PATH).json()["results"]
    assert listed["last_used_at"] is not None
    assert "key" not in listed

    assert browser.delete(f"{PATH}{body['id']}/").status_code == 204
    assert program.get(PATH).status_code == 401
    actions = list(Entry.objects.filter(actor_name="ada", object_name="ci").values_list("action", flat=True))
    assert actions == ["token.revoked", "token.issued"]


def test_only_a_hash_is_kept(acme, ada):
    token, key = tokens.issue(user=ada, name="ci", lifetime=DAY)

    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM accounts_apitoken t")
        [(row,)] = cursor.fetchall()
    assert key not in row
    assert key[len(token.token_key) :] not in row
    assert len(key) == 64
    assert not Entry.objects.filter(detail__icontains=key[:20]).exists()


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"name": "x"}, 400, "expires_in_days"),
        ({"expires_in_days": 1}, 400, "name"),
        ({"name": "", "expires_in_days": 1}, 400, "name"),
        ({"name": "x" * 101, "expires_in_days": 1}, 400, "name"),
        ({"name": "x", "expires_in_days": 0}, 400, "expires_in_days"),
        ({"name": "x", "expires_in_days": 367}, 400, "expires_in_days"),
        ({"name": "x", "expires_in_days": "soon"}, 400, "expires_in_days"),
        ({"name": "taken", "expires_in_days": 1}, 409, "name"),
    ],
)
def test_a_token_that_is_refused(acme, ada, body, status, field):
    tokens.issue(user=ada, name="taken", lifetime=DAY)

    answer = clients.browser(acme, ada).post(PATH, body)

    assert answer.status_code == status
    assert answer.json()["errors"][0]["field"] == field
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("lifetime", [timedelta(0), -DAY, tokens.LONGEST_LIFE + DAY])
def test_no_token_is_for_ever(ada, lifetime):
    with pytest.raises(ValueError, match="lifetime"):
        tokens.issue(user=ada, name="ci", lifetime=lifetime)


def test_an_expired_token_opens_nothing(acme, ada):
    token, key = tokens.issue(user=ada, name="ci", lifetime=DAY)
    program = clients.program(acme, key)
    assert program.get(PATH).status_code == 200

    ApiToken.objects.filter(pk=token.pk).update(expiry=Now())

    answer = program.get(PATH)
    assert (answer.status_code, answer.json()["code"]) == (401, "token.refused")
    assert answer["WWW-Authenticate"] == "Token"


def test_a_disabled_users_token_stops_at_once(acme, ada):
    _, key = tokens.issue(user=ada, name="ci", lifetime=DAY)
    User.objects.filter(pk=ada.pk).update(is_active=False)

    assert clients.program(acme, key).get(PATH).status_code == 401
    assert tokens.authenticate(key) is None


def test_a_token_of_one_tenant_is_nothing_to_another(acme, globex, platform):
    connection.set_tenant(acme)
    ada = User.objects.create_superuser("root")
    _, key = tokens.issue(user=ada, name="ci", lifetime=DAY)
    connection.set_tenant(globex)
    User.objects.create_superuser("root", id=ada.pk)

    assert clients.program(acme, key).get(PATH).status_code == 200
    assert clients.program(globex, key).get(PATH).status_code == 401
    assert clients.program(platform, key).get("/api/v1/tenants/").status_code == 401


@pytest.mark.parametrize(
    "header",
    ["Token", "Token a b", "Token " + "f" * 64, "Token ü", "Token " + "x" * 5000, "Token \x00", "Token %s"],
)
def test_a_bad_header_is_401(acme, ada, header):
    answer = clients.anyone(acme, HTTP_AUTHORIZATION=header).get(PATH)

    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_the_prefix_alone_opens_nothing(acme, ada):
    token, key = tokens.issue(user=ada, name="ci", lifetime=DAY)

    for wrong in (token.token_key, token.digest, key[:-1], key.upper()):
        assert tokens.authenticate(wrong) is None


def test_a_token_can_not_make_tokens_or_change_the_password(acme, ada):
    _, key = tokens.issue(user=ada, name="ci", lifetime=DAY)
    program = clients.program(acme, key)

    refused = program.post(PATH, {"name": "more", "expires_in_days": 366})
    assert (refused.status_code, refused.json()["code"]) == (403, "token.needs_session")
    assert program.post("/api/v1/account/password/", {}).status_code == 401
    assert ApiToken.objects.count() == 1


def test_others_tokens_are_not_there(acme, ada, bob):
    theirs, _ = tokens.issue(user=bob, name="ci", lifetime=DAY)
    browser = clients.browser(acme, ada)

    assert browser.get(PATH).json()["results"] == []
    assert browser.get(f"{PATH}{theirs.pk}/").status_code == 404
    assert browser.delete(f"{PATH}{theirs.pk}/").status_code == 404
    with pytest.raises(NotFound):
        tokens.revoke(theirs.pk, owner=ada, actor=ada)
    assert ApiToken.objects.filter(pk=theirs.pk).exists()


def test_a_request_with_a_token_costs_one_query_more_and_notes_the_use_once_a_minute(acme, ada):
    token, key = tokens.issue(user=ada, name="ci", lifetime=DAY)

    with CaptureQueriesContext(connection) as first:
        tokens.authenticate(key)
    with CaptureQueriesContext(connection) as second:
        tokens.authenticate(key)
    assert [len(asked(first)), len(asked(second))] == [2, 1]

    ApiToken.objects.filter(pk=token.pk).update(last_used_at=Now() - timedelta(seconds=61))
    with CaptureQueriesContext(connection) as later:
        tokens.authenticate(key)
    assert len(asked(later)) == 2


def test_a_longer_list_costs_no_more_queries(acme, ada):
    browser = clients.browser(acme, ada)
    tokens.issue(user=ada, name="first", lifetime=DAY)
    browser.get(PATH)
    with CaptureQueriesContext(connection) as short:
        browser.get(PATH)
    for number in range(5):
        tokens.issue(user=ada, name=f"more {number}", lifetime=DAY)
    with CaptureQueriesContext(connection) as longer:
        assert len(browser.get(PATH).json()["results"]) == 6

    assert len(asked(longer)) == len(asked(short))


def test_a_program_is_answered_in_its_users_language(acme, ada):
    User.objects.filter(pk=ada.pk).update(language="zh-hans")
    _, key = tokens.issue(user=ada, name="ci", lifetime=DAY)

    assert clients.program(acme, key).get(PATH)["Content-Language"] == "zh-hans"
    assert clients.anyone(acme).get(PATH)["Content-Language"] == "en"
