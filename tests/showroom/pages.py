"""What is photographed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from apps.datasources.models import Datasource
from apps.jobs.models import Job, Run


@dataclass(frozen=True, slots=True)
class Shot:
    """path: below the tenant's address. shows: a CSS selector that is there once the page is complete.

    before: what to do on the page first. in_docs: also kept in docs/images, at the desk in the light.
    """

    name: str
    path: str
    shows: str = "h1"
    before: Callable[[Page], None] | None = None
    in_docs: bool = False
    is_open: bool = False  # for those who are not signed in


def all_of(*, script: str, query: str) -> list[Shot]:
    """The pages of the connection's tenant. script, query: names of the jobs whose pages are shown."""
    job = Job.objects.get(name=script)
    failed = Run.objects.filter(state="failed").order_by("-id")[0]
    table = Run.objects.filter(job__name=query, state="succeeded").order_by("-id")[0]
    source = Datasource.objects.order_by("name")[0]
    return [
        Shot("sign-in", "/sign-in", "form", is_open=True),
        Shot("dashboard", "/", "canvas", in_docs=True),
        Shot("jobs", "/jobs", "[data-row] svg[role=img]", in_docs=True),
        Shot("job", f"/jobs/{job.pk}", ".strip"),
        Shot("job-code", f"/jobs/{job.pk}/code", ".cm-content", before=_try, in_docs=True),
        Shot("trigger", f"/jobs/{job.pk}/triggers?trigger=new", "dialog ol, dialog li", in_docs=True),
        Shot("job-triggers", f"/jobs/{job.pk}/triggers", "main li, main article"),
        Shot("job-new", "/jobs/new", "fieldset"),
        Shot("job-versions", f"/jobs/{job.pk}/versions", "tbody tr"),
        Shot("job-settings", f"/jobs/{job.pk}/settings", ".cm-content"),
        Shot("runs", "/runs", "[data-row]"),
        Shot("run-failed", f"/runs/{failed.pk}", "[role=log]"),
        Shot("run-result", f"/runs/{table.pk}/result", "h1"),
        Shot("run-timeline", f"/runs/{failed.pk}/timeline", "table"),
        Shot("run-parameters", f"/runs/{failed.pk}/parameters", "details"),
        Shot("run-compare", f"/runs/compare?right={failed.pk}", "tbody tr"),
        Shot("datasources", "/datasources", ".row .link"),
        Shot("datasource", f"/datasources/{source.pk}", "input[name=host], input[name=path]"),
        Shot("datasource-new", "/datasources/new", "input[name=host]"),
        Shot("palette", f"/runs?job={job.pk}", "[data-row]", before=_palette),
        Shot("profile", "/profile", "form select"),
        Shot("profile-sessions", "/profile/sessions", "tbody tr"),
        Shot("profile-tokens", "/profile/tokens", ".state, tbody tr"),
        Shot("not-found", "/nowhere"),
    ]


def _palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("re")
    page.wait_for_timeout(800)


def _try(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^(Try run|试运行)$")).click()
    page.wait_for_timeout(6000)
