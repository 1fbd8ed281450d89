"""Runs in the browser: what they said, what they gave, why they ended, and how two of them differ."""

from __future__ import annotations

import csv
import re
import sqlite3
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from apps.accounts.models import User
from apps.datasources.services import datasources
from apps.jobs.models import Job, Run
from apps.jobs.services import jobs
from apps.tenants.models import Tenant
from apps.tenants.services import folders
from tests import factories
from tests.e2e.conftest import PASSWORD
from tests.e2e.test_shell import REFUSED, TICKS, examine, state
from tests.processes import Processes, kill, until
from tests.showroom.browser import sign_in as fill_in

pytestmark = pytest.mark.timeout(300)

COLOURED = r"""import sys
print("\x1b[1;31mloud\x1b[0m and plain")
print("10%\r50%\r100% done")
for number in range(3, 3001):
    print("line", number)
print("the end is near", flush=True)
print("it broke", file=sys.stderr)
sys.exit(3)
"""
ECHO = """import json, os
print("day", os.environ["JIEPAI_PARAM_DAY"])
json.dump({"day": os.environ["JIEPAI_PARAM_DAY"]}, open(os.environ["JIEPAI_RESULT_FILE"], "w"))
"""
DAY = {
    "type": "object",
    "properties": {"day": {"type": "string", "title": "Day"}},
    "required": ["day"],
}
TABLE = """WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 120)
SELECT n, CASE WHEN n = 2 THEN NULL ELSE 'word ' || n END AS word FROM numbers"""


@pytest.fixture
def enter(page: Page, site: str, owner: User, pardoned: list[str]) -> None:
    """Signed in."""
    pardoned.append(REFUSED)  # asking who one is, before the form
    fill_in(page, site, username=owner.username, password=PASSWORD)


def ended(job: Job, *, of: str = "succeeded", **facts: object) -> Run:
    """A run of the job that has come to its end."""
    run = factories.run(job, **facts)
    until(Run.objects.filter(pk=run.pk, state=of).exists, seconds=60)
    return Run.objects.get(pk=run.pk)


def line(page: Page, number: int) -> Locator:
    return page.locator(f"[data-line='{number}']")


def choose(page: Page, menu: str, item: str) -> None:
    page.get_by_role("button", name=menu).click()
    page.get_by_role("menuitem", name=item).click()


@pytest.mark.usefixtures("enter")
def test_the_rows_of_a_query_are_read_sorted_and_downloaded(page: Page, site: str, tmp_path: Path):
    # Given a query with more rows than are shown, and a NULL among them
    folder = folders.of(Tenant.objects.get(slug="acme"))
    folder.mkdir(parents=True, exist_ok=True)
    sqlite3.connect(folder / "sums.db").close()
    source = datasources.create(by=factories.owner(), name="Sums", kind="sqlite", path="sums.db")
    run = ended(factories.job(name="Words", kind="sql", datasource=str(source.pk), statement=TABLE))

    # When its result is looked at, then rows and what is not shown are told
    page.goto(f"{site}/runs/{run.pk}")
    page.get_by_role("link", name="Result").click()
    expect(page).to_have_url(f"{site}/runs/{run.pk}/result")
    expect(page.get_by_text("120 rows")).to_be_visible()
    expect(page.get_by_text("the first 100 are shown")).to_be_visible()
    cells = page.get_by_role("gridcell")
    expect(cells.nth(3)).to_have_text("NULL")

    # And they are sorted, NULL last, and a cell's whole value is shown
    page.get_by_role("button", name="word").click()
    expect(cells.nth(1)).to_have_text("word 1")
    expect(cells.last).to_have_text("NULL")
    page.get_by_role("grid").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    expect(page.locator("code", has_text="word 3")).to_be_visible()

    # And all of them are in the file
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    download.value.save_as(tmp_path / "rows.csv")
    rows = list(csv.reader((tmp_path / "rows.csv").read_text().splitlines()))
    assert rows[0] == ["n", "word"]
    assert rows[2] == ["2", ""]
    assert len(rows) == 121


@pytest.mark.usefixtures("enter")
def test_a_log_is_shown_as_a_terminal_would_and_has_links_to_its_lines(page: Page, site: str):
    run = ended(factories.job(name="Colours", source=COLOURED), of="failed")
    page.goto(f"{site}/runs/{run.pk}")

    # What the script wrote in colours is coloured, and a progress bar shows its last state
    expect(page.get_by_text("3,002 lines")).to_be_visible()
    page.keyboard.press("g")
    expect(line(page, 1)).to_have_text("loud and plain")
    expect(page.locator(".jp-ink.bold", has_text="loud")).to_be_visible()
    expect(line(page, 2)).to_have_text("100% done")

    # Why it ended is told, and its first error is one click away
    expect(page.get_by_text("Exit code 3", exact=True)).to_be_visible()
    expect(page.get_by_text("The end of its log tells mostly why")).to_be_visible()
    page.get_by_role("button", name="First error").click()
    expect(page.locator(".line.err.chosen")).to_have_text("it broke")

    # Lines are chosen by their numbers, and the address leads to them, also when the page is opened with it
    page.get_by_role("textbox", name="Search the log").fill(":1200")
    page.keyboard.press("Enter")
    expect(line(page, 1200)).to_be_in_viewport()
    line(page, 1200).locator("a").click()
    expect(page.locator(".line.chosen")).to_have_count(0)
    line(page, 1201).locator("a").click()
    line(page, 1204).locator("a").click(modifiers=["Shift"])
    expect(page).to_have_url(re.compile("#L1201-L1204$"))
    page.reload()
    expect(line(page, 1203)).to_be_in_viewport()
    expect(page.locator(".line.chosen")).to_have_count(4)

    # The keys of a pager work
    page.get_by_role("log").focus()
    page.keyboard.press("/")
    page.keyboard.type("line 29")
    expect(page.get_by_role("status").filter(has_text="1 of 111")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("textbox", name="Search the log").fill("line 2999")
    page.keyboard.press("Enter")
    expect(page.locator(".line.current")).to_have_text("line 2999")
    expect(page.locator(".line.current mark")).to_have_text("line 2999")

    # And times beside the lines
    page.get_by_role("combobox", name="When the lines came").select_option("Since start")
    expect(page.locator(".line.current .time")).to_have_attribute(
        "data-time", re.compile(r"^\+0:\d\d\.\d{3}$")
    )


@pytest.mark.usefixtures("enter")
def test_a_run_is_run_again_with_other_parameters_and_compared_with_the_first(page: Page, site: str):
    # Given a run with a parameter, of a job that has changed since
    job = factories.job(name="Daily", source=ECHO, parameters=DAY, env={"API_TOKEN": "sesame"})
    first = ended(job, params={"day": "monday"})
    definition = dict(factories.version(job).definition, source=ECHO + "print('more')\n")
    jobs.save(job.pk, definition=definition, by=factories.owner())
    page.goto(f"{site}/runs/{first.pk}/parameters")
    expect(page.get_by_text("The job has been changed since.")).to_be_visible()
    expect(page.get_by_text("sesame")).to_have_count(0)
    expect(page.locator(".cm-changedLine, .cm-insertedLine, .cm-changedText").first).to_be_visible()

    # When it is run again with another
    choose(page, "Actions", "Run again with changes")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("version 2 will run, not version 1")).to_be_visible()
    dialog.get_by_label("Day").fill("tuesday")
    dialog.get_by_role("button", name="Run again").click()

    # Then the new run has it, and says which one it repeats
    page.wait_for_url(lambda url: str(first.pk) not in url)
    expect(page.get_by_text("day tuesday")).to_be_visible()
    expect(state(page, "Succeeded")).to_be_visible()
    expect(page.get_by_role("link", name="The run that it repeats")).to_be_visible()
    page.get_by_role("link", name="Result").click()
    expect(page.get_by_text("tuesday")).to_be_visible()

    # And the two are compared: facts, definition, log and result
    choose(page, "Actions", "Compare with another run")
    expect(page.get_by_role("row", name=re.compile("day.*differs.*monday.*tuesday"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Version.*differs.*1.*2"))).to_be_visible()
    tabs = page.get_by_role("navigation", name="What is compared")
    for part, text in (("Definition", "more"), ("Log", "day monday"), ("Result", "tuesday")):
        tabs.get_by_role("link", name=part).click()
        expect(page.locator(".cm-content", has_text=text).first).to_be_visible()
    examine(page)


@pytest.mark.usefixtures("enter")
def test_a_log_goes_on_after_its_connection_was_lost(
    page: Page, site: str, processes: Processes, pardoned: list[str]
):
    pardoned += ["ERR_CONNECTION_REFUSED", "WebSocket connection"]
    run = factories.run(factories.job(name="Ticking", source=TICKS.replace("24", "60")))
    page.goto(f"{site}/runs/{run.pk}")
    expect(page.get_by_text("tick 2", exact=True)).to_be_visible()

    # When the server goes away while the log streams
    kill(processes.newest)
    expect(page.locator(".badge")).to_have_text("Reconnecting")

    # Then, once it is back, no line is missing and none is there twice
    processes.web(port=int(urlsplit(site).port or 0))
    expect(page.locator(".badge.open")).to_have_text("Live")
    expect(page.get_by_text("tick 59", exact=True)).to_be_visible(timeout=60_000)
    expect(page.get_by_text("60 lines")).to_be_visible()
    expect(state(page, "Succeeded")).to_be_visible()


@pytest.mark.usefixtures("enter")
def test_the_list_is_narrowed_kept_as_a_view_and_acted_upon(page: Page, site: str):
    # Given runs that have failed, and some that wait for their turn
    ended(factories.job(name="Broken", source="import sys; sys.exit(1)"), of="failed")
    slow = factories.job(name="Slow", source="import time; time.sleep(600)", max_running=1)
    for _ in range(3):
        factories.run(slow)
    page.goto(f"{site}/runs")
    expect(page.get_by_role("row").filter(has_text="Slow")).to_have_count(3)

    # When the list is narrowed, then the address says so, and the view is kept under a name
    page.get_by_role("button", name="State").click()
    page.get_by_role("checkbox", name="Failed").check()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"\?state=failed$"))
    expect(page.get_by_role("row").filter(has_text="Slow")).to_have_count(0)
    expect(page.get_by_role("row").filter(has_text="Broken")).to_have_count(1)
    page.get_by_role("button", name="Views").click()
    page.get_by_role("textbox", name="Name of this view").fill("What failed")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="What failed", exact=True)).to_be_visible()
    page.goto(f"{site}/runs")
    page.get_by_role("button", name="Views").click()
    page.get_by_role("link", name="What failed").click()
    expect(page).to_have_url(re.compile(r"\?state=failed$"))

    # And a job is found by a part of its name
    page.goto(f"{site}/runs")
    page.get_by_role("button", name="Job", exact=True).click()
    page.get_by_role("textbox", name="Search").fill("slo")
    page.get_by_role("radio", name="Slow").click()
    expect(page).to_have_url(re.compile(rf"job={slow.pk}"))
    expect(page.get_by_role("row").filter(has_text="Slow")).to_have_count(3)

    # And all of its runs are cancelled at once, after a question that names it
    page.get_by_role("checkbox", name="Mark all that are loaded").check()
    page.get_by_role("button", name="Cancel (3)").click()
    expect(page.get_by_text("Cancel these 3 runs?")).to_be_visible()
    expect(page.get_by_text("Jobs: Slow.")).to_be_visible()
    page.get_by_role("button", name="Cancel the runs").click()
    expect(page.locator("[data-row]").filter(has_text="Cancelled")).to_have_count(3)


@pytest.mark.usefixtures("enter")
def test_a_run_that_waits_says_why_and_one_that_was_tried_again_shows_each_try(page: Page, site: str):
    slow = factories.job(name="Slow", source="import time; time.sleep(600)", max_running=1)
    factories.run(slow)
    waiting = factories.run(slow)
    page.goto(f"{site}/runs/{waiting.pk}")
    expect(page.get_by_text("The job may run 1 times at once")).to_be_visible()
    page.get_by_role("link", name="Run 1").click()
    expect(state(page, "Running")).to_be_visible()

    retry = {"strategy": "fixed", "max_attempts": 2, "base_seconds": 1}
    stubborn = factories.job(name="Stubborn", source="import sys; sys.exit(7)", retry=retry)
    run = ended(stubborn, of="failed")
    page.goto(f"{site}/runs/{run.pk}/timeline")
    table = page.get_by_role("table", name="Attempts")
    expect(table.get_by_role("row")).to_have_count(3)
    expect(table.get_by_role("row").last).to_contain_text("Exit code 7")
    table.get_by_role("link", name="1").click()
    expect(page).to_have_url(re.compile(r"/log\?attempt=1$"))
    expect(page.get_by_role("combobox", name="Attempt whose log is shown")).to_have_value("1")


@pytest.mark.usefixtures("enter")
def test_pages_of_runs_are_accessible_in_both_themes_and_languages(page: Page, site: str):
    page.emulate_media(reduced_motion="reduce")
    job = factories.job(name="对账 " + "a-long-name" * 8, source=COLOURED)
    one, other = ended(job, of="failed"), ended(job, of="failed")
    paths = {
        "/runs": "[data-row]",
        f"/runs/{one.pk}#L2": ".line.chosen",
        f"/runs/{one.pk}/timeline": "table",
        f"/runs/{one.pk}/parameters": "dl.env",
        f"/runs/{one.pk}/result": ".state",
        f"/runs/compare?left={one.pk}&right={other.pk}": "tr.different, tbody tr",
        f"/runs/compare?left={one.pk}&right={other.pk}&part=log": ".note, .cm-content",
    }
    for language, theme in (("EN", "Light"), ("EN", "Dark"), ("中", "浅色"), ("中", "深色")):
        page.goto(f"{site}/runs")
        page.get_by_text(language, exact=True).first.click()
        page.get_by_title(theme).first.click()
        for path, shows in paths.items():
            page.goto(site + path)
            expect(page.locator(shows).first).to_be_visible()
            examine(page)
