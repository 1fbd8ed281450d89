"""What people see when something is not there, not theirs, broken or away."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from playwright.sync_api import Page, Route, expect

from apps.accounts.models import User
from tests import factories
from tests.e2e.test_shell import REFUSED, examine, fill_in, show_in
from tests.processes import Processes, kill

GONE = "01234567-0123-7123-8123-0123456789ab"


@pytest.fixture
def site(static_files: None, processes: Processes) -> str:
    return f"http://acme.{settings.ENV.base_domain}:{urlsplit(processes.web()).port}"


def examine_in_both_schemes(page: Page, *, is_app: bool = True) -> None:
    """is_app: of the SPA; pages that the server makes follow the system by themselves."""
    for scheme in ("light", "dark"):
        if is_app:
            show_in(page, scheme)
        else:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        examine(page)


def test_an_address_that_leads_nowhere_and_one_that_is_not_for_the_reader(
    page: Page, site: str, owner: User, pardoned: list[str]
):
    pardoned += [REFUSED, "status of 404", "status of 403"]
    page.goto(f"{site}/nowhere/at/all")
    fill_in(page, owner)
    expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()
    examine_in_both_schemes(page)

    page.goto(f"{site}/datasources/{GONE}")
    expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()

    def refuse(route: Route) -> None:
        body = {"status": 403, "code": "forbidden", "detail": "No."}
        route.fulfill(status=403, content_type="application/problem+json", body=json.dumps(body))

    page.route(f"**/api/v1/datasources/{GONE}/", refuse)
    page.goto(f"{site}/datasources/{GONE}")
    expect(page.get_by_role("heading", name="You may not see this")).to_be_visible()
    examine_in_both_schemes(page)
    page.get_by_role("link", name="Go to the start page").click()
    expect(page.get_by_role("heading", name="Nothing here")).to_have_count(0)
    expect(page.get_by_role("heading", name="You may not see this")).to_have_count(0)


def test_a_page_that_breaks_leaves_the_rest_standing_and_is_tried_again(
    page: Page, site: str, owner: User, pardoned: list[str]
):
    # Given an answer that no page has foreseen
    pardoned += [REFUSED, "TypeError", "Cannot read properties"]
    nonsense = {"next": None, "previous": None, "results": [None]}
    page.route("**/api/v1/datasources/?*", lambda route: route.fulfill(json=nonsense))
    page.goto(f"{site}/datasources")
    fill_in(page, owner)

    # Then the page says so, with details to pass on; the way to other pages stays
    expect(page.get_by_role("heading", name="Something broke in this page")).to_be_visible()
    page.get_by_text("Details for whoever mends it").click()
    expect(page.locator("pre")).to_contain_text("TypeError")
    examine_in_both_schemes(page)
    expect(page.get_by_role("navigation", name="Main navigation")).to_be_visible()

    # And once the answer makes sense it goes on
    page.unroute("**/api/v1/datasources/?*")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("No datasources yet")).to_be_visible()


def test_offline_the_page_stays_and_what_can_not_be_loaded_says_so(
    page: Page, site: str, owner: User, pardoned: list[str]
):
    pardoned += [REFUSED, "ERR_INTERNET_DISCONNECTED", "WebSocket", "dynamically imported module"]
    pardoned += ["Unable to preload"]
    run = factories.run(factories.job(name="Nightly"))
    page.goto(f"{site}/runs")
    fill_in(page, owner)
    row = page.get_by_role("row").filter(has_text=run.job.name)
    expect(row).to_be_visible()

    # When the network goes, then what is on screen stays
    page.context.set_offline(True)
    expect(page.get_by_text("You are offline.")).to_be_visible()
    expect(row).to_be_visible()
    examine_in_both_schemes(page)

    # And a page whose code is not here yet says so, until it can be had
    page.get_by_role("link", name="Datasources").first.click()
    expect(page.get_by_role("heading", name="This page could not be loaded")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("There is still no answer.")).to_be_visible()
    examine_in_both_schemes(page)
    page.context.set_offline(False)
    expect(page.get_by_text("You are offline.")).to_have_count(0)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("No datasources yet")).to_be_visible()
    assert page.url == f"{site}/datasources"


def test_a_server_that_is_away_is_told_of_until_it_is_back(
    page: Page, site: str, processes: Processes, owner: User, pardoned: list[str]
):
    pardoned += [REFUSED, "ERR_CONNECTION_REFUSED", "WebSocket"]
    page.goto(f"{site}/datasources")
    fill_in(page, owner)
    expect(page.get_by_text("No datasources yet")).to_be_visible()
    page.evaluate("window.isTheSamePage = true")

    kill(processes.newest)
    expect(page.get_by_text("The server can't be reached.")).to_be_visible()
    expect(page.get_by_text("No datasources yet")).to_be_visible()

    processes.web(port=int(urlsplit(site).port or 0))
    expect(page.get_by_text("The server can't be reached.")).to_have_count(0)
    assert page.evaluate("window.isTheSamePage")


def test_what_the_server_answers_by_itself_is_a_page_for_people(
    page: Page, site: str, owner: User, pardoned: list[str]
):
    pardoned += [REFUSED, "status of 404", "status of 403"]
    page.goto(f"{site}/runs")
    fill_in(page, owner)
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()

    page.goto(f"{site}/admin/nothing/")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    examine_in_both_schemes(page, is_app=False)
    expect(page.get_by_role("link", name="Go to the start page")).to_have_attribute("href", "/admin/")

    page.goto(re.sub("//acme", "//nobody", site))
    expect(page.get_by_role("heading", name="There is no tenant at this address.")).to_be_visible()
    examine_in_both_schemes(page, is_app=False)
