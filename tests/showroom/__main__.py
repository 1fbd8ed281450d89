"""``make screenshots``: every page at a desk and on a phone, light and dark, in both languages, below var/screenshots.

Some of them are kept in docs/images, for the README and the user's guide.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

from launcher.place import ROOT, exit_with_one_sentence, say
from tests.showroom import browser as chromium
from tests.showroom import stage

FOLDER: Final = ROOT / "var" / "screenshots"
DOCS: Final = ROOT / "docs" / "images"
SIZES: Final = {"desk": (1280, 900), "phone": (390, 844)}
LANGUAGES: Final = {
    # the language's mark in file names: browser's locale, jobs that are shown
    "en": ("en-US", {"script": "Train the forecast", "query": "Revenue by region"}),
    "zh": ("zh-CN", {"script": "汇率同步", "query": "品类日营收"}),
}


def main() -> int:
    """Arguments: names of pages; all when there are none."""
    wanted = set(sys.argv[1:])
    program = chromium.program()
    with stage.servers("jiepai_showroom"), stage.showroom() as room, sync_playwright() as playwright:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright keeps an event loop in this thread
        started = playwright.chromium.launch(executable_path=program, args=chromium.ARGUMENTS)
        for language, address in (("en", room.english), ("zh", room.chinese)):
            for theme in ("light", "dark"):
                for size in SIZES:
                    _series(started, address, wanted, language=language, theme=theme, size=size)
        started.close()
    say(f"The pictures are in {FOLDER.relative_to(ROOT)}.")
    return 0


def _series(
    browser: Browser, address: str, wanted: Iterable[str], *, language: str, theme: str, size: str
) -> None:
    from apps.scheduling.services import tenancy
    from apps.tenants.models import Tenant
    from tests.showroom import pages

    locale, jobs = LANGUAGES[language]
    slug = "acme" if language == "en" else "demo"
    tenancy.enter(Tenant.objects.get(slug=slug).pk)
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=locale,
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    is_signed_in = False
    for shot in pages.all_of(**jobs):
        if wanted and shot.name not in wanted:
            continue
        if not shot.is_open and not is_signed_in:
            chromium.sign_in(page, address, username="lin", password=stage.PASSWORD)
            is_signed_in = True
        page.goto(address + shot.path)
        page.locator(shot.shows).first.wait_for()
        page.wait_for_timeout(700)  # for what comes after: charts, editors, fonts
        if shot.before:
            shot.before(page)
        _keep(page, FOLDER / f"{shot.name}.{size}.{theme}.{language}.png")
        if shot.in_docs and (size, theme) == ("desk", "light"):
            _keep(page, DOCS / f"{shot.name}{'' if language == 'en' else '.zh'}.png")
    context.close()


def _keep(page: Page, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path)


if __name__ == "__main__":
    exit_with_one_sentence(main)
