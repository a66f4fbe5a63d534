"""The replay strip in a real browser: by mouse, by touch, by keyboard alone, and without a script."""

import gzip
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from commands import CHECKOUT
from sites import Site

pytestmark = pytest.mark.long

NIGHT = "/stories/89th-academy-awards"
LA_LA_LAND = "?at=2017-02-27T05:03:00Z"
MISTAKE = "?at=2017-02-27T05:05:30Z"
STATIC = CHECKOUT / "src" / "timeline" / "web" / "static"


def open_night(page: Page, site: Site, query: str = "") -> Locator:
    """Open the page of the night and return its range, ready to be moved."""
    page.goto(site.url + NIGHT + query)
    expect(page.locator("#strip-range")).to_be_enabled()
    return page.locator("#strip-range")


def step_to(range_: Locator, step: int) -> None:
    """Move the range as a reader does who drags it there in one go."""
    script = "(it, step) => { it.value = step; it.dispatchEvent(new Event('input', {bubbles: true})) }"
    range_.evaluate(script, step)


def drag_over(range_: Locator, *steps: int) -> None:
    """Move the range over these steps; the pauses between them are the browser's own, however slow the machine is."""
    script = """async (it, steps) => {
        for (const step of steps) {
            it.value = step;
            it.dispatchEvent(new Event('input', {bubbles: true}));
            await new Promise((after) => setTimeout(after, 100));
        }
    }"""
    range_.evaluate(script, steps)


def step_of(page: Page, query: str) -> int:
    """Return the step of the strip that leads to an address."""
    hrefs = page.locator("#strip .marks a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    return int(hrefs.index(NIGHT + query))


def best_picture(page: Page) -> Locator:
    return page.locator(".categories li", has=page.get_by_role("heading", name="Best Picture")).locator(
        ".winner strong"
    )


def box(locator: Locator) -> dict[str, float]:
    """Return where an element is on the screen, to the pixel."""
    found: dict[str, float] = locator.evaluate("(it) => it.getBoundingClientRect().toJSON()")
    return {name: round(found[name]) for name in ("x", "y", "width", "height")}


def test_by_keyboard_alone_each_arrow_is_one_event(page: Page, archive: Site) -> None:
    range_ = open_night(page, archive, LA_LA_LAND)
    expect(best_picture(page)).to_have_count(0)  # As known today: it was a mistake.
    range_.focus()

    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(archive.url + NIGHT + "?at=2017-02-27T05:04:00Z")
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(archive.url + NIGHT + MISTAKE)
    page.keyboard.press("ArrowRight")

    expect(best_picture(page)).to_have_text("Moonlight")
    expect(range_).to_be_focused()
    expect(range_).to_have_attribute("aria-valuetext", re.compile("^21:06:00 PST on 26 February 2017 · Moonlight"))
    page.keyboard.press("Home")
    expect(page.locator(".timeline")).to_contain_text("Nothing had happened by then")
    page.keyboard.press("End")
    expect(page).to_have_url(archive.url + NIGHT)
    expect(page.locator("main")).to_have_attribute("data-vantage", "present")
    expect(page.locator(".banner")).to_have_count(0)


def test_by_keyboard_the_strip_is_one_stop_and_not_one_for_each_mark(page: Page, archive: Site) -> None:
    range_ = open_night(page, archive)
    page.get_by_role("link", name="As published then").focus()

    page.keyboard.press("Tab")

    expect(range_).to_be_focused()


def test_dragged_by_the_mouse_the_page_and_the_address_follow(page: Page, archive: Site) -> None:
    range_ = open_night(page, archive)
    there = box(range_)
    y = there["y"] + there["height"] / 2
    page.mouse.move(there["x"] + there["width"] - 11, y)
    page.mouse.down()

    for part in (0.9, 0.7, 0.5):
        page.mouse.move(there["x"] + there["width"] * part, y, steps=4)
    expect(page.locator("main")).to_have_attribute("data-vantage", "replay")
    expect(page).to_have_url(re.compile(r"\?at=2017-02-27T03:\d\d:00Z$"))
    page.mouse.up()

    expect(page.locator(".banner")).to_contain_text("what had happened by 19:")
    assert box(range_) == there
    page.go_back()
    expect(page).to_have_url(archive.url + NIGHT)
    expect(page.locator("main")).to_have_attribute("data-vantage", "present")
    page.go_forward()
    expect(page.locator(".banner")).to_contain_text("what had happened by 19:")


def test_by_touch_the_range_and_a_mark_lead_to_their_moment(chromium: Browser, archive: Site) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = context.new_page()
    range_ = open_night(page, archive)
    range_.scroll_into_view_if_needed()
    there = box(range_)

    page.touchscreen.tap(there["x"] + there["width"] / 2, there["y"] + there["height"] / 2)
    expect(page).to_have_url(re.compile(r"\?at=2017-02-27T03:"))
    page.locator("#strip .marks a").nth(step_of(page, "?at=2017-02-27T02:11:00Z")).tap()

    expect(page).to_have_url(archive.url + NIGHT + "?at=2017-02-27T02:11:00Z")
    expect(page.locator(".timeline .headline").first).to_contain_text("Made in America")
    context.close()


def test_a_mark_is_a_link_that_keeps_its_focus_and_leaves_the_strip_where_it_is(page: Page, archive: Site) -> None:
    open_night(page, archive)
    page.evaluate("scrollTo(0, 120)")
    before = box(page.locator("#strip"))

    for step in (3, 20, 1, 30):
        link = page.locator("#strip .marks a").nth(step)
        address = link.get_attribute("href")
        link.click(position={"x": 2, "y": 4}, force=True)
        expect(page).to_have_url(f"{archive.url}{address}")
        assert box(page.locator("#strip")) == before
    page.get_by_role("link", name="Go to the present").dispatch_event("click")
    expect(page.locator(".banner")).to_have_count(0)
    assert box(page.locator("#strip")) == before


def test_back_leads_to_where_the_reader_rested_and_not_through_every_step(page: Page, archive: Site) -> None:
    range_ = open_night(page, archive)
    drag_over(range_, 10, 9, 8)
    expect(range_).to_have_attribute("value", "8")
    page.wait_for_timeout(1_000)
    rested = page.url
    drag_over(range_, 20, 21)
    expect(range_).to_have_attribute("value", "21")

    page.go_back()
    expect(page.locator("#strip-range")).to_have_js_property("value", "8")
    assert page.url == rested
    page.go_back()
    expect(page).to_have_url(archive.url + NIGHT)
    page.go_forward()
    expect(page.locator("#strip-range")).to_have_js_property("value", "8")


def test_a_page_that_arrives_when_the_reader_has_gone_forward_again_is_not_shown(page: Page, archive: Site) -> None:
    range_ = open_night(page, archive)
    step_to(range_, 8)
    expect(page.locator("#strip-range")).to_have_attribute("value", "8")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(archive.url + NIGHT, hold)

    with page.expect_request(archive.url + NIGHT) as asked:
        page.go_back()
    page.go_forward()
    for route in held:
        route.continue_()
    asked.value.response()  # Or that there will be none.
    page.wait_for_timeout(200)

    assert len(held) == 1
    expect(page.locator("#strip-range")).to_have_js_property("value", "8")
    expect(page.locator("main")).to_have_attribute("data-vantage", "replay")


def test_it_plays_event_by_event_and_pauses(page: Page, archive: Site) -> None:
    open_night(page, archive, LA_LA_LAND)
    page.locator("#strip-speed").select_option("4×")

    page.get_by_role("button", name="Play").click()
    expect(best_picture(page)).to_have_text("Moonlight")
    page.get_by_role("button", name="Pause").click()

    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.wait_for_timeout(500)
    stopped = page.locator("#strip-range").input_value()
    page.wait_for_timeout(500)
    assert page.locator("#strip-range").input_value() == stopped
    expect(page.locator("#strip-status")).to_contain_text("on 2", timeout=3_000)


def test_played_to_its_end_it_stands_at_the_present_and_starts_from_the_beginning(page: Page, archive: Site) -> None:
    open_night(page, archive, "?at=2017-02-27T05:15:00Z")
    page.locator("#strip-speed").select_option("16×")

    page.get_by_role("button", name="Play").click()
    expect(page).to_have_url(archive.url + NIGHT)
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.locator("#strip-speed").select_option("1×")
    page.get_by_role("button", name="Play").click()

    expect(page.locator("#strip-range")).to_have_js_property("value", "0")


def test_another_mode_keeps_the_moment(page: Page, archive: Site) -> None:
    open_night(page, archive, "?at=2017-02-27T05:04:00Z")

    page.get_by_role("link", name="As published then").click()
    expect(page).to_have_url(archive.url + NIGHT + "?as_of=154")
    expect(best_picture(page)).to_have_text("La La Land")
    expect(page.get_by_role("link", name="As published then")).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="As known today").click()

    expect(page).to_have_url(archive.url + NIGHT + "?at=2017-02-27T05:03:49Z")
    expect(best_picture(page)).to_have_count(0)


def test_key_moments_are_one_step_apart_on_either_clock(page: Page, archive: Site) -> None:
    open_night(page, archive, "?at=2017-02-27T05:04:00Z")
    page.get_by_role("link", name="Next key moment").click()
    expect(page).to_have_url(archive.url + NIGHT + MISTAKE)
    page.get_by_role("link", name="Previous key moment").click()
    expect(page).to_have_url(archive.url + NIGHT + "?at=2017-02-27T04:56:00Z")

    open_night(page, archive, "?as_of=154")
    page.get_by_role("link", name="Next key moment").click()
    expect(page).to_have_url(archive.url + NIGHT + "?as_of=157")


def test_what_is_open_stays_open_from_moment_to_moment(page: Page, archive: Site) -> None:
    range_ = open_night(page, archive, LA_LA_LAND)
    page.locator(".categories li", has_text="Best Picture").locator("summary").first.click()

    step_to(range_, step_of(page, MISTAKE))
    expect(page).to_have_url(archive.url + NIGHT + MISTAKE)

    expect(page.locator(".categories li", has_text="Best Picture").locator("details").first).to_have_attribute(
        "open", ""
    )


def test_the_page_of_a_moment_is_the_same_whichever_way_it_was_reached(page: Page, archive: Site) -> None:
    range_ = open_night(page, archive)
    for query in ("?at=2017-02-27T03:06:00Z", MISTAKE, "?at=2017-02-27T02:57:00Z", LA_LA_LAND):
        step_to(range_, step_of(page, query))
        expect(page.locator("#strip-range")).to_have_attribute("value", str(step_of(page, query)))
    told = """() => {
        const of = (selector) => document.querySelector(selector);
        return of('[data-part=story]').innerHTML + of('.marks').textContent + of('.foot').innerHTML;
    }"""
    moved = page.evaluate(told)

    page.goto(archive.url + NIGHT + LA_LA_LAND)

    assert moved == page.evaluate(told)


def test_nothing_of_a_later_moment_is_in_what_is_sent(page: Page, archive: Site) -> None:
    for query in (LA_LA_LAND, "?as_of=153"):
        sent = page.request.get(archive.url + NIGHT + query).text()
        strip = sent.partition('class="marks"')[2].partition("</svg>")[0]
        position = int(re.findall(r'max="\d+" value="(\d+)"', sent)[0])
        later = re.findall(r"<a .*?</a>", strip, re.DOTALL)[position + 1 :]
        assert len(later) > 5
        assert "Moonlight wins" not in sent
        for link in later:
            assert "<use" not in link
            assert re.search(r"<title>(The present · all that is on record|[^·]*2017[^·]*)</title>", link), link


@pytest.fixture
def plain(chromium: Browser) -> Iterator[Page]:
    """Lend a page that runs no script."""
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def test_without_a_script_every_position_is_a_link_and_the_form_knows_any_time(plain: Page, archive: Site) -> None:
    plain.goto(archive.url + NIGHT)
    expect(plain.locator("#strip-range")).to_be_hidden()
    expect(plain.locator("#strip-play")).to_be_hidden()

    plain.get_by_role("link", name=re.compile("^21:03 PST on 26 February 2017 · La La Land wins Best Picture")).click(
        position={"x": 2, "y": 4}, force=True
    )
    assert plain.url == archive.url + NIGHT + LA_LA_LAND
    plain.get_by_role("link", name="Next key moment").click()
    assert plain.url == archive.url + NIGHT + MISTAKE
    plain.get_by_role("link", name="As published then").click()
    assert plain.url == archive.url + NIGHT + "?as_of=155"
    plain.locator(".clocks summary").click()
    expect(plain.locator(".clocks")).to_have_attribute("open", "")
    plain.get_by_label("As published by").fill("2017-02-26T21:08:00")
    plain.get_by_role("button", name="Show the page").click()

    assert plain.url == archive.url + NIGHT + "?as_of=162"
    assert best_picture(plain).inner_text() == "Moonlight"


def test_a_replay_that_cannot_be_loaded_says_so_and_stays(chromium: Browser, archive: Site) -> None:
    context = chromium.new_context()
    page = context.new_page()
    range_ = open_night(page, archive)
    context.set_offline(True)

    step_to(range_, 5)

    expect(page.locator("#strip-now")).to_contain_text("could not be loaded")
    expect(page.locator("main")).to_have_attribute("data-vantage", "present")
    context.close()


def test_of_what_is_no_longer_wanted_nothing_is_shown(page: Page, archive: Site) -> None:
    range_ = open_night(page, archive)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/*?at=2017-02-27T02:11:00Z", hold)

    step_to(range_, step_of(page, "?at=2017-02-27T02:11:00Z"))
    page.wait_for_timeout(200)
    step_to(range_, step_of(page, LA_LA_LAND))

    expect(page).to_have_url(archive.url + NIGHT + LA_LA_LAND)
    assert len(held) == 1


def test_a_story_that_is_live_is_loaded_anew_when_the_reader_comes_back(page: Page, site: Site) -> None:
    headers = {"Authorization": f"Bearer {site.token}", "Content-Type": "application/json"}
    opened = {"slug": "harbour", "title": "A night at the harbour", "kind": "general", "timezone": "Europe/Oslo"}
    page.request.post(f"{site.url}/api/stories", headers=headers, data=opened)
    for minute in (1, 2):
        told: dict[str, Any] = {"type": "update.reported", "occurred_at": f"2025-03-03T04:0{minute}:00Z"}
        told["data"] = {"headline": f"Boat {minute} is in"}
        page.request.post(f"{site.url}/api/stories/harbour/record", headers=headers, data=told)
    page.goto(f"{site.url}/stories/harbour")
    expect(page.locator("#strip-range")).to_be_enabled()
    page.locator("#strip-range").focus()

    page.keyboard.press("Home")
    expect(page.locator(".timeline")).to_contain_text("Nothing had happened by then")
    page.keyboard.press("End")

    expect(page).to_have_url(f"{site.url}/stories/harbour")
    expect(page.locator(".timeline .headline").first).to_have_text("Boat 2 is in")
    expect(page.locator("#strip-range")).to_be_focused()
    expect(page.locator("main")).to_have_attribute("data-live", "/stories/harbour/live")


def test_the_readers_scripts_together_weigh_less_than_15_kib() -> None:
    scripts = (path for path in STATIC.glob("*.js") if path.stem != "desk")
    weights = {path.name: len(gzip.compress(path.read_bytes())) for path in scripts}

    assert weights["replay.js"] <= 5 * 1024
    assert sum(weights.values()) <= 15 * 1024, weights
