"""One's own page: tokens that are shown once, sessions that are ended, a language and a zone that stay."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from apps.accounts.models import ApiToken, Session, User
from apps.accounts.services import tokens
from tests.e2e.conftest import PASSWORD
from tests.e2e.test_shell import PHONE, REFUSED, examine
from tests.processes import Processes
from tests.showroom.browser import sign_in

FRESH = "quite another thing"
STATUS = "fetch('/api/v1/session/').then(({ status }) => status)"

Show = Callable[[str], Page]


@pytest.fixture
def site(static_files: None, processes: Processes) -> str:
    """The address of the tenant acme: a web server alone."""
    return f"http://acme.{settings.ENV.base_domain}:{urlsplit(processes.web()).port}"


@pytest.fixture
def profile(page: Page, site: str, owner: User, pardoned: list[str]) -> Callable[[str], Page]:
    """A tab of the owner's profile."""
    pardoned.append(REFUSED)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site)
    sign_in(page, site, username=owner.username, password=PASSWORD)

    def show(tab: str) -> Page:
        page.goto(f"{site}/profile/{tab}")
        return page

    return show


def test_a_token_is_shown_once_works_and_is_revoked(profile: Show, site: str):
    # Given somebody who has no tokens, and is told what they are for
    page = profile("tokens")
    expect(page.get_by_text("a program acts in your name")).to_be_visible()

    # When they make one by keyboard
    page.get_by_role("button", name="Create the first token").click()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Give the token a name.")).to_be_visible()
    page.keyboard.type("nightly export")
    page.get_by_label("Expires in").select_option("30 days")
    page.keyboard.press("Enter")

    # Then it is shown and copied, and neither Escape nor a click beside it takes it away
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("shown this once")
    page.keyboard.press("Escape")
    page.mouse.click(5, 5)
    examine(page)
    dialog.get_by_role("button", name="Copy the token").click()
    key = page.evaluate("navigator.clipboard.readText()")
    assert dialog.locator("code").first.inner_text() == key
    assert len(key) == 64

    # And the command beside it works as it is
    dialog.get_by_role("button", name="Copy the command").click()
    command = page.evaluate("navigator.clipboard.readText()")
    assert command == f'curl -H "Authorization: Token {key}" {site}/api/v1/jobs/'
    assert '"results":' in answer_to(command)

    # And afterwards nobody can read it again, and its use is told
    dialog.get_by_role("button", name="I have stored it").click()
    expect(dialog).to_have_count(0)
    page.reload()
    row = page.get_by_role("row").filter(has_text="nightly export")
    expect(row).to_contain_text(f"{key[:8]}")
    expect(row).not_to_contain_text("never")
    assert key not in page.content()

    # And a question with its name stands before its end
    page.get_by_role("button", name="Revoke the token nightly export").click()
    expect(page.get_by_role("dialog")).to_contain_text("Revoke the token nightly export?")
    page.get_by_role("button", name="Revoke the token", exact=True).click()
    expect(page.get_by_text("No API tokens yet")).to_be_visible()
    assert not ApiToken.objects.exists()
    assert "token.refused" in answer_to(command)


def answer_to(command: str) -> str:
    """What the command says; no name server knows the tenant's host here."""
    host = command.rsplit("//", 1)[1].split("/")[0]
    name, port = host.split(":")
    line = command.replace("curl", f"curl -s --resolve {name}:{port}:127.0.0.1", 1)
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True).stdout


def test_another_session_that_is_ended_is_signed_out_by_itself(
    profile: Show, site: str, owner: User, browser: Browser
):
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1"
    phone = browser.new_context(viewport={"width": PHONE, "height": 844}, user_agent=agent, locale="en-US")
    try:
        other = phone.new_page()
        sign_in(other, site, username=owner.username, password=PASSWORD)
        other.goto(f"{site}/runs")
        expect(other.locator(".badge.open")).to_be_attached()

        page = profile("sessions")
        page.get_by_role("button", name="End the session of Safari on iOS").click()
        expect(page.get_by_role("dialog")).to_contain_text("Safari on iOS at 127.0.0.1")
        page.get_by_role("button", name="End the session", exact=True).click()
        expect(page.get_by_text("Safari on iOS is signed out.")).to_be_visible()
        expect(page.get_by_role("row").filter(has_text="Safari on iOS")).to_have_count(0)

        # That browser notices without being touched, and its cookie opens nothing any more
        expect(other.get_by_text("Your session has ended")).to_be_visible(timeout=40_000)
        assert other.evaluate(STATUS) == 401
        assert page.evaluate(STATUS) == 200
    finally:
        phone.close()


def test_a_new_password_ends_all_other_sessions_and_keeps_this_one(
    profile: Show, owner: User, pardoned: list[str]
):
    pardoned.append("status of 400")
    page = profile("password")
    expect(page.get_by_text("at least 8 characters")).to_be_visible()
    Session.objects.create(
        session_key="elsewhere",
        session_data="",
        user=owner,
        expire_date="2999-01-01T00:00:00Z",
        agent="curl/8",
    )

    def change(current: str, fresh: str) -> None:
        page.get_by_label("Current password").fill(current)
        page.get_by_label("New password").fill(fresh)
        page.keyboard.press("Enter")

    change("wrong", FRESH)
    expect(page.get_by_role("alert")).to_contain_text("current password is wrong")
    change(PASSWORD, "12345678")
    expect(page.get_by_role("alert")).to_contain_text("too common")
    examine(page)
    change(PASSWORD, FRESH)
    expect(page.get_by_text("The password is changed.")).to_be_visible()
    expect(page.get_by_label("New password")).to_have_value("")

    page.get_by_role("link", name="Sessions").click()
    expect(page.get_by_role("row")).to_have_count(2)  # the head, and this one
    owner.refresh_from_db()
    assert owner.check_password(FRESH)


def test_language_and_zone_and_looks_persist(profile: Show, site: str, owner: User):
    page = profile("preferences")
    zone = page.get_by_label("Time zone")
    zone.fill("berlin")
    page.get_by_role("option").filter(has_text="Europe/Berlin").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    page.locator("form").get_by_title("Dark").click()
    page.locator("form").get_by_title("Compact").click()
    page.get_by_label("First page").select_option("Datasources")
    page.locator("form").get_by_title("简体中文").click()
    expect(page.get_by_role("heading", name="个人设置")).to_be_visible()
    page.wait_for_load_state("networkidle")

    page.reload()
    expect(page.get_by_label("时区")).to_have_value("Europe/Berlin")
    expect(page.locator(".rail")).to_contain_text("Europe/Berlin")
    expect(page.locator("html")).to_have_class("dark compact")
    owner.refresh_from_db()
    assert (owner.language, owner.time_zone) == ("zh-hans", "Europe/Berlin")
    assert owner.preferences == {"theme": "dark", "density": "compact", "home": "datasources"}

    # And they come along to another browser, where the chosen page is the first
    page.evaluate("localStorage.clear()")
    page.context.clear_cookies()
    page.goto(site)
    page.get_by_label("Username").fill(owner.username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site}/datasources")
    expect(page.locator("html")).to_have_class("dark compact")


def test_the_profile_is_accessible_and_fits_a_phone_in_both_languages_and_themes(
    profile: Show, site: str, owner: User
):
    for number in range(2):
        tokens.issue(user=owner, name=f"token {number} " + "with-a-long-name" * 4, lifetime=timedelta(days=6))
    page = profile("preferences")
    seen = {
        "preferences": ("Time zone", "时区"),
        "password": ("Current password", "当前密码"),
        "sessions": ("This one", "当前会话"),
        "tokens": ("token 1", "token 1"),
    }
    for turn, (theme, language) in enumerate((("Light", "EN"), ("深色", "中"))):
        page.locator(".bar").get_by_text(language, exact=True).click()
        page.locator(".bar").get_by_title(theme).click()
        page.wait_for_load_state("networkidle")
        for tab, words in seen.items():
            profile(tab)
            expect(page.get_by_text(words[turn]).first).to_be_visible()
            expect(page.locator(".skeleton")).to_have_count(0)
            examine(page)
