"""Many jobs at once in the SPA, where one is refused; a copy of a job; filters that are kept under a name."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from apps.jobs.models import Job, Run
from tests import factories
from tests.api_cases import permission
from tests.e2e.conftest import with_password
from tests.e2e.test_shell import REFUSED, examine, fill_in, row
from tests.e2e.test_shell import site as site

BAD_REQUEST = "status of 400"
DAY = {"type": "object", "properties": {"day": {"type": "string"}}, "required": ["day"]}


def mark(page: Page, *jobs: Job) -> Locator:
    """Mark these jobs and no other; the bar with what can be done."""
    clear = page.get_by_role("button", name="Mark none")
    if clear.count():
        clear.click()
    for job in jobs:
        row(page, job).get_by_role("checkbox").check()
    return page.get_by_role("region", name="Marked jobs")


def expect_outcome(page: Page, action: str, *, done: list[Job], refused: dict[Job, str]) -> None:
    """How it went with each of the jobs, those that were refused first; they stay marked."""
    shown = page.get_by_role("dialog", name=action)
    lines = shown.get_by_role("listitem")
    expect(lines).to_have_count(len(done) + len(refused))
    for job, why in refused.items():
        expect(lines.filter(has_text=job.name)).to_contain_text(why)
    for job in done:
        expect(lines.filter(has_text=job.name)).to_contain_text(re.compile("To the run|Done"))
    expect(lines.first).to_contain_text(next(iter(refused)).name)
    examine(page)
    shown.get_by_role("button", name="Close").last.click()
    expect(shown).to_have_count(0)
    expect(page.get_by_text(f"{len(refused)} marked")).to_be_visible()
    for job in refused:
        expect(row(page, job)).to_have_attribute("aria-selected", "true")


def test_what_is_done_with_many_jobs_is_told_one_by_one_also_what_is_refused(
    page: Page, site: str, pardoned: list[str]
):
    pardoned += [REFUSED, BAD_REQUEST]
    page.emulate_media(reduced_motion="reduce")

    # Given someone with two jobs, of which one needs a parameter, who sees a third that is somebody else's
    clerk = with_password(factories.user("clerk"))
    clerk.user_permissions.add(permission("jobs.view_job"), permission("jobs.add_job"))
    plain = factories.job(name="Count the stock", by=clerk)
    asking = factories.job(name="Close the day", by=clerk, parameters=DAY)
    theirs = factories.job(name="Pay the wages")
    page.goto(f"{site}/jobs")
    fill_in(page, clerk)

    # When all are run, then one has a run, and the others say why they have none
    mark(page, plain, asking, theirs).get_by_role("button", name="Run now").click()
    expect_outcome(
        page, "Run now", done=[plain], refused={asking: "day", theirs: "you may not do that with it"}
    )
    assert list(Run.objects.values_list("job__name", flat=True)) == [plain.name]
    expect(row(page, plain)).to_contain_text("Queued")

    # When all get a tag, then theirs stays as it is
    mark(page, plain, asking, theirs).get_by_role("button", name="Add tags").click()
    page.get_by_role("dialog").get_by_label("Tags").fill("evening, stock")
    page.get_by_role("dialog").get_by_role("button", name="Add tags").click()
    expect_outcome(page, "Add tags", done=[plain, asking], refused={theirs: "you may not do that with it"})
    expect(row(page, asking)).to_contain_text("evening · stock")
    expect(row(page, theirs)).not_to_contain_text("evening")

    # When nothing is refused, then no list stands in the way, and nothing stays marked
    mark(page, plain, asking).get_by_role("button", name="Remove tags").click()
    page.get_by_role("dialog").get_by_label("Tags").fill("stock,")
    page.get_by_role("dialog").get_by_role("button", name="Remove tags").click()
    expect(page.get_by_text("Done for 2 jobs.")).to_be_visible()
    expect(row(page, asking)).not_to_contain_text("stock")
    expect(page.get_by_role("region", name="Marked jobs")).to_have_count(0)

    # What may be done with none of the marked jobs is not offered
    bar = mark(page, theirs)
    expect(bar).to_contain_text("You may only look at it.")
    expect(bar.get_by_role("button")).to_have_count(1)

    # When a job is copied under a name that is taken, the field says so; under another it is there
    page.get_by_role("button", name=f"What can be done with {asking.name}").click()
    page.get_by_role("menuitem", name="Duplicate").click()
    name = page.get_by_role("textbox", name=re.compile("^Name"))
    expect(name).to_have_value(f"{asking.name} (copy)")
    name.fill(plain.name)
    page.get_by_role("button", name="Create a job").click()
    expect(page.get_by_text(f'There is already a job named "{plain.name}".')).to_be_visible()
    name.fill("Close the week")
    page.get_by_role("button", name="Create a job").click()
    expect(page.get_by_role("heading", name="Close the week", level=1)).to_be_visible()
    copy = Job.objects.get(name="Close the week")
    assert copy.tags == ["evening"]
    assert factories.version(copy).definition == factories.version(asking).definition

    # When many are deleted, their number is typed; theirs is still there
    page.goto(f"{site}/jobs")
    mark(page, plain, copy, theirs).get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Delete 3 jobs?")
    expect(dialog.get_by_role("listitem")).to_have_count(3)
    dialog.get_by_label("Type 3 to confirm").fill("3")
    dialog.get_by_role("button", name="Delete 3 jobs").click()
    expect_outcome(page, "Delete", done=[plain, copy], refused={theirs: "you may not do that with it"})
    expect(page.locator("[data-row]")).to_have_count(2)
    assert set(Job.objects.filter(deleted_at=None)) == {asking, theirs}


def test_filters_are_kept_under_a_name_and_found_again(page: Page, site: str, pardoned: list[str]):
    pardoned.append(REFUSED)
    clerk = with_password(factories.user("clerk"))
    python, shell = (factories.job(by=clerk, kind=kind, name=f"In {kind}") for kind in ("python", "shell"))
    page.goto(f"{site}/jobs?kind=shell&ordering=-name")
    fill_in(page, clerk)
    expect(row(page, shell)).to_be_visible()
    expect(row(page, python)).to_have_count(0)

    # When what is shown is saved, the page bears its name
    page.get_by_role("button", name="Views", exact=True).click()
    page.get_by_label("Name of this view").fill("By shell")
    page.get_by_role("group", name="Views").get_by_role("button", name="Save").click()
    opener = page.get_by_role("button", name="By shell", exact=True)
    expect(opener).to_be_visible()

    # Then it is there after another visit, and brings filter and order back
    page.goto(f"{site}/jobs")
    expect(row(page, python)).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Views", exact=True).click()
    page.get_by_role("link", name="By shell").click()
    expect(row(page, python)).to_have_count(0)
    expect(row(page, shell)).to_be_visible()
    assert "kind=shell" in page.url
    assert "ordering=-name" in page.url

    # With the star it comes first, wherever no filter is asked for
    opener.click()
    page.get_by_role("button", name="Show “By shell” first").click()
    expect(page.get_by_role("button", name="Show “By shell” first")).to_have_attribute("aria-pressed", "true")
    page.goto(f"{site}/jobs")
    expect(opener).to_be_visible()
    expect(row(page, python)).to_have_count(0)

    # And once it is deleted, after a question, all jobs are shown again
    opener.click()
    page.get_by_role("button", name="Delete the view “By shell”").click()
    page.get_by_role("button", name="Delete the view", exact=True).click()
    expect(opener).to_have_count(0)
    page.goto(f"{site}/jobs")
    expect(row(page, python)).to_be_visible()
    expect(row(page, shell)).to_be_visible()
