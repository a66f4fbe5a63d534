"""What tests in a browser share: Debian's Chromium, a server of their own, and pages that may not fail unseen."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, sync_playwright

from audited import install_league, write_stories
from audited_desk import Met, meet
from chromium import ARGUMENTS, find_chromium
from commands import Shell
from sites import Site, lodged, serving

WIDE: Final[ViewportSize] = {"width": 1280, "height": 900}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Lend the one browser of this run; every test opens contexts of its own in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def site(sqlite_url: str) -> Iterator[Site]:
    """Run a server over a new database, with the stories of the package."""
    with serving(Shell(sqlite_url)) as site:
        yield site


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Run one server for all tests that only read."""
    with serving(lodged(tmp_path_factory.mktemp("archive"))) as site:
        yield site


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Run one server that has every kind of page."""
    folder = tmp_path_factory.mktemp("audited")
    install_league(folder)
    with serving(lodged(folder), PYTHONPATH=str(folder)) as site:
        write_stories(site)
        yield site


@pytest.fixture(scope="session")
def met(audited: Site) -> dict[str, Met]:
    """Return every page of the desk, each as it was met once."""
    return meet(audited)


@pytest.fixture
def enter(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Lend a way to open pages, each in a browser context of its own; a script that fails, fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_page(**options: Any) -> Page:
        context = chromium.new_context(**{"viewport": WIDE} | options)
        contexts.append(context)
        context.on("weberror", lambda failed: errors.append(str(failed.error)))
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """Lend a page in a context of its own, 1280 × 900; whatever its console calls an error fails the test."""
    context = chromium.new_context(viewport=WIDE)
    page = context.new_page()
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # That a server was gone is a test's own doing; what it refused is not.
        if message.type == "error" and not message.text.startswith("Failed to load resource: net::"):
            errors.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []
