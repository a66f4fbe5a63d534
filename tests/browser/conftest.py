"""What tests in a browser share: Debian's Chromium, a server of their own, and pages that may not fail unseen."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from sites import Site, serving

# No sandbox for root, no GPU, and nothing that would call home while a test runs.
_ARGUMENTS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Lend the one browser of this run; every test opens contexts of its own in it."""
    executable = shutil.which("chromium")
    if executable is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must test in a browser, and there is no `chromium` here: .ci/run installs Debian's")
        pytest.skip("NOT TESTED IN A BROWSER: there is no `chromium` on this machine (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Run a server over a new database, with the stories of the package."""
    with serving(tmp_path) as site:
        yield site


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Run one server for all tests that only read."""
    with serving(tmp_path_factory.mktemp("archive")) as site:
        yield site


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """Lend a page in a context of its own, 1280 × 900; whatever its console calls an error fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
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
