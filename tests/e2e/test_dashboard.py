"""The home page as people use it: figures that move by themselves, and the way from a failure to its log."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from apps.accounts.models import User
from apps.jobs.models import Job, Run
from apps.scheduling.services import triggers
from tests import factories
from tests.e2e.test_shell import REFUSED, examine, fill_in


def figure(page: Page, name: str) -> Locator:
    return page.locator("dl > div").filter(has=page.locator("dt", has_text=name)).locator("dd").first


def panel(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def enter(page: Page, site: str, user: User, pardoned: list[str]) -> None:
    pardoned.append(REFUSED)  # asking who one is, before the form
    page.goto(site)
    fill_in(page, user)
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()


def left_behind(job: Job, *, failed: bool, at: datetime) -> None:
    """A run as it would be there had it ended at that time."""
    Run.objects.create(
        job=job,
        version=factories.version(job),
        source="manual",
        state="failed" if failed else "succeeded",
        exit_reason="exit_code" if failed else "",
        exit_code=int(failed),
        attempt=1,
        queued_at=at - timedelta(seconds=5),
        started_at=at - timedelta(seconds=4),
        finished_at=at,
    )


def test_a_new_tenant_is_taught_the_first_step(page: Page, site: str, owner: User, pardoned: list[str]):
    enter(page, site, owner, pardoned)
    expect(page.get_by_text("Start with your first job")).to_be_visible()
    examine(page)

    # And as soon as there is a job, there is something to look at
    triggers.create(
        job_id=factories.job(name="Nightly").pk, by=owner, kind="cron", expression="0 2 * * *", zone="UTC"
    )
    expect(panel(page, "Next fires").get_by_role("link", name="Nightly")).to_be_visible()
    expect(panel(page, "Next fires")).to_contain_text("02:00")


def test_what_runs_is_counted_live_and_a_failure_is_one_click_from_its_log(
    page: Page, site: str, owner: User, pardoned: list[str]
):
    # Given a tenant where one run has ended
    quick = factories.job(name="Quick")
    factories.run(quick)
    enter(page, site, owner, pardoned)
    expect(figure(page, "Ended today")).to_have_text("1")
    expect(figure(page, "Running now")).to_have_text("0")
    expect(page.locator(".badge.open")).to_have_text("Live")

    # When a run begins, then it is counted without a reload; and when it ends, too
    slow = factories.job(name="Slow", source="import time\ntime.sleep(4)")
    factories.run(slow)
    expect(figure(page, "Running now")).to_have_text("1")
    expect(figure(page, "Running now")).to_have_text("0")
    expect(figure(page, "Ended today")).to_have_text("2")
    expect(figure(page, "Success rate")).to_have_text("100%")

    # And a failure appears, with its reason, and its log is one click away
    broken = factories.job(name="Broken", source="print('here it broke')\nraise SystemExit(7)")
    factories.run(broken)
    failures = panel(page, "Recent failures")
    expect(failures).to_contain_text("Exit code 7")
    expect(figure(page, "Success rate")).to_have_text("66.7%")
    failures.get_by_role("link", name="Log of Broken").click()
    expect(page.get_by_text("here it broke")).to_be_visible()
    assert page.url.endswith("#log")

    # And the way back leads home
    page.go_back()
    expect(failures).to_contain_text("Broken")


def test_the_chart_has_its_figures_as_a_table_and_its_way_by_keyboard(
    page: Page, site: str, owner: User, pardoned: list[str]
):
    factories.run(factories.job(name="Counted"))
    enter(page, site, owner, pardoned)
    timeline = panel(page, "The last 24 hours")
    expect(timeline.get_by_role("img", name=re.compile("1 × Succeeded"))).to_be_visible()

    timeline.get_by_role("button", name="Show as table").press("Enter")

    rows = timeline.get_by_role("row")
    expect(rows).to_have_count(25)
    expect(rows.nth(24).get_by_role("cell").first).to_have_text("1")
    timeline.get_by_role("button", name="Show as chart").press("Enter")
    expect(timeline.locator("canvas")).to_be_visible()


def test_nobody_is_shut_out(page: Page, site: str, owner: User, pardoned: list[str]):
    # Given a tenant with everything on its page: a flaky job, its failures, and a fire to come
    flaky = factories.job(name="Now and then")
    for number in range(6):
        left_behind(flaky, failed=number % 2 == 0, at=timezone.now() - timedelta(minutes=number))
    triggers.create(job_id=flaky.pk, by=owner, kind="cron", expression="0 2 * * *", zone="UTC")
    enter(page, site, owner, pardoned)

    # Then nothing of it is closed to anybody, in both themes, at a desk and on a phone, chart or table
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.goto(site)
        expect(panel(page, "Flakiest jobs").get_by_role("link", name="Now and then")).to_be_visible()
        expect(panel(page, "Recent failures").get_by_role("link", name="Log of").first).to_be_visible()
        expect(page.locator("canvas")).to_be_visible()
        examine(page)
        page.get_by_role("button", name="Show as table").click()
        examine(page)
