"""How pages are laid out, on screens of any width: no word overlaps another."""

from itertools import pairwise
from typing import Final

import pytest
from playwright.sync_api import Page

from sites import Site

pytestmark = pytest.mark.long

PHONE: Final = 390
BOXES: Final = "all => all.map((it) => it.getBoundingClientRect().toJSON())"


@pytest.mark.parametrize("width", [320, PHONE, 640, 768, 960, 1280])
def test_over_the_strip_of_a_story_that_spans_years_no_word_overlaps_another(
    page: Page, archive: Site, width: int
) -> None:
    story = f"/stories/a-bridge-{width}"
    opened = {"slug": story.rpartition("/")[2], "title": "A bridge", "kind": "general", "timezone": "Europe/Berlin"}
    days = [f"{year}-11-{day}T11:00:00Z" for year in range(2003, 2024, 4) for day in (21, 22, 23, 24)]
    record = [{"type": "update.reported", "occurred_at": day, "data": {"headline": "A beam is laid"}} for day in days]
    archive.post("/api/stories", opened)
    archive.post(f"/api{story}/record", record)

    page.set_viewport_size({"width": width, "height": 900})
    page.goto(archive.url + story)
    words = page.locator("#strip .tick text:visible, #strip .of-end").evaluate_all(BOXES)

    assert len(words) > 2
    in_a_row = pairwise(sorted(words, key=lambda box: box["left"]))
    assert all(one["right"] + 3 < other["left"] for one, other in in_a_row)
