"""Guessing passwords: slowed down by name and address, and by address alone. With the real axes and cache."""

import pytest
from django.core.cache import cache
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import Entry
from tests import clients

pytestmark = pytest.mark.django_db
PATH = "/api/v1/session/"
PASSWORD = "correct horse battery"


@pytest.fixture
def ada(acme):
    return User.objects.create_user("ada", password=PASSWORD, is_staff=True)


def attempt(client, password, username="ada", **headers):
    return client.post(PATH, {"username": username, "password": password}, headers=headers)


def test_after_five_wrong_passwords_the_right_one_is_refused_too(acme, ada, settings):
    client = clients.anyone(acme)
    statuses = [attempt(client, "wrong").status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 401, 429]

    answer = attempt(client, PASSWORD)

    assert (answer.status_code, answer["Content-Type"]) == (429, "application/problem+json")
    assert answer.json()["code"] == "session.locked"
    assert answer.json()["detail"] == "Too many failed sign-ins. Try again in 10 minutes."
    assert answer["Retry-After"] == "600"
    assert "sessionid" not in answer.cookies
    assert Entry.objects.filter(action="session.locked").exists()


def test_others_are_not_locked_out_with_them(acme, ada):
    client = clients.anyone(acme)
    for _ in range(6):
        attempt(client, "wrong")

    assert attempt(clients.anyone(acme), PASSWORD).status_code == 200  # ada herself, from where she is
    assert attempt(client, "wrong", username="bob").status_code == 401


def test_the_lock_goes_by_itself(acme, ada, settings):
    client = clients.anyone(acme)
    for _ in range(5):
        attempt(client, "wrong")
    assert attempt(client, PASSWORD).status_code == 429

    from axes.models import AccessAttempt

    AccessAttempt.objects.update(attempt_time=timezone.now() - settings.AXES_COOLOFF_TIME)

    assert attempt(client, PASSWORD).status_code == 200


def test_a_success_clears_the_count(acme, ada):
    client = clients.anyone(acme)
    for _ in range(3):
        for _ in range(3):
            assert attempt(client, "wrong").status_code == 401
        assert attempt(client, PASSWORD).status_code == 200


def test_one_address_can_not_try_many_names(acme, ada):
    client = clients.anyone(acme)

    statuses = [attempt(client, "wrong", username=f"user{number}").status_code for number in range(21)]

    assert statuses == [401] * 20 + [429]
    last = attempt(client, PASSWORD)
    assert (last.status_code, last.json()["code"]) == (429, "throttled")
    assert 0 < int(last["Retry-After"]) <= 60


def test_a_made_up_forwarded_address_is_not_believed(acme, ada):
    client = clients.anyone(acme)

    statuses = [
        attempt(
            client, "wrong", username=f"user{number}", **{"X-Forwarded-For": f"203.0.113.{number}"}
        ).status_code
        for number in range(21)
    ]

    assert statuses[-1] == 429


def test_the_counts_of_two_tenants_are_apart(acme, globex, ada):
    client = clients.anyone(acme)
    for number in range(21):
        attempt(client, "wrong", username=f"user{number}")
    client.defaults["HTTP_HOST"] = "globex.localhost"

    assert attempt(client, "wrong").status_code == 401


def test_the_admins_sign_in_is_locked_by_the_same_count(acme, ada):
    client = clients.anyone(acme)
    for _ in range(5):
        attempt(client, "wrong")

    page = client.post("/admin/login/", {"username": "ada", "password": PASSWORD}, format="multipart")

    assert page.status_code == 429
    assert page["Content-Type"].startswith("text/html")
    assert "Too many failed sign-ins." in page.content.decode()


def test_the_log_does_not_keep_what_was_typed(acme, ada):
    client = clients.anyone(acme)
    for _ in range(6):
        attempt(client, "wrong", username="hunter2-typed-in-the-wrong-field")

    assert "hunter2" not in str(list(Entry.objects.values_list("detail", flat=True)))
    cache.clear()
