"""A job's code and its triggers, as people write them: tried before it is saved, fired by what was typed, and kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from apps.accounts.models import User
from apps.jobs.models import Job
from apps.jobs.services import jobs
from apps.scheduling.models import Trigger
from tests import factories
from tests.e2e.test_shell import REFUSED, examine, fill_in, state

COUNTING = """import os, time
for number in range(6):
    print("tick", number, "of", os.environ["JIEPAI_PARAM_REGION"], flush=True)
    time.sleep(0.3)
"""
REGION = {
    "type": "object",
    "properties": {"region": {"type": "string", "title": "Region"}},
    "required": ["region"],
}


@pytest.fixture
def enter(page: Page, site: str, owner: User, pardoned: list[str]) -> Callable[[str], None]:
    """Sign the owner in through the front end, and come to a page."""
    pardoned.append(REFUSED)

    def come(path: str) -> None:
        page.goto(f"{site}{path}")
        fill_in(page, owner)
        page.wait_for_url(f"{site}{path}")

    return come


def code(page: Page, name: str = "Python script") -> Locator:
    return page.get_by_role("textbox", name=name)


def write(page: Page, text: str, name: str = "Python script") -> None:
    code(page, name).click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def test_a_job_is_written_tried_saved_fired_by_what_was_typed_and_paused(
    page: Page, enter: Callable[[str], None], pardoned: list[str]
):
    pardoned.append("status of 400")  # a preview of what is being typed
    job = factories.job(name="Count", source="pass", parameters=REGION)
    enter(f"/jobs/{job.pk}/code")

    # What can't be read is shown where it is; what can is put into shape
    write(page, "print(1\n")
    page.get_by_role("button", name="Format").click()
    expect(page.get_by_role("alert")).to_contain_text("Line ")
    expect(page.locator(".cm-lint-marker-error")).to_be_visible()
    write(page, COUNTING.replace(" = ", "=").replace('"', "'").replace("import os, time", "import os,time"))
    page.get_by_role("button", name="Format").click()
    expect(code(page)).to_contain_text('"tick", number, "of"')

    # What is written is tried before it is saved; what it needs is asked for first
    write(page, COUNTING)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_have_text("Fill this in.")
    expect(page.get_by_label("Region")).to_be_focused()
    page.get_by_label("Region").fill("north")
    page.get_by_role("button", name="Try run").click()
    expect(page.get_by_text("tick 0 of north")).to_be_visible()
    expect(state(page, "Running")).to_be_visible()
    expect(page.get_by_text("tick 5 of north")).to_be_visible()
    expect(state(page, "Succeeded")).to_be_visible()
    assert factories.version(Job.objects.get(pk=job.pk)).number == 1
    assert not Trigger.objects.exists()

    # Saved with a note by the keyboard alone
    page.get_by_label("What is changed").fill("counts")
    page.get_by_label("What is changed").press("Control+s")
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    version = factories.version(Job.objects.get(pk=job.pk))
    assert (version.definition["source"], version.note) == (COUNTING, "counts")

    # A schedule that can't be is explained, one that can is shown in both languages and by the clock
    page.get_by_role("link", name="Triggers").click()
    page.get_by_role("button", name="Add a trigger").click()
    typed = page.get_by_label("Cron expression")
    typed.fill("0 25 * * *")
    expect(page.locator("dialog").get_by_role("alert")).to_have_text("hour: 25 is out of range 0–23.")
    typed.fill("*/5 * * * * *")
    expect(page.get_by_role("radio", name="Seconds")).to_be_checked()
    expect(page.locator(".said")).to_have_text("every 5 seconds")
    page.get_by_role("button", name="In 简体中文").click()
    expect(page.get_by_text("每 5 秒")).to_be_visible()
    expect(page.locator(".fires li")).to_have_count(10)
    page.locator("dialog").get_by_label("Region").fill("south")
    page.get_by_role("button", name="Create the trigger").click()
    expect(page.locator(".trigger .words")).to_have_text("every 5 seconds")
    made = Trigger.objects.get()
    assert (made.expression, made.params) == ("*/5 * * * * *", {"region": "south"})

    # It fires twice while one looks on, and the log is written as one reads
    fired = page.locator(".trigger .times dd").nth(1)
    expect(fired).not_to_have_text("never yet")
    page.get_by_role("link", name="Runs", exact=True).first.click()
    crons = page.get_by_role("row").filter(has_text="Cron")
    expect(crons.nth(1)).to_be_visible()
    crons.first.get_by_role("link").first.click()
    expect(page.get_by_text("tick 5 of south")).to_be_visible()

    # Switched off, it says so
    page.go_back()
    page.go_back()
    page.get_by_role("switch", name="The trigger every 5 seconds is on").click()
    expect(page.get_by_text("Switched off")).to_be_visible()
    made.refresh_from_db()
    assert made.is_paused


def test_what_is_not_saved_is_neither_lost_nor_put_over_what_others_saved(
    page: Page, site: str, enter: Callable[[str], None], owner: User, pardoned: list[str]
):
    pardoned.append("status of 409")
    job = factories.job(name="Shared", source="print(1)\n")
    enter(f"/jobs/{job.pk}/code")
    write(page, "print(2)\n")
    expect(page.get_by_text("Unsaved changes")).to_be_visible()

    # Going away asks; staying stays
    page.get_by_role("link", name="Triggers").click()
    expect(page.get_by_text("It stays in this browser")).to_be_visible()
    page.get_by_role("button", name="Stay here").click()
    expect(code(page)).to_contain_text("print(2)")

    # Leaving all the same keeps a draft, which comes back
    page.get_by_role("link", name="Triggers").click()
    page.get_by_role("button", name="Leave without saving").click()
    expect(page.get_by_text("No triggers yet")).to_be_visible()
    page.get_by_role("link", name="Code", exact=True).click()
    expect(page.get_by_text("What you had not saved is back")).to_be_visible()
    expect(code(page)).to_contain_text("print(2)")

    # Somebody else changes another field: the draft goes on top of it
    facts = factories.version(job).definition
    jobs.save(job.pk, by=owner, definition={**facts, "priority": 9})
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("together with what others saved")).to_be_visible()
    saved = factories.version(Job.objects.get(pk=job.pk)).definition
    assert (saved["source"], saved["priority"]) == ("print(2)\n", 9)

    # Somebody else changes the same: both are shown, and one is chosen
    write(page, "print('mine')\n")
    jobs.save(job.pk, by=owner, definition={**saved, "source": "print('theirs')\n"})
    expect(page.get_by_text("Somebody saved version 4 meanwhile")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog", name="Somebody else changed the same")
    expect(dialog.get_by_text("print('theirs')")).to_be_visible()
    expect(dialog.get_by_text("print('mine')")).to_be_visible()
    expect(dialog.get_by_text("1 change", exact=True)).to_be_visible()
    page.get_by_role("button", name="Save mine on top").click()
    expect(page.get_by_text("Saved as version 5.")).to_be_visible()
    assert factories.version(Job.objects.get(pk=job.pk)).definition["source"] == "print('mine')\n"


def test_the_keyboard_gets_into_the_editor_and_out_again(page: Page, enter: Callable[[str], None]):
    job = factories.job(source="if True:\n    pass\n")
    enter(f"/jobs/{job.pk}/code")
    code(page).focus()
    page.keyboard.press("Control+End")

    # Tab indents, and after Escape leaves
    page.keyboard.press("Tab")
    page.keyboard.type("x = 1 ")
    expect(code(page)).to_contain_text("    x = 1")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(code(page)).not_to_be_focused()

    # The border between the panes is moved by arrows
    border = page.get_by_role("separator")
    border.focus()
    expect(border).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(border).to_have_attribute("aria-valuenow", "56")

    # The search speaks, and closes
    code(page).focus()
    page.keyboard.press("Control+f")
    expect(page.get_by_role("textbox", name="Find")).to_be_focused()
    page.keyboard.press("Escape")
    expect(code(page)).to_be_focused()


def test_the_editors_pages_are_accessible_and_fit_a_phone_in_both_languages_and_themes(
    page: Page, site: str, enter: Callable[[str], None]
):
    script = factories.job(name="Script", source=COUNTING, parameters=REGION)
    call = factories.job(
        name="Call", kind="http", url="https://example.com/a", headers={"X-Name": "value"}, body={"a": 1}
    )
    factories.trigger(script, expression="0 9 1,15,L * *", name="monthly", params={"region": "north"})
    enter(f"/jobs/{script.pk}/code")
    expect(code(page)).to_be_visible()

    for theme, language, shown in (("Light", "EN", "Code"), ("深色", "中", "代码")):
        page.goto(f"{site}/runs")
        page.get_by_text(language, exact=True).click()
        page.get_by_title(theme).click()
        for path in (f"/jobs/{script.pk}/code", f"/jobs/{call.pk}/code", f"/jobs/{script.pk}/triggers"):
            page.goto(f"{site}{path}")
            expect(page.get_by_role("link", name=shown, exact=True)).to_be_visible()
            expect(page.locator(".cm-content:visible, .trigger").first).to_be_visible()
            examine(page)
        page.goto(f"{site}/jobs/{script.pk}/triggers?trigger={Trigger.objects.get().pk}")
        expect(page.locator(".fires li")).to_have_count(10)
        examine(page)
