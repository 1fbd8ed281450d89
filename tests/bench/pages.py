"""Scenarios in a browser: how long lists scroll, what Lighthouse says of the pages' speed."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from tests import lighthouse
from tests.bench import stage
from tests.processes import free_port, running
from tests.showroom import browser as chromium
from tests.showroom.stage import PASSWORD, collect_static_files

FRAME_BUDGET_MS: Final = (
    50.5  # three frames of a screen that shows 60 a second, and the rounding of its clock
)
# Scrolls a box for a number of frames, each by so many of its heights; gives how long each frame took. What is fetched
# on the way is part of it.
SCROLL: Final = """async ({ selector, frames, screens }) => {
  const box = selector ? document.querySelector(selector) : document.scrollingElement
  const next = () => new Promise(requestAnimationFrame)
  const took = []
  let before = await next()
  for (let step = 0; step < frames; step++) {
    const isAtEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 1
    box.scrollTop = isAtEnd ? 0 : box.scrollTop + box.clientHeight * screens
    const now = await next()
    took.push(now - before)
    before = now
  }
  return { took, heap: performance.memory?.usedJSHeapSize ?? 0 }
}"""
# A hard flick of a touchpad is about a quarter of a screen each frame; leaps draw all rows anew in each.
PACES: Final = {"flick": 0.25, "leaps": 1.5}


class Visit(NamedTuple):
    """page: signed in. port: where its browser listens for debuggers."""

    page: Page
    address: str
    port: int


@contextmanager
def visit() -> Iterator[Visit]:
    """A signed-in browser before the tenant acme; no worker is behind it."""
    from django.conf import settings

    from apps.accounts.models import User

    collect_static_files()
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright keeps an event loop in this thread
    User.objects.filter(username="reader").delete()
    User.objects.create_superuser("reader", "reader@example.com", PASSWORD)
    port = free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder)) as processes,
        sync_playwright() as playwright,
    ):
        web = processes.web(JIEPAI_LOG_LEVEL="WARNING")
        address = f"http://acme.{settings.ENV.base_domain}:{urlsplit(web).port}"
        context = playwright.chromium.launch_persistent_context(
            Path(folder) / "profile",
            executable_path=chromium.program(),
            viewport={"width": 1440, "height": 900},
            args=[*chromium.ARGUMENTS, f"--remote-debugging-port={port}", "--enable-precise-memory-info"],
        )
        page = context.new_page()
        chromium.sign_in(page, address, username="reader", password=PASSWORD)
        yield Visit(page, address, port)
        context.close()


def scroll_jobs(n: int = 10_000) -> None:
    """A list of n jobs, scrolled while it is still being fetched."""
    from apps.jobs.models import Job, JobVersion
    from tests import factories

    _enter()
    sample = factories.version(factories.job(name="Sample"))
    jobs = [Job(name=f"Job {number:05d}", kind="python", tags=["etl"]) for number in range(n)]
    Job.objects.bulk_create(jobs)
    versions = [
        JobVersion(job=job, number=1, definition=sample.definition, checksum=sample.checksum) for job in jobs
    ]
    JobVersion.objects.bulk_create(versions)
    for job, version in zip(jobs, versions, strict=True):
        job.version = version
    Job.objects.bulk_update(jobs, ["version"], batch_size=1000)
    with visit() as (page, address, _):
        page.goto(f"{address}/jobs")
        page.get_by_role("link", name=re.compile("^Job ")).first.wait_for()
        _tell("scroll_jobs", page, n=n, frames=500)
    Job.objects.update(version=None)
    Job.objects.all().delete()


def scroll_log(n: int = 500_000) -> None:
    """A log of n lines that is all there."""
    from apps.jobs.models import LogChunk
    from tests import factories

    _enter()
    ended = factories.started(factories.job(name="Talkative"))
    text = [f"{at} oline {at:>7} of a log that does not end: {'x' * (at % 90)}\n" for at in range(1, n + 1)]
    size = 1000
    LogChunk.objects.bulk_create(
        LogChunk(
            run_id=ended.run_id,
            attempt=1,
            first_line=first + 1,
            lines=len(text[first : first + size]),
            text="".join(text[first : first + size]),
        )
        for first in range(0, n, size)
    )
    with visit() as (page, address, _):
        page.goto(f"{address}/runs/{ended.run_id}")
        page.get_by_text(f"{n:,} lines").wait_for(timeout=120_000)
        _tell("scroll_log", page, n=n, frames=500, selector="[role=log]")


def pages() -> None:
    """Lighthouse's scores of the pages, as at a desk and as on a phone."""
    from apps.jobs.models import Job, Run
    from tests.showroom import furnish

    _enter()
    furnish.english()
    job = Job.objects.get(name="Train the forecast")
    run = Run.objects.filter(job=job).order_by("-id")[0]
    paths = {
        "dashboard": "/",
        "jobs": "/jobs",
        "job": f"/jobs/{job.pk}",
        "runs": "/runs",
        "run": f"/runs/{run.pk}",
    }
    with visit() as (_, address, port):
        for form in ("desktop", "mobile"):
            scores: dict[str, Any] = {}
            for name, path in paths.items():
                found = lighthouse.audit(f"{address}{path}", port=port, form=form).scores
                scores[name] = [found[category] for category in lighthouse.CATEGORIES]
            stage.tell(scenario="pages", form=form, categories=lighthouse.CATEGORIES, **scores)


def _enter() -> None:
    from apps.tenants.models import Tenant
    from kernel.schemas import connection

    connection.set_tenant(Tenant.objects.get(slug="acme"))


def _tell(scenario: str, page: Page, *, n: int, frames: int, selector: str | None = None) -> None:
    figures: dict[str, Any] = {}
    for pace, screens in PACES.items():
        found = page.evaluate(SCROLL, {"selector": selector, "frames": frames, "screens": screens})
        took = sorted(found["took"])
        figures[pace] = {
            "p50_ms": round(took[len(took) // 2], 1),
            "p95_ms": round(took[int(len(took) * 0.95)], 1),
            "max_ms": round(took[-1], 1),
            "over_50_ms": sum(one > FRAME_BUDGET_MS for one in took),
            "heap_mb": round(found["heap"] / 1e6),
        }
    stage.tell(scenario=scenario, n=n, frames=frames, **figures)
