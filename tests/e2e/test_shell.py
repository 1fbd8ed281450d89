"""The SPA as people use it: signing in, runs that come and go by themselves, a log that is read while it grows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from playwright.sync_api import Locator, Page, expect

from apps.accounts.models import Session, User
from apps.jobs.models import Job
from tests import factories
from tests.e2e.conftest import PASSWORD
from tests.processes import ROOT, Processes, kill

AXE: Path = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
TICKS = """import time
for number in range(24):
    print("tick", number, flush=True)
    time.sleep(0.25)
"""
REFUSED = "status of 401"
PHONE = 390
VIOLATIONS = """async () => {
  const { violations } = await axe.run(document)
  return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`)
}"""


@pytest.fixture
def site(static_files: None, processes: Processes) -> str:
    """The address of the tenant acme: a web server alone, without a worker behind it."""
    return f"http://acme.{settings.ENV.base_domain}:{urlsplit(processes.web()).port}"


def fill_in(page: Page, user: User, password: str = PASSWORD) -> None:
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def row(page: Page, job: Job) -> Locator:
    return page.get_by_role("row").filter(has_text=job.name)


def state(page: Page, name: str) -> Locator:
    return page.locator("main .tag", has_text=name)


def test_a_run_is_followed_from_the_queue_to_its_end_and_another_is_cancelled(
    page: Page, site: str, processes: Processes, owner: User, pardoned: list[str]
):
    # Given someone who signs in, and sees that there is nothing yet, and what to do
    pardoned.append(REFUSED)  # asking who one is, before the form
    processes.worker()
    processes.beat()
    page.goto(f"{site}/runs")
    fill_in(page, owner)
    expect(page.get_by_text("No runs yet")).to_be_visible()
    expect(page.get_by_role("link", name="Create a job")).to_be_visible()
    expect(page.locator(".badge.open")).to_have_text("Live")

    # When a run is asked for, then it comes by itself, and starts by itself
    ticking = factories.job(name="Ticking", source=TICKS)
    factories.run(ticking)
    expect(row(page, ticking)).to_contain_text("Running")

    # And its log is read while it is written
    row(page, ticking).get_by_role("link").click()
    expect(page.get_by_text("tick 0", exact=True)).to_be_visible()
    expect(state(page, "Running")).to_be_visible()
    assert page.get_by_text("tick 23", exact=True).count() == 0

    # And goes on to its end by itself
    expect(page.get_by_text("tick 23", exact=True)).to_be_visible()
    expect(state(page, "Succeeded")).to_be_visible()
    expect(page.get_by_text("24 lines")).to_be_visible()

    # And a run that would take long is cancelled after a question
    endless = factories.job(name="Endless", source="import time; time.sleep(600)")
    page.get_by_role("navigation", name="Where you are").get_by_role("link", name="Runs").click()
    factories.run(endless)
    expect(row(page, endless)).to_contain_text("Running")
    page.get_by_role("button", name="Actions for the run of Endless").click()
    page.get_by_role("menuitem", name="Cancel").click()
    page.get_by_role("button", name="Cancel the run", exact=True).click()
    expect(row(page, endless)).to_contain_text("Cancelled")
    expect(row(page, ticking)).to_contain_text("Succeeded")


def test_a_lost_server_is_told_of_and_what_was_missed_is_caught_up(
    page: Page, site: str, processes: Processes, owner: User, pardoned: list[str]
):
    pardoned += [REFUSED, "ERR_CONNECTION_REFUSED", "WebSocket connection"]
    before, meanwhile = factories.job(name="Before"), factories.job(name="Meanwhile")
    factories.run(before)
    page.goto(f"{site}/runs")
    fill_in(page, owner)
    expect(row(page, before)).to_contain_text("Queued")
    expect(page.locator(".badge.open")).to_have_text("Live")
    page.evaluate("window.isTheSamePage = true")

    # When the server goes away, and something happens meanwhile
    kill(processes.newest)
    expect(page.locator(".badge")).to_have_text("Reconnecting")
    factories.run(meanwhile)
    expect(row(page, before)).to_be_visible()

    # Then, once it is back, the page is live again and knows
    processes.web(port=int(urlsplit(site).port or 0))
    expect(page.locator(".badge.open")).to_have_text("Live")
    expect(row(page, meanwhile)).to_contain_text("Queued")
    assert page.evaluate("window.isTheSamePage")


def test_who_may_not_come_in_is_told_why(page: Page, site: str, owner: User, pardoned: list[str]):
    pardoned += [REFUSED, "status of 429", "WebSocket connection"]
    run = factories.run()
    page.goto(f"{site}/runs/{run.pk}")

    # The form leads to where one wanted to go, also when a session has ended on the way
    fill_in(page, owner)
    expect(page.get_by_role("heading", name=run.job.name)).to_be_visible()
    page.wait_for_load_state("networkidle")
    Session.objects.all().delete()
    page.get_by_role("navigation", name="Where you are").get_by_role("link", name="Runs").click()
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    fill_in(page, owner)
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()

    # A wrong password is told, and after too many the time to wait is counted down
    page.get_by_role("button", name="Account menu").click()
    page.get_by_role("button", name="Sign out").click()
    for _ in range(settings.AXES_FAILURE_LIMIT - 1):
        with page.expect_response("**/api/v1/session/"):
            fill_in(page, owner, "wrong")
        expect(page.get_by_role("alert")).to_contain_text("password is wrong")
        expect(page.locator(".submit.is-loading")).to_have_count(0)
    fill_in(page, owner, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("You can try again in")
    expect(page.get_by_role("button", name="Sign in")).to_be_disabled()
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"9\W+min 5\d"))


def test_pages_are_accessible_and_fit_a_phone_in_both_languages_and_themes(
    page: Page, site: str, owner: User, pardoned: list[str]
):
    pardoned.append(REFUSED)
    run = factories.started(factories.job(name="对账 " + "a-long-name" * 8)).run_id
    factories.run()
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.goto(f"{site}/runs")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    examine(page)
    page.get_by_title("Light").click()
    examine(page)
    fill_in(page, owner)
    expect(state(page, "Running")).to_be_visible()

    for theme, language, running in (("Light", "EN", "Running"), ("深色", "中", "运行中")):
        page.get_by_text(language, exact=True).click()
        page.get_by_title(theme).click()
        for path in ("/runs", f"/runs/{run}"):
            page.goto(f"{site}{path}")
            expect(state(page, running)).to_be_visible()
            expect(page.locator(".badge.open")).to_be_visible()
            examine(page)
    assert "dark" in (page.locator("html").get_attribute("class") or "")


def show_in(page: Page, scheme: Literal["light", "dark"]) -> None:
    """Let the system ask for light or dark, and wait until the page has followed."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    is_dark = "true" if scheme == "dark" else "false"
    page.wait_for_function(f"document.documentElement.classList.contains('dark') === {is_dark}")
    page.wait_for_timeout(100)  # for what follows the theme


def examine(page: Page) -> None:
    """Nothing that axe objects to, at a desk and on a phone, where nothing goes beyond the edge."""
    page.add_script_tag(path=AXE)
    desk = page.viewport_size
    for size in (desk, {"width": PHONE, "height": 844}):
        assert size
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert page.evaluate(VIOLATIONS) == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE, page.url
    assert desk
    page.set_viewport_size(desk)
