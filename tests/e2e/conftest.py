"""A browser on the real platform: web, worker and beat as processes, Chromium as people use it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from apps.accounts.models import User
from apps.tenants.models import Tenant
from kernel.schemas import connection
from launcher import testbed
from tests import factories
from tests.processes import Processes, empty_broker, running
from tests.showroom.browser import ARGUMENTS
from tests.showroom.stage import collect_static_files

PASSWORD = "correct horse battery"
PATIENCE_MS = 20_000  # for a page on a busy machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def program() -> str:
    """The system's Chromium; without one the test is skipped, or failed where all must be tested."""
    found = testbed.chromium()
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("there is no Chromium")
        pytest.skip("there is no Chromium")
    return found


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    # It keeps an event loop in this thread, where Django would refuse to ask the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as started:
        yield started
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    started = playwright.chromium.launch(executable_path=program(), args=ARGUMENTS)
    yield started
    started.close()


@pytest.fixture
def pardoned() -> list[str]:
    """Parts of console errors that a test brings about on purpose: a refusal, a server that is gone."""
    return []


@contextmanager
def opened(browser: Browser, pardoned: list[str]) -> Iterator[Page]:
    """A page in English, in a browser of its own: nobody is signed in there.

    What a page's script throws, or writes to the console as an error, fails the test.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    context.set_default_timeout(PATIENCE_MS)
    faults: list[str] = []
    fresh = context.new_page()
    fresh.on("pageerror", lambda error: faults.append(f"{fresh.url}: {error}"))
    fresh.on(
        "console",
        lambda said: faults.append(f"{fresh.url}: {said.text}") if said.type == "error" else None,
    )
    yield fresh
    context.close()
    faults = [fault for fault in faults if not any(part in fault for part in pardoned)]
    assert not faults, "\n".join(faults)


@pytest.fixture
def page(browser: Browser, site: str, pardoned: list[str]) -> Iterator[Page]:
    """A page, closed before its site is."""
    with opened(browser, pardoned) as page:
        yield page


@pytest.fixture
def other_page(browser: Browser, site: str, pardoned: list[str]) -> Iterator[Page]:
    """The page of a second person, at another machine."""
    with opened(browser, pardoned) as page:
        yield page


@pytest.fixture(scope="session")
def static_files() -> None:
    """The files of pages, as the web server of an installation finds them; the SPA is built from what it is now."""
    collect_static_files()


@pytest.fixture
def processes(committed: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Processes]:
    """Real processes on a database of the test's own, which is set to the tenant acme here.

    Figures that an earlier test has left in the cache are about another database.
    """
    empty_broker()
    connection.set_tenant(Tenant.objects.get(slug="acme"))
    failed = request.session.testsfailed
    with running(tmp_path) as processes:
        yield processes
        if request.session.testsfailed > failed:
            print(processes.logs())
    connection.close()


@pytest.fixture
def site(static_files: None, processes: Processes) -> str:
    """The address of the tenant acme, with a worker and a beat behind it."""
    processes.worker()
    processes.beat()
    port = urlsplit(processes.web()).port
    return f"http://acme.{settings.ENV.base_domain}:{port}"


def with_password(user: User) -> User:
    """The user, who signs in with PASSWORD: hashed as the processes can check it."""
    user.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    user.save(update_fields=["password"])
    return user


@pytest.fixture
def owner(processes: Processes) -> User:
    """The tenant's first user, with a password that a person can type."""
    return with_password(factories.owner())


@pytest.fixture
def sign_in(page: Page, site: str, owner: User) -> Callable[[str], None]:
    """Sign the owner in, and come to a page of the tenant's admin."""

    def enter(path: str = "/admin/") -> None:
        page.goto(f"{site}/admin/login/?next={path}")
        page.fill("input[name=username]", owner.username)
        page.fill("input[name=password]", PASSWORD)
        page.click("[type=submit]")
        page.wait_for_url(f"{site}{path}")

    return enter
