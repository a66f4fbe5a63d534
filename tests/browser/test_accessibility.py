"""axe asks every kind of page for what people with a disability need, in light and in dark."""

from collections.abc import Iterator
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from audited import PAGES, REFUSALS
from audited_desk import DESK_PAGES, Met
from sites import Site

pytestmark = pytest.mark.long

# The one rule of WCAG 2.2 that axe leaves out unless it is asked for.
OPTIONS: Final = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
# All that can differ where the same page is dark, and narrow.
LOOKS: Final = OPTIONS | {"runOnly": ["color-contrast", "target-size", "scrollable-region-focusable"]}
HERE_ALREADY: Final = "0"
"""In place of axe's script, where the document has it."""


@pytest.fixture(scope="module")
def window(chromium: Browser) -> Iterator[Page]:
    """Lend one window for all pages of the desk, which keep nothing that another could find."""
    with chromium.new_context() as context:
        yield context.new_page()


@pytest.mark.parametrize("kind", PAGES)
def test_axe_finds_nothing(chromium: Browser, audited: Site, kind: str) -> None:
    with chromium.new_context(color_scheme="light", viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        answer = page.goto(audited.url + PAGES[kind])
        assert answer
        assert answer.ok == (kind not in REFUSALS)
        if page.locator("main[data-live]:not([data-over])").count():
            expect(page.locator("#live-state")).to_have_text("Connected")
        page.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
        on_a_wide_screen_in_light = Axe().run(page, options=OPTIONS)

        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 360, "height": 800})
        on_a_phone_in_dark = Axe(HERE_ALREADY).run(page, options=LOOKS)

    for found in (on_a_wide_screen_in_light, on_a_phone_in_dark):
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("kind", DESK_PAGES)
def test_axe_finds_nothing_at_the_desk(window: Page, met: dict[str, Met], kind: str) -> None:
    found, page = met[kind], window
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})
    # A page that answers a form cannot be asked for: what was met is put in its place.
    page.route(found.url, lambda route: route.fulfill(headers=dict(found.headers), body=found.body), times=1)
    page.goto(found.url)
    page.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
    on_a_wide_screen_in_light = Axe().run(page, options=OPTIONS)

    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 800})
    on_a_phone_in_dark = Axe(HERE_ALREADY).run(page, options=LOOKS)
    width = page.evaluate("document.documentElement.scrollWidth")

    for audit in (on_a_wide_screen_in_light, on_a_phone_in_dark):
        assert audit.violations_count == 0, audit.generate_report()
    assert width == 390
