"""Someone who may only look at one job: all of it is there, and nothing is offered that would be refused."""

from __future__ import annotations

import re

from guardian.shortcuts import assign_perm
from playwright.sync_api import Locator, Page, Response, expect

from apps.jobs.models import Run
from apps.jobs.services import jobs
from tests import factories
from tests.e2e.conftest import with_password
from tests.e2e.test_shell import REFUSED, examine, fill_in, row
from tests.processes import until

NOT_FOUND = "status of 404"
# How the names begin of all that changes a job, a trigger, a run or a datasource.
DEEDS = re.compile(
    r"^(add|cancel|create|delete|discard|duplicate|format|pause|remove|replace|restore|resume|run|save|test|try)\b",
    re.IGNORECASE,
)


def expect_no_deeds(place: Locator) -> None:
    for role in ("button", "link", "menuitem", "switch"):
        expect(place.get_by_role(role, name=DEEDS)).to_have_count(0)


def test_who_may_look_at_one_job_sees_all_of_it_and_is_offered_nothing_else(
    page: Page, site: str, pardoned: list[str]
):
    pardoned += [REFUSED, NOT_FOUND]
    refused: list[tuple[int, str]] = []

    def listen(answer: Response) -> None:
        if answer.status >= 400:
            refused.append((answer.status, answer.url.removeprefix(site)))

    page.on("response", listen)

    # Given a job with all that a job can have, and another one that is hidden from the reader
    owner, reader = factories.owner(), with_password(factories.user("reader"))
    mine = factories.job(name="Count the stock", source="raise SystemExit('no stock')\n")
    sooner = {**factories.version(mine).definition, "priority": 7}
    jobs.save(mine.pk, by=owner, definition=sooner, note="Sooner")
    mine.refresh_from_db()
    factories.trigger(mine, expression="0 3 * * *")
    hidden = factories.job(name="Pay the wages")
    runs = [factories.run(mine), factories.run(hidden)]
    until(lambda: Run.objects.filter(finished_at__isnull=False).count() == len(runs))
    assign_perm("jobs.view_job", reader, mine)
    content = page.locator("#content")

    # When they sign in, then the home page tells of theirs alone
    page.goto(site)
    fill_in(page, reader)
    expect(page.get_by_role("region", name="Recent failures")).to_contain_text(mine.name)
    expect(page.get_by_role("region", name="Next fires")).to_contain_text(mine.name)
    expect(content).not_to_contain_text(hidden.name)
    expect_no_deeds(content)

    # And so does the list of jobs: no row has a menu, and what is marked can only be looked at
    page.goto(f"{site}/jobs")
    expect(row(page, mine)).to_be_visible()
    expect(row(page, hidden)).to_have_count(0)
    row(page, mine).get_by_role("checkbox").check()
    marked = page.get_by_role("region", name="Marked jobs")
    expect(marked).to_contain_text("You may only look at it.")
    for place in (page.get_by_role("grid"), marked, page.locator(".jp-page > header")):
        expect_no_deeds(place)
    expect(page.get_by_role("button", name="What can be done with")).to_have_count(0)
    examine(page)

    # And all parts of the job are to be read
    for tab, shows in (
        ("", "Succeeded"),
        ("/code", "You may see this job's code, and not change it."),
        ("/triggers", "0 3 * * *"),
        ("/versions", "What changed from version 1 to 2"),
        ("/runs", "Failed"),
        ("/settings", "You may look at these settings, not change them."),
    ):
        page.goto(f"{site}/jobs/{mine.pk}{tab}")
        expect(content.get_by_text(shows).first).to_be_visible()
        if tab in ("/code", "/settings"):
            expect(page.locator(".cm-content").first).to_be_visible()
        expect_no_deeds(content)
        examine(page)

    # And all parts of its run
    for tab, shows in (
        ("log", "no stock"),
        ("result", "A script hands back a result"),
        ("timeline", "Exit code 1"),
        ("parameters", "This run was given no parameters"),
    ):
        page.goto(f"{site}/runs/{runs[0].pk}/{tab}")
        expect(content.get_by_text(shows).first).to_be_visible()
        expect_no_deeds(content)
    page.get_by_role("button", name="Actions", exact=True).click()
    expect(page.get_by_role("menuitem")).to_have_text(["Compare with another run"])

    # And the other lists tell of nothing else, and whom to ask
    page.goto(f"{site}/runs")
    expect(row(page, mine)).to_be_visible()
    expect(row(page, hidden)).to_have_count(0)
    expect_no_deeds(page.get_by_role("grid"))
    page.goto(f"{site}/datasources")
    expect(page.get_by_text("Ask an administrator of your organization to add a datasource")).to_be_visible()
    expect_no_deeds(content)

    # And the palette finds what is theirs only
    page.keyboard.press("Control+k")
    sought = page.get_by_role("combobox", name="Search or jump to")
    sought.fill("wages")
    expect(page.get_by_text("Nothing is called")).to_be_visible()
    sought.fill("stock")
    expect(page.get_by_role("option", name=mine.name).first).to_be_visible()
    page.keyboard.press("Escape")

    # When they come to what is not for them, then a page says so; nothing else was refused on the whole way
    page.goto(f"{site}/jobs/new")
    expect(page.get_by_text("You may not create jobs", exact=True)).to_be_visible()
    assert [status for status, _ in refused] == [401], refused
    for path in (f"/jobs/{hidden.pk}/code", f"/runs/{runs[1].pk}"):
        page.goto(f"{site}{path}")
        expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()
    assert {status for status, _ in refused[1:]} == {404}
