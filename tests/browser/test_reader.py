"""What a page keeps for its reader alone: the zone of the times, and the last visit."""

import pytest
from playwright.sync_api import Browser, Page, expect

from newsroom import STORY
from sites import Site

pytestmark = pytest.mark.long

PAGE = f"/stories/{STORY}"


def test_times_turn_to_the_readers_zone_and_back(chromium: Browser, archive: Site) -> None:
    context = chromium.new_context(timezone_id="Europe/Berlin")
    page = context.new_page()
    page.goto(archive.url + PAGE)
    when = page.locator(".day .when time", has_text="19:45").first
    expect(when).to_have_text("19:45 PST")
    address = when.get_attribute("datetime")

    page.get_by_role("button", name="Times in my zone").click()
    moved = page.locator(f".day .when time[datetime='{address}']").first
    expect(moved).to_have_text("04:45 CET on 3 March 2025")

    page.reload()
    expect(moved).to_have_text("04:45 CET on 3 March 2025")  # It is kept, in this browser.
    page.get_by_role("button", name="Times in my zone").click()
    expect(moved).to_have_text("19:45 PST")
    context.close()


def test_a_moment_known_to_the_day_stays_that_day_everywhere(chromium: Browser, archive: Site) -> None:
    context = chromium.new_context(timezone_id="Asia/Tokyo")
    page = context.new_page()
    page.goto(archive.url + PAGE)
    page.get_by_role("button", name="Times in my zone").click()

    expect(page.locator(".day .when", has_text="7 February 2025").first).to_be_attached()
    context.close()


def test_who_comes_back_is_led_to_what_changed_meanwhile(page: Page, site: Site) -> None:
    page.goto(site.url + PAGE)
    expect(page.locator("#since")).to_be_hidden()
    page.goto(site.url + "/")
    event = {"type": "update.reported", "occurred_at": "2025-03-03T05:00:00Z", "data": {"headline": "While away"}}
    site.post(f"/api{PAGE}/record", event)

    page.goto(site.url + PAGE)
    page.get_by_role("link", name="What changed since your last visit").click()

    expect(page.locator("main")).to_contain_text("While away")
    assert "from=67" in page.url


def test_a_replay_is_no_visit(page: Page, site: Site) -> None:
    page.goto(f"{site.url}{PAGE}?as_of=20")
    page.goto(site.url + PAGE)

    expect(page.locator("#since")).to_be_hidden()


def test_printed_it_reads_from_the_first_to_the_last_with_every_note(page: Page, archive: Site) -> None:
    page.goto(archive.url + PAGE)
    page.emulate_media(media="print")

    first = page.locator(".day", has_text="January 2025").last.bounding_box()
    last = page.locator(".day", has_text="Sunday 2 March 2025").first.bounding_box()
    assert first
    assert last
    assert first["y"] < last["y"]
    expect(page.locator(".notice .was-now").first).to_be_visible()
    expect(page.locator(".strip")).to_be_hidden()
