"""Jobs as people use them in the SPA: made, found, changed by two at once, deleted by name."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.jobs.models import Job
from apps.jobs.services import jobs
from tests import factories
from tests.e2e.test_shell import REFUSED, examine, fill_in, row
from tests.e2e.test_shell import site as site

CONFLICT = "status of 409"
BAD_REQUEST = "status of 400"


@pytest.fixture
def signed_in(page: Page, site: str, owner: User, pardoned: list[str]) -> Page:
    pardoned.append(REFUSED)  # asking who one is, before the form
    page.goto(f"{site}/jobs")
    fill_in(page, owner)
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    return page


def test_a_job_is_made_found_paused_with_others_and_deleted_by_its_name(
    signed_in: Page, site: str, pardoned: list[str]
):
    page = signed_in
    pardoned.append(BAD_REQUEST)

    # Given nobody has made a job yet, the page says how to begin
    expect(page.get_by_text("No jobs yet")).to_be_visible()
    page.locator("main").get_by_role("link", name="Create a job").last.click()

    # When one is made from what a kind begins with; a name is needed, and the page says so
    page.get_by_text("Shell", exact=True).click()
    expect(page.locator(".cm-content")).not_to_be_empty()
    page.get_by_label("Name").fill("Rotate logs")
    page.get_by_label("Tags").fill("nightly,")
    page.get_by_role("button", name="Create a job").click()

    # Then its page is there, and the job as well
    expect(page.get_by_role("heading", name="Rotate logs", level=1)).to_be_visible()
    made = Job.objects.get(name="Rotate logs")
    assert (made.kind, made.tags) == ("shell", ["nightly"])

    # And the list shows it, and others that appear by themselves, narrowed by what the address says
    others = [factories.job(name=f"Report {number}") for number in range(3)]
    page.goto(f"{site}/jobs?kind=shell&tag=nightly")
    expect(row(page, made)).to_contain_text("Never run")
    expect(page.get_by_role("row").filter(has_text="Report")).to_have_count(0)
    page.get_by_role("button", name="Clear the filters").click()
    expect(row(page, others[2])).to_be_visible()
    assert "kind" not in page.url
    page.get_by_role("searchbox").fill("report 1")
    expect(row(page, made)).to_have_count(0)
    expect(row(page, others[1])).to_be_visible()
    assert "search=report" in page.url
    page.go_back()

    # When some are marked, from the keyboard, then they are paused together
    page.goto(f"{site}/jobs?ordering=-name")
    expect(row(page, made)).to_be_visible()
    row(page, made).focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    expect(page.get_by_text("2 marked")).to_be_visible()
    page.get_by_role("button", name="Pause").last.click()
    expect(row(page, made)).to_contain_text("Paused")
    expect(row(page, others[2])).to_contain_text("Paused")
    assert set(Job.objects.filter(is_paused=True)) == {made, others[2]}

    # And what runs shows in its row without anybody asking
    factories.run(others[0])
    expect(row(page, others[0])).to_contain_text("Queued")

    # When it is deleted, its name has to be typed
    page.get_by_role("button", name="What can be done with Rotate logs").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.get_by_role("button", name="Delete the job")).to_be_disabled()
    page.get_by_label("Type the job's name to confirm").fill("Rotate logs")
    page.get_by_role("button", name="Delete the job").click()
    expect(row(page, made)).to_have_count(0)
    made.refresh_from_db()
    assert made.deleted_at is not None


def test_versions_are_compared_and_an_old_one_is_restored(signed_in: Page, site: str, owner: User):
    page = signed_in
    job = factories.job(name="Close the books", source="print('first')\n")
    with_more = {**factories.version(job).definition, "source": "print('second')\n", "priority": 7}
    jobs.save(job.pk, by=owner, definition=with_more, note="Faster")

    page.goto(f"{site}/jobs/{job.pk}/versions")

    expect(page.get_by_role("row").filter(has_text="Faster")).to_contain_text("Current")
    expect(page.get_by_role("heading", name="What changed from version 1 to 2")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Priority")).to_contain_text(re.compile("5.*7"))
    expect(page.locator(".cm-deletedChunk, .cm-changedLine").first).to_be_visible()

    page.get_by_role("button", name="Restore version 1").click()
    page.get_by_role("dialog").get_by_role("button", name="Restore version 1").click()
    expect(page.get_by_text("Version 1 is restored as version 3.")).to_be_visible()
    expect(page.get_by_role("heading", name="What changed from version 2 to 3")).to_be_visible()
    job.refresh_from_db()
    assert factories.version(job).definition["source"] == "print('first')\n"


def test_two_who_change_a_job_at_once_lose_nothing(
    signed_in: Page, site: str, owner: User, pardoned: list[str]
):
    mine = signed_in
    pardoned.append(CONFLICT)
    job = factories.job(name="Shared", source="print(1)\n")
    rival = factories.user("rival")

    # Given one page in which two settings are changed, and not saved yet
    mine.goto(f"{site}/jobs/{job.pk}/settings")
    mine.get_by_label("Time limit in seconds").fill("60")
    mine.get_by_label("Priority").select_option("9")

    # When somebody else saves one of them otherwise, and a third one
    theirs = {**factories.version(job).definition, "timeout_seconds": 90, "group": "night"}
    jobs.save(job.pk, by=rival, definition=theirs)

    # Then the page says so by itself: what only they changed is taken, what both did is asked
    expect(mine.get_by_text("Somebody saved version 2 while you were editing")).to_be_visible()
    expect(mine.get_by_label("Executor group")).to_have_value("night")
    expect(mine.get_by_label("Priority")).to_have_value("9")
    mine.get_by_role("button", name="Take theirs").click()
    expect(mine.get_by_label("Time limit in seconds")).to_have_value("90")
    mine.get_by_role("button", name="Save", exact=True).click()
    expect(mine.get_by_text("The settings are saved.")).to_be_visible()
    job.refresh_from_db()
    saved = factories.version(job)
    assert (saved.number, saved.definition["priority"], saved.definition["group"]) == (3, 9, "night")

    # And what is not saved is not left by accident
    mine.get_by_label("Priority").select_option("1")
    mine.get_by_role("navigation", name="Parts of the job").get_by_role("link", name="Overview").click()
    mine.get_by_role("button", name="Stay here").click()
    expect(mine.get_by_label("Priority")).to_have_value("1")


def test_the_pages_are_accessible_and_fit_a_phone_in_both_languages_and_themes(
    signed_in: Page, site: str, owner: User
):
    page = signed_in
    page.emulate_media(reduced_motion="reduce")
    job = factories.job(name="对账 " + "a-long-name" * 8, source="print(1)\n")
    jobs.save(job.pk, by=owner, definition={**factories.version(job).definition, "source": "print(2)\n"})
    factories.run(job)
    for theme, language in (("Light", "EN"), ("深色", "中")):
        page.get_by_text(language, exact=True).click()
        page.get_by_title(theme).click()
        for path, shows in (
            ("/jobs", "[role=row][data-row]"),
            ("/jobs/new?from=" + str(job.pk), ".cm-content"),
            (f"/jobs/{job.pk}", ".strip"),
            (f"/jobs/{job.pk}/versions", ".cm-content"),
            (f"/jobs/{job.pk}/runs", "main .tag"),
            (f"/jobs/{job.pk}/settings", ".cm-content"),
        ):
            page.goto(f"{site}{path}")
            expect(page.locator(shows).first).to_be_visible()
            examine(page)
