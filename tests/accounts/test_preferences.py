"""What the web pages remember for a user."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import User
from tests import clients

pytestmark = pytest.mark.django_db
PATH = "/api/v1/account/"
DEFAULTS = {"theme": "system", "density": "comfortable", "home": "dashboard", "notify_failures": True}


@pytest.fixture
def ada(acme):
    return User.objects.create_user("ada")


@pytest.fixture
def browser(acme, ada):
    return clients.browser(acme, ada)


def test_a_preference_is_changed_and_the_others_stay(browser, ada):
    assert browser.get(PATH).json()["preferences"] == DEFAULTS

    browser.patch(PATH, {"preferences": {"theme": "dark", "notify_failures": False}})
    answer = browser.patch(PATH, {"preferences": {"home": "runs"}})

    chosen = {"theme": "dark", "density": "comfortable", "home": "runs", "notify_failures": False}
    assert (answer.status_code, answer.json()["preferences"]) == (200, chosen)
    assert browser.get("/api/v1/session/").json()["user"]["preferences"] == chosen
    ada.refresh_from_db()
    assert ada.preferences == {"theme": "dark", "home": "runs", "notify_failures": False}


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"colour": "red"}, "preferences.colour"),
        ({"theme": "dark", "Theme": "dark"}, "preferences.Theme"),
        ({"theme": "sepia"}, "preferences.theme"),
        ({"theme": None}, "preferences.theme"),
        ({"density": ["compact"]}, "preferences.density"),
        ({"home": "/admin/"}, "preferences.home"),
        ({"notify_failures": "perhaps"}, "preferences.notify_failures"),
        ({"x" * 100_000: 1}, None),
        (["theme"], None),
        ("dark", None),
        (None, "preferences"),
    ],
)
def test_what_is_no_preference_is_refused_by_name_and_nothing_is_stored(browser, ada, wish, field):
    answer = browser.patch(PATH, {"preferences": wish, "display_name": "Ada"})

    assert answer.status_code == 400
    if field:
        assert answer.json()["errors"][0]["field"] == field
    ada.refresh_from_db()
    assert (ada.preferences, ada.display_name) == ({}, "")


def test_what_was_stored_under_a_name_that_is_gone_is_not_shown(browser, ada):
    User.objects.filter(pk=ada.pk).update(preferences={"theme": "dark", "font": "serif"})

    assert browser.get(PATH).json()["preferences"] == {**DEFAULTS, "theme": "dark"}


def test_notices_are_read_forward_only_and_never_ahead(browser):
    def read(at: datetime) -> datetime:
        answer = browser.patch(PATH, {"notices_read_at": at.isoformat()})
        assert answer.status_code == 200
        return datetime.fromisoformat(answer.json()["notices_read_at"])

    assert browser.get(PATH).json()["notices_read_at"] is None
    noon = timezone.now().astimezone(UTC).replace(microsecond=0) - timedelta(hours=1)
    assert read(noon) == noon
    assert read(noon - timedelta(days=1)) == noon
    assert read(noon + timedelta(minutes=1)) == noon + timedelta(minutes=1)
    assert read(noon + timedelta(days=9)) <= timezone.now() + timedelta(seconds=5)

    assert browser.patch(PATH, {"language": "en"}).json()["notices_read_at"] is not None
    assert browser.patch(PATH, {"notices_read_at": "yesterday"}).status_code == 400
