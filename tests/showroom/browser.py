"""The system's Chromium, as tests and measurements start it."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import Page

from launcher import testbed
from launcher.place import Refusal

ARGUMENTS: Final = [
    "--no-sandbox",  # we may be root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


def program() -> str:
    """Raises Refusal where there is none."""
    found = testbed.chromium()
    if found is None:
        raise Refusal("There is no Chromium: apt install chromium.")
    return found


def sign_in(page: Page, address: str, *, username: str, password: str) -> None:
    """Through the SPA's own form."""
    page.goto(address)
    page.locator("input[autocomplete=username]").fill(username)
    page.locator("input[type=password]").fill(password)
    page.keyboard.press("Enter")
    page.locator("nav.rail").wait_for(state="attached")
