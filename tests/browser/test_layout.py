"""How pages are laid out, on screens of any width: no word overlaps another, no rule touches what it divides."""

from itertools import pairwise
from typing import Final

import pytest
from playwright.sync_api import Page, Route

from audited_desk import Met
from sites import Site

pytestmark = pytest.mark.long

PHONE: Final = 390
BOXES: Final = "all => all.map((it) => it.getBoundingClientRect().toJSON())"
WORDS: Final = "all => all.map((it) => ({ words: it.textContent, box: it.getBoundingClientRect().toJSON() }))"

SIDES: Final = """all => all.map((it) => {
    const letter = document.createRange();
    letter.setStart(it.firstChild, 0);
    letter.setEnd(it.firstChild, 1);
    const [box, first] = [it, letter].map((each) => each.getBoundingClientRect());
    return first.left - box.left < box.right - first.right ? "left" : "right";
})"""
"""On which side of each the first letter stands."""


def open_at(page: Page, width: int, address: str) -> None:
    """Open a page in a window of this width, in letters as wide as any system’s own; wait until it is so."""
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address)
    page.evaluate("document.documentElement.style.setProperty('--sans', '\"DejaVu Sans\", sans-serif')")
    page.evaluate("document.fonts.ready.then(() => new Promise((laid) => requestAnimationFrame(laid)))")
    assert page.evaluate("[innerWidth, document.documentElement.clientWidth]") == [width, width]


@pytest.mark.parametrize("width", [320, PHONE, 640, 768, 864, 960, 1280])
def test_over_the_strip_of_a_story_that_spans_years_no_word_overlaps_another(
    page: Page, archive: Site, width: int
) -> None:
    story = f"/stories/a-bridge-{width}"
    opened = {"slug": story.rpartition("/")[2], "title": "A bridge", "kind": "general", "timezone": "Europe/Berlin"}
    days = [f"{year}-11-{day}T11:00:00Z" for year in range(2003, 2024, 4) for day in (21, 22, 23, 24)]
    record = [{"type": "update.reported", "occurred_at": day, "data": {"headline": "A beam is laid"}} for day in days]
    archive.post("/api/stories", opened)
    archive.post(f"/api{story}/record", record)

    open_at(page, width, archive.url + story)
    words = page.locator("#strip .tick text:visible, #strip .of-end").evaluate_all(WORDS)

    assert len(words) > 2
    in_a_row = list(pairwise(sorted(words, key=lambda word: word["box"]["left"])))
    close = [pair for pair in in_a_row if pair[0]["box"]["right"] + 3 >= pair[1]["box"]["left"]]
    assert close == [], f"{close} among {words}"


def test_what_is_told_runs_as_its_letters_do_whatever_the_page_says_itself(page: Page, archive: Site) -> None:
    told = "شوهد حريق في مستودع عند الساعة 17:00."
    opened = {
        "slug": "a-fire",
        "title": told,
        "summary": told,
        "kind": "general",
        "timezone": "UTC",
        "language": "ar",
    }
    archive.post("/api/stories", opened)
    data = {"headline": told, "body": f"{told}\n\nIt burns."}
    report = {"type": "update.reported", "occurred_at": "2025-03-02T18:00:00Z", "data": data}
    archive.post("/api/stories/a-fire/record", report)

    page.goto(f"{archive.url}/stories/a-fire")
    sides = page.locator("h1, .standfirst, .entry .headline, .prose p").evaluate_all(SIDES)

    assert sides == ["right", "right", "right", "right", "left"]


@pytest.mark.parametrize("width", [320, PHONE, 640, 960])
@pytest.mark.parametrize(
    ("story", "long"), [("89th-academy-awards", "?as_of=154"), ("97th-academy-awards", "?as_of=67")]
)
def test_the_caption_of_the_strip_is_whole_and_the_strip_does_not_move_for_it(
    page: Page, archive: Site, story: str, long: str, width: int
) -> None:
    places = []
    for query in (long, "?as_of=0"):
        open_at(page, width, f"{archive.url}/stories/{story}{query}")
        caption = page.locator("#strip-now").evaluate("it => [it.scrollHeight, it.clientHeight]")
        assert caption[0] <= caption[1], query
        head, plot = page.locator("#strip, #strip .plot").evaluate_all(BOXES)
        places.append(plot["top"] - head["top"])
    assert places[0] == places[1]


@pytest.mark.parametrize(
    "kind", ["a takedown for who asked", "a takedown for a second person", "a takedown carried out"]
)
def test_no_rule_of_a_takedown_touches_the_buttons_or_the_words_above_it(
    page: Page, met: dict[str, Met], kind: str
) -> None:
    found = met[kind]

    def answer(route: Route) -> None:
        route.fulfill(headers=dict(found.headers), body=found.body)

    page.route(found.url, answer)
    page.goto(found.url)

    titles = page.locator(".takedown * + h2.section-title")
    above = page.locator(".takedown :has(+ h2.section-title)").evaluate_all(BOXES)
    for title, box in zip(titles.evaluate_all(BOXES), above, strict=True):
        assert title["top"] - box["bottom"] > 15
    assert titles.count()


def test_on_a_phone_every_route_of_the_api_has_a_line_of_its_own(page: Page, archive: Site) -> None:
    page.set_viewport_size({"width": PHONE, "height": 900})
    page.goto(f"{archive.url}/api")

    rows = page.locator(".routes li").evaluate_all(BOXES)
    routes = page.locator(".routes code").evaluate_all(
        "all => all.map((it) => ({ lines: it.getClientRects().length, right: it.getBoundingClientRect().right }))"
    )
    assert all(route["lines"] == 1 for route in routes)
    assert all(row["right"] <= PHONE for row in rows)
    assert all(row["height"] > 40 for row in rows), "what the route is for stands below it"
