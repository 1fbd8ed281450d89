"""The way of a job, clicked through the admin: made, given a cron, seen to fire, its log read, paused."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

SOURCE = """import time
for number in range(1, 7):
    print("tick", number, flush=True)
    time.sleep(0.4)
"""


def rows(page: Page):
    return page.locator("#result_list a[href*='/admin/jobs/run/']")


def reload_until(page: Page, holds, *, tries: int = 40) -> None:
    for _ in range(tries):
        page.reload()
        if holds():
            return
        page.wait_for_timeout(400)
    raise AssertionError(page.inner_text("#content"))


@pytest.mark.timeout(300)  # the first test waits for files to be collected and three processes to start
def test_a_job_is_made_fires_is_followed_and_paused(page: Page, site: str, sign_in):
    # Given a Python job, made in the browser
    sign_in("/admin/jobs/job/add/")
    page.fill("#id_name", "Heartbeat")
    page.fill("#id_source", SOURCE)
    page.click("text=Save and continue editing")
    expect(page.locator("#id_source")).to_have_value(SOURCE)
    job_url = page.url

    # When it gets a cron of every 5 seconds
    page.click("text=Add a trigger")
    page.fill("#id_expression", "*/5 * * * * *")
    page.click("[name=_save]")
    expect(page.locator("#result_list")).to_contain_text("Heartbeat")

    # Then it fires, and fires again
    page.goto(f"{site}/admin/jobs/run/")
    reload_until(page, lambda: rows(page).count() >= 2)

    # And the log of the second run grows before one's eyes, until the run has succeeded
    rows(page).first.click()
    expect(page.locator("#log")).to_contain_text("tick 6")
    expect(page.locator("#run-state")).to_have_attribute("data-state", "succeeded")
    expect(page.locator("#log .jobs-out")).to_have_count(6)
    expect(page.locator("#content-main")).to_contain_text(re.compile("cron"))

    # And once the job is paused it fires no more
    page.goto(job_url)
    expect(page.locator("#triggers")).to_contain_text("every 5 seconds")
    page.locator("a", has_text="Pause").first.click()
    page.locator("#dialog button[type=submit]").click()
    expect(page.locator(".jobs-top")).to_contain_text(re.compile("paused", re.IGNORECASE))
    page.goto(f"{site}/admin/jobs/run/")
    before = rows(page).count()
    page.wait_for_timeout(6_500)
    page.reload()
    assert rows(page).count() == before
    assert before >= 2
