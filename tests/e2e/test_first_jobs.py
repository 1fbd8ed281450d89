"""The first hour of someone new, by clicks and keys alone: a script by the clock, a query, a call, and a colleague."""

from __future__ import annotations

import csv
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from playwright.sync_api import Locator, Page, expect

from apps.accounts.models import User
from apps.datasources.domain.target import Target
from apps.jobs.models import Job, Run
from tests import factories
from tests.e2e.conftest import PASSWORD
from tests.e2e.test_shell import REFUSED, examine, fill_in, state
from tests.processes import Processes

pytestmark = pytest.mark.timeout(300)

# As it is typed: the editor indents what follows a colon by itself.
TYPED = """import time
for number in range(10):
print("line", number, flush=True)
time.sleep(0.4)
"""
WRITTEN = """import time
for number in range(10):
    print("line", number, flush=True)
    time.sleep(0.4)
"""
QUERY = "select g as n, 'row '||g as label from generate_series(1,30) g"
EVERY_5_SECONDS = "*/5 * * * * *"
QUIET_MS = 7_000  # longer than the trigger's five seconds


class Shop(BaseHTTPRequestHandler):
    """Takes an order, and says what it was."""

    server: Any

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, self.headers["X-Shop"], json.loads(body)))
        answer = b'{"order": 4711}'
        self.send_response(202)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def shop() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def site(static_files: None, processes: Processes) -> str:
    """The address of the tenant acme; HTTP jobs may reach this machine, where the test's server is."""
    processes.worker(JIEPAI_HTTP_ALLOW="127.0.0.1/32")
    processes.beat()
    return f"http://acme.{settings.ENV.base_domain}:{urlsplit(processes.web()).port}"


@pytest.fixture
def colleague(processes: Processes) -> User:
    made = factories.user("colleague", is_superuser=True)
    made.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    made.save(update_fields=["password"])
    return made


def enter(page: Page, site: str, user: User, path: str = "/") -> None:
    page.goto(f"{site}{path}")
    fill_in(page, user)
    page.wait_for_url(f"{site}{path}")


def write(page: Page, name: str, text: str) -> None:
    """In the place of what stands in that editor."""
    page.get_by_role("textbox", name=name).click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def newest_run(page: Page) -> Locator:
    return page.get_by_role("link", name="The last run")


def begin_job(page: Page, kind: str, name: str) -> None:
    page.get_by_role("link", name="Jobs", exact=True).first.click()
    page.locator("main").get_by_role("link", name="Create a job").first.click()
    page.get_by_text(kind, exact=True).click()
    page.get_by_role("textbox", name="Name", exact=True).fill(name)


def create(page: Page, name: str) -> None:
    page.get_by_role("button", name="Create a job").click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def test_a_script_is_written_fires_by_the_clock_is_watched_and_paused(
    page: Page, site: str, owner: User, pardoned: list[str]
):
    pardoned += [REFUSED, "status of 400"]  # who one is, before the form; a preview of what is being typed

    # Given someone new, who is taught the first step
    enter(page, site, owner)
    page.evaluate("window.isTheSamePage = true")
    expect(page.get_by_text("Start with your first job")).to_be_visible()
    page.get_by_role("link", name="Create a job").click()

    # When a script is typed in the place of the example
    page.get_by_text("Python", exact=True).click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Count")
    page.get_by_role("textbox", name="Script", exact=True).click()
    page.keyboard.press("Control+a")
    page.keyboard.type(TYPED)
    create(page, "Count")
    job = Job.objects.get()
    assert factories.version(job).definition["source"].rstrip() == WRITTEN.rstrip()

    # And a schedule into the builder
    page.get_by_role("link", name="Add a trigger").click()
    page.get_by_label("Cron expression").press("Control+a")
    page.keyboard.type(EVERY_5_SECONDS)
    expect(page.locator(".said")).to_have_text("every 5 seconds")
    expect(page.locator(".fires li")).to_have_count(10)
    page.get_by_role("button", name="Create the trigger").click()

    # Then it fires twice while one looks on
    page.get_by_role("link", name="Runs", exact=True).last.click()
    page.wait_for_url(f"{site}/jobs/{job.pk}/runs")
    fires = page.locator("[data-row]").filter(has_text="Cron")
    expect(fires).to_have_count(1)
    expect(fires.nth(1)).to_be_visible()

    # And the log of the newest is read while it is written
    fires.first.get_by_role("link").first.click()
    lines = page.locator("[data-line]")
    expect(lines.filter(has_text="line 1")).to_be_visible()
    assert lines.count() < 10
    expect(state(page, "Running")).to_be_visible()
    expect(lines.filter(has_text="line 9")).to_be_visible()
    expect(state(page, "Succeeded")).to_be_visible()
    expect(lines).to_have_count(10)

    # When the job is paused on its page, then nothing fires any more
    page.get_by_role("link", name="The job", exact=True).click()
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_role("button", name="Resume", exact=True)).to_be_visible()
    expect(page.get_by_text("The job is paused: its triggers don't fire it.")).to_be_visible()
    fired = Run.objects.count()
    assert fired >= 2
    page.wait_for_timeout(QUIET_MS)
    assert Run.objects.count() == fired
    page.get_by_role("navigation", name="Parts of the job").get_by_role("link", name="Runs").click()
    expect(fires).to_have_count(fired)
    assert page.evaluate("window.isTheSamePage"), "it was loaded anew meanwhile"


def test_a_query_gives_a_table_and_a_call_its_answer(
    page: Page,
    site: str,
    owner: User,
    postgres_server: Target,
    shop: Any,
    pardoned: list[str],
    tmp_path: Path,
):
    pardoned.append(REFUSED)

    # Given someone who wants to run SQL, and is told that a datasource comes first
    enter(page, site, owner)
    begin_job(page, "SQL", "List rows")
    expect(page.get_by_text("There is no datasource that you may use yet")).to_be_visible()
    page.get_by_role("link", name="Datasources").first.click()
    page.get_by_role("button", name="Leave without saving").click()
    page.get_by_role("link", name="Add the first one").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Warehouse")
    page.get_by_label("Host").fill(postgres_server.host)
    page.get_by_label("Port").fill(str(postgres_server.port))
    page.get_by_label("Database").fill(postgres_server.database)
    page.get_by_label("User name").fill(postgres_server.username)
    page.get_by_role("textbox", name="Password").fill(postgres_server.password)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Warehouse")).to_be_visible()

    # When a query on it is made a job, and run
    begin_job(page, "SQL", "List rows")
    page.get_by_role("combobox", name="Datasource").select_option(label="Warehouse (postgresql)")
    write(page, "SQL statement", QUERY)
    create(page, "List rows")
    page.get_by_role("button", name="Run now").click()
    expect(state(page, "Succeeded").first).to_be_visible()
    newest_run(page).click()

    # Then its rows are a table, numbers aligned so that they compare, and a file
    page.get_by_role("link", name="Result", exact=True).click()
    expect(page.get_by_text("30 rows")).to_be_visible()
    cells = page.get_by_role("gridcell")
    expect(cells).to_have_count(60)
    expect(cells.nth(58)).to_have_text("30")
    expect(cells.nth(59)).to_have_text("row 30")
    expect(cells.nth(58)).to_have_css("text-align", "right")
    expect(cells.nth(59)).not_to_have_css("text-align", "right")
    examine(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    download.value.save_as(tmp_path / "rows.csv")
    rows = list(csv.reader((tmp_path / "rows.csv").read_text().splitlines()))
    assert len(rows) == 31
    assert (rows[0], rows[30]) == (["n", "label"], ["30", "row 30"])

    # When a call is filled in, and run
    begin_job(page, "HTTP", "Order")
    page.get_by_label("Method").select_option("PUT")
    page.get_by_label("Address (URL)").fill(f"http://127.0.0.1:{shop.server_port}/orders")
    page.get_by_role("button", name="Add a header").click()
    page.get_by_label("Name of header 1").fill("X-Shop")
    page.get_by_label("Value of header 1").fill("north")
    page.get_by_role("radio", name="JSON").check(force=True)
    write(page, "Body", '{"paper": 12}')
    page.get_by_label("Expected status").fill("202")
    create(page, "Order")
    page.get_by_role("button", name="Run now").click()
    expect(state(page, "Succeeded").first).to_be_visible()
    newest_run(page).click()

    # Then the server was asked that, and its answer is the result
    page.get_by_role("link", name="Result", exact=True).click()
    expect(page.get_by_text("Result as JSON", exact=True)).to_be_visible()
    expect(page.get_by_text("4711")).to_be_visible()
    assert shop.asked == [("/orders", "north", {"paper": 12})]
    assert factories.version(Job.objects.get(name="Order")).definition["expected_status"] == ["202"]
    examine(page)

    # And an answer that is not expected is a failure
    page.get_by_role("link", name="The job", exact=True).click()
    page.get_by_role("link", name="Code", exact=True).click()
    page.get_by_label("Expected status").fill("200-201")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    page.get_by_role("button", name="Run now").click()
    page.get_by_role("link", name="Overview", exact=True).last.click()
    expect(state(page, "Failed").first).to_be_visible()


def test_two_write_the_same_script_see_each_other_and_choose_whose_counts(
    page: Page, other_page: Page, site: str, owner: User, colleague: User, pardoned: list[str]
):
    pardoned += [REFUSED, "status of 409"]
    mine, theirs = page, other_page
    job = factories.job(name="Shared", source="print('first')\n")
    code = f"/jobs/{job.pk}/code"

    # Given two who have the same script before them, and both change it
    enter(mine, site, owner, code)
    enter(theirs, site, colleague, code)
    write(mine, "Python script", "print('mine')\n")
    write(theirs, "Python script", "print('theirs')\n")

    # Then each is told of the other before anything is saved
    expect(mine.get_by_text("colleague is changing this job just now, too.")).to_be_visible()
    expect(theirs.get_by_text(f"{owner.username} is changing this job just now, too.")).to_be_visible()

    # When the first saves, then the second knows at once, and is asked when saving
    mine.get_by_role("button", name="Save", exact=True).click()
    expect(mine.get_by_text("Saved as version 2.")).to_be_visible()
    expect(theirs.get_by_text("Somebody saved version 2 meanwhile.")).to_be_visible()
    theirs.get_by_role("button", name="Save", exact=True).click()
    dialog = theirs.get_by_role("dialog", name="Somebody else changed the same")
    expect(dialog.get_by_text("print('mine')")).to_be_visible()
    expect(dialog.get_by_text("print('theirs')")).to_be_visible()
    examine(theirs)

    # And may look again before choosing: nothing is lost by it
    dialog.get_by_role("button", name="Keep editing").click()
    expect(dialog).to_have_count(0)
    expect(theirs.get_by_role("textbox", name="Python script")).to_contain_text("print('theirs')")
    theirs.get_by_role("button", name="Save", exact=True).click()
    dialog.get_by_role("button", name="Save mine on top").click()
    expect(theirs.get_by_text("Saved as version 3.")).to_be_visible()
    assert factories.version(Job.objects.get()).definition["source"] == "print('theirs')\n"

    # And who had nothing to lose has the new text by itself
    expect(mine.get_by_role("textbox", name="Python script")).to_contain_text("print('theirs')")
    expect(mine.get_by_text("Version 3, saved")).to_be_visible()
    expect(mine.get_by_text("is changing this job just now")).to_have_count(0)

    # When they meet again, then the second may take what the first has saved
    write(mine, "Python script", "print('once more')\n")
    write(theirs, "Python script", "print('in vain')\n")
    theirs.get_by_label("What is changed").fill("a try")
    mine.get_by_label("What is changed").fill("agreed by phone")
    mine.get_by_role("button", name="Save", exact=True).click()
    expect(mine.get_by_text("Saved as version 4.")).to_be_visible()
    theirs.get_by_role("button", name="Save", exact=True).click()
    expect(dialog).to_contain_text("agreed by phone")
    dialog.get_by_role("button", name="Take theirs").click()
    expect(theirs.get_by_role("textbox", name="Python script")).to_contain_text("print('once more')")
    expect(theirs.get_by_text("Version 4, saved")).to_be_visible()
    expect(theirs.get_by_text(re.compile("Unsaved changes|meanwhile"))).to_have_count(0)
    assert factories.version(Job.objects.get()).number == 4
