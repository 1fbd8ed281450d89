"""The frame around all pages: going anywhere by keyboard, on a phone, in one's own language and theme."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from tests import factories
from tests.e2e.conftest import PASSWORD
from tests.e2e.test_shell import AXE, PHONE, REFUSED, VIOLATIONS
from tests.processes import Processes
from tests.showroom.browser import sign_in


@pytest.fixture
def site(static_files: None, processes: Processes) -> str:
    """The address of the tenant acme: a web server alone, without a worker behind it."""
    return f"http://acme.{settings.ENV.base_domain}:{urlsplit(processes.web()).port}"


def enter(page: Page, site: str, owner: User, pardoned: list[str]) -> None:
    pardoned.append(REFUSED)  # asking who one is, before the form
    sign_in(page, site, username=owner.username, password=PASSWORD)


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.innerText || document.activeElement.ariaLabel"))


def test_everything_is_reached_by_keyboard(page: Page, site: str, owner: User, pardoned: list[str]):
    wanted = factories.job(name="Nightly export of orders")
    run = factories.run(factories.job(name="Another"))
    enter(page, site, owner, pardoned)
    page.goto(f"{site}/runs")
    expect(page.get_by_role("heading", name="Runs", level=1)).to_be_visible()

    # Ctrl-K finds a job by a part of its name, wherever one is
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search or jump to").fill("export")
    expect(page.get_by_role("option", name="Nightly export of orders")).to_be_visible()
    examine_in_place(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=wanted.name, level=1)).to_be_visible()

    # And a run by its whole id
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search or jump to").fill(str(run.pk))
    expect(page.get_by_role("option", name="Another")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site}/runs/{run.pk}")

    # And a page; arrows choose, what is shown is said when nothing fits
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search or jump to").fill("zzz nothing like this")
    expect(page.get_by_text("Nothing is called")).to_be_visible()
    page.get_by_role("combobox", name="Search or jump to").fill("runs")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site}/runs")

    # Escape closes it; keys are told by "?", and "/" goes to the search
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox", name="Search or jump to")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.locator("#content input[type=search]")).to_be_focused()
    page.keyboard.type("?")  # a letter like any other, in a field
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_first_key_leads_past_the_navigation(page: Page, site: str, owner: User, pardoned: list[str]):
    enter(page, site, owner, pardoned)
    page.goto(f"{site}/runs")
    expect(page.locator(".badge.open")).to_be_visible()
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_a_phone_has_the_navigation_behind_a_button(page: Page, site: str, owner: User, pardoned: list[str]):
    enter(page, site, owner, pardoned)
    page.set_viewport_size({"width": PHONE, "height": 844})
    page.goto(f"{site}/runs")
    link = page.get_by_role("navigation", name="Main navigation").get_by_role("link", name="Jobs")
    expect(link).not_to_be_visible()

    page.get_by_role("button", name="Open navigation").click()
    expect(link).to_be_visible()
    examine_in_place(page)
    page.keyboard.press("Escape")
    expect(link).not_to_be_visible()
    assert focused(page) == "Open navigation"

    page.get_by_role("button", name="Open navigation").click()
    link.click()
    expect(page).to_have_url(f"{site}/jobs")
    expect(link).not_to_be_visible()


def test_language_and_theme_are_the_readers_and_stay(page: Page, site: str, owner: User, pardoned: list[str]):
    enter(page, site, owner, pardoned)
    page.goto(f"{site}/runs")
    expect(page).to_have_title(re.compile("^Runs · "))
    page.get_by_text("中", exact=True).click()
    expect(page.get_by_role("heading", name="运行记录", level=1)).to_be_visible()
    page.get_by_title("深色").click()
    page.reload()
    expect(page.get_by_role("heading", name="运行记录", level=1)).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    assert page.evaluate("document.documentElement.classList.contains('dark')")
    expect(page).to_have_title(re.compile("^运行记录 · "))
    owner.refresh_from_db()
    assert owner.language == "zh-hans"


def test_reduced_motion_stops_what_moves(page: Page, site: str, owner: User, pardoned: list[str]):
    factories.started(factories.job(name="Moving"))
    page.emulate_media(reduced_motion="reduce")
    enter(page, site, owner, pardoned)
    page.goto(f"{site}/runs")
    bar = page.locator("[data-row] .beats i").first
    expect(bar).to_be_visible()
    assert bar.evaluate("e => parseFloat(getComputedStyle(e).animationDuration)") < 0.001


def examine_in_place(page: Page) -> None:
    """Nothing that axe objects to, with what is open now."""
    page.add_script_tag(path=AXE)
    assert page.evaluate(VIOLATIONS) == [], page.url


def test_the_bell_tells_of_failures_that_are_ones_own(
    page: Page, site: str, processes: Processes, owner: User, pardoned: list[str]
):
    processes.worker()
    processes.beat()
    enter(page, site, owner, pardoned)
    page.goto(f"{site}/runs")
    expect(page.locator(".badge.open")).to_be_visible()
    bell = page.get_by_role("button", name="Notifications")
    expect(bell).to_have_attribute("aria-label", "Notifications")

    # When a run of mine fails, and one of somebody else
    other = factories.user("zoe", is_superuser=True)
    factories.run(factories.job(name="Theirs", source="raise SystemExit(2)", by=other), by=other)
    factories.run(factories.job(name="Mine", source="raise SystemExit('no bread today')"))

    expect(page.get_by_role("row").filter(has_text="Mine")).to_contain_text("Failed")
    expect(page.get_by_role("row").filter(has_text="Theirs")).to_contain_text("Failed")

    # Then the bell says so by itself, of mine alone
    expect(bell).to_have_attribute("aria-label", "Notifications: 1 unread")
    bell.click()
    shown = page.get_by_role("region", name="Notifications")
    expect(shown.get_by_role("link", name="Mine failed")).to_contain_text("new")
    expect(shown.get_by_text("Theirs")).to_have_count(0)
    examine_in_place(page)

    # And it is quiet once it was opened, also after a reload; the notice leads to the run
    expect(bell).to_have_attribute("aria-label", "Notifications")
    page.reload()
    expect(page.locator(".badge.open")).to_be_visible()
    bell.click()
    shown.get_by_role("link", name="Mine failed").click()
    expect(page.get_by_role("heading", name="Mine", level=1)).to_be_visible()
    expect(bell).to_have_attribute("aria-label", "Notifications")
