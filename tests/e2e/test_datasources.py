"""Datasources as people make them: tested before they are saved, used by a job, and deleted with open eyes."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from guardian.shortcuts import assign_perm
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.datasources.domain.target import Target
from apps.datasources.models import Datasource
from apps.datasources.services import datasources
from apps.jobs.models import Run
from tests import factories
from tests.e2e.conftest import with_password
from tests.e2e.test_shell import REFUSED, examine, fill_in
from tests.processes import Processes, until

THEMES = ("light", "dark")


@pytest.fixture
def site(static_files: None, processes: Processes) -> str:
    return f"http://acme.{settings.ENV.base_domain}:{urlsplit(processes.web()).port}"


def examine_in_both_themes(page: Page) -> None:
    for theme in THEMES:
        page.get_by_title(theme.capitalize()).first.click()
        examine(page)


def stored(server: Target, name: str = "Warehouse") -> Datasource:
    where = {key: getattr(server, key) for key in ("host", "port", "database", "username", "password")}
    return datasources.create(by=factories.owner(), name=name, kind="postgresql", **where)


def test_a_datasource_is_tested_before_it_is_saved_and_then_jobs_run_on_it(
    page: Page, site: str, processes: Processes, owner: User, postgres_server: Target, pardoned: list[str]
):
    pardoned.append(REFUSED)
    processes.worker()
    page.emulate_media(reduced_motion="reduce")

    # Given someone who has none yet, and is shown the first step
    page.goto(f"{site}/datasources")
    fill_in(page, owner)
    expect(page.get_by_text("No datasources yet")).to_be_visible()
    examine_in_both_themes(page)
    page.get_by_role("link", name="Add the first one").click()

    # When the settings are tested with a wrong password
    page.get_by_role("textbox", name="Name", exact=True).fill("Warehouse")
    page.get_by_label("Host").fill(postgres_server.host)
    page.get_by_label("Port").fill(str(postgres_server.port))
    page.get_by_label("Database").fill(postgres_server.database)
    page.get_by_label("User name").fill(postgres_server.username)
    password = page.get_by_role("textbox", name="Password")
    password.fill("wr0ng!")
    page.get_by_role("button", name="Test connection").click()

    # Then the cause is told in words, with what to do, and leads to the setting; nothing is saved
    diagnosis = page.locator(".diagnosis")
    expect(diagnosis).to_contain_text('refuses the user "analyst" with this password.')
    expect(diagnosis).to_contain_text("Type user name and password anew.")
    examine_in_both_themes(page)
    page.get_by_role("button", name="Go to the setting").click()
    expect(password).to_be_focused()
    assert not Datasource.objects.exists()

    # And with the right one what answers is told, and it can be saved
    password.fill(postgres_server.password)
    expect(diagnosis).to_contain_text("You have changed settings since this test.")
    page.get_by_role("button", name="Test connection").click()
    expect(diagnosis).to_contain_text(re.compile(r"PostgreSQL [\d.]+ answers\."))
    expect(diagnosis).to_contain_text(re.compile(r"Writing allowed\s*yes"))
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/datasources/[0-9a-f-]{36}$"))
    expect(page.get_by_role("heading", name="Warehouse")).to_be_visible()
    expect(page.get_by_text("A password is stored")).to_be_visible()
    expect(page.locator("h1 + .health")).to_contain_text("Reached")

    # And a job of it is seen there by itself, and runs
    source = Datasource.objects.get()
    job = factories.job(kind="sql", name="Count", datasource=str(source.pk), statement="SELECT 1 AS one")
    expect(page.get_by_role("link", name="Count")).to_be_visible()
    run = factories.run(job)
    until(lambda: Run.objects.get(pk=run.pk).state == "succeeded")

    # And the list says that it is well
    page.get_by_role("link", name="Datasources").first.click()
    row = page.get_by_role("row").filter(has_text="Warehouse")
    expect(row).to_contain_text("Reached")
    row.get_by_role("button", name="Test the connection of Warehouse").click()
    expect(row.locator(".diagnosis.ok")).to_be_visible()
    examine_in_both_themes(page)

    # When it is deleted, then its name is asked for, and the job that will miss it is told
    row.get_by_role("link").click()
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Delete the datasource “Warehouse”?")
    expect(dialog).to_contain_text("Count")
    yes = dialog.get_by_role("button", name="Delete the datasource")
    expect(yes).to_be_disabled()
    examine(page)
    dialog.get_by_role("textbox").fill("Warehouse")
    yes.click()
    page.wait_for_url(f"{site}/datasources")
    expect(page.get_by_text("No datasources yet")).to_be_visible()
    assert not Datasource.objects.exists()


def test_what_the_server_refuses_stands_at_its_field_and_nothing_typed_is_lost(
    page: Page, site: str, owner: User, postgres_server: Target, pardoned: list[str]
):
    pardoned += [REFUSED, "status of 400"]
    source = stored(postgres_server)
    page.goto(f"{site}/datasources/{source.pk}")
    fill_in(page, owner)

    # A stored password goes nowhere else, not even for a test
    page.get_by_label("Host").fill("elsewhere.example.com")
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("the password must be given again")).to_be_visible()
    expect(page.get_by_role("textbox", name="Password")).to_be_focused()

    # What is wrong is said where it is
    page.get_by_role("button", name="Discard changes").click()
    page.get_by_label("Most rows of a result").fill("many")
    page.get_by_text("More settings of the connection").click()
    page.get_by_label("Encryption").select_option("verify-full")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("A valid integer is required.")).to_be_visible()
    page.get_by_label("Most rows of a result").fill("5000")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("needs the option")).to_be_visible()
    expect(page.get_by_label("Certificates of the authority")).to_be_focused()
    page.get_by_label("Encryption").select_option("prefer")

    # Leaving is asked about first
    page.get_by_role("link", name="Runs").first.click()
    page.get_by_role("button", name="Stay here").click()
    assert page.url == f"{site}/datasources/{source.pk}"

    # What somebody else saves meanwhile is told, and takes nothing away
    datasources.update(source.pk, by=owner, description="of 2026")
    expect(page.get_by_text("has saved this datasource meanwhile")).to_be_visible()
    expect(page.get_by_label("Most rows of a result")).to_have_value("5000")
    page.get_by_role("button", name="Show what is saved now").click()
    expect(page.get_by_label("Description")).to_have_value("of 2026")
    expect(page.get_by_label("Most rows of a result")).to_have_value("10000")


def test_who_may_only_look_meets_no_button_that_would_be_refused(
    page: Page, site: str, processes: Processes, postgres_server: Target, pardoned: list[str]
):
    pardoned.append(REFUSED)
    reader = with_password(factories.user("reader"))
    source = stored(postgres_server)
    assign_perm("datasources.view_datasource", reader, source)
    page.goto(f"{site}/datasources")
    fill_in(page, reader)

    expect(page.get_by_role("row").filter(has_text="Warehouse")).to_be_visible()
    expect(page.get_by_role("button", name="Test the connection")).to_have_count(0)
    expect(page.get_by_role("link", name="Add a datasource")).to_have_count(0)
    page.get_by_role("link", name="Warehouse").click()
    expect(page.get_by_text("You may see these settings, but not change them.")).to_be_visible()
    expect(page.get_by_label("Host")).to_be_disabled()
    for name in ("Save", "Delete", "Test connection", "Replace"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    examine(page)
    page.goto(f"{site}/datasources/new")
    expect(page.get_by_text("You may not add datasources")).to_be_visible()
