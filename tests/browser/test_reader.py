"""What a page keeps for its reader alone: the zone of the times, and the last visit."""

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

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


@pytest.fixture
def live(page: Page, site: Site) -> str:
    """Return the address of a live story; its page is open, connected, and scrolled far down."""
    site.post("/api/stories", {"slug": "evening", "title": "A long evening", "kind": "general", "timezone": "UTC"})
    for number in range(20):
        publish(site, f"Report {number}", minute=number)
    page.goto(f"{site.url}/stories/evening")
    expect(page.locator("#live-state")).to_have_text("Connected")
    page.mouse.move(640, 450)
    page.mouse.wheel(0, 2000)
    page.wait_for_timeout(300)
    return f"{site.url}/stories/evening"


def publish(site: Site, headline: str, minute: int = 30) -> str:
    data = {"headline": headline, "body": "What happened, in some words of its own. " * 8}
    event = {"type": "update.reported", "occurred_at": f"2025-03-03T05:{minute:02}:00Z", "data": data}
    return str(site.post("/api/stories/evening/record", [event])["events"][0]["id"])


def correct(site: Site, fact: str, headline: str) -> None:
    amends = {
        "fact": fact,
        "kind": "correction",
        "note": "We had this wrong.",
        "set": {"data": {"headline": headline}},
    }
    site.post("/api/stories/evening/record", [{"type": "fact.corrected", "data": amends}])


def leave_and_come_back(page: Page, address: str) -> Locator:
    """Return the link to what has changed since the last visit."""
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator("#live-state")).to_have_text("Connected")
    return page.locator("#since")


def test_who_had_paused_and_left_is_led_to_what_was_held_back(page: Page, site: Site, live: str) -> None:
    page.get_by_role("button", name="Pause").click()
    publish(site, "Held back")
    page.wait_for_timeout(800)

    leave_and_come_back(page, live).click()

    expect(page.locator("main")).to_contain_text("Held back")
    assert "from=21" in page.url


def test_who_left_without_letting_in_what_was_new_is_led_to_it(page: Page, site: Site, live: str) -> None:
    fact = publish(site, "Not let in")
    correct(site, fact, "Not let in either")  # It takes the place of what waits.
    expect(page.locator("#unread")).to_have_text("1 new, 1 correction")

    leave_and_come_back(page, live).click()

    expect(page.locator("main")).to_contain_text("Not let in either")
    assert "from=21" in page.url


def test_who_has_let_in_what_was_new_is_led_only_to_what_came_behind_it(page: Page, site: Site, live: str) -> None:
    publish(site, "Let in")
    page.locator("#unread").click()
    expect(page.locator(".day .headline", has_text="Let in")).to_be_in_viewport()
    page.wait_for_timeout(300)

    expect(leave_and_come_back(page, live)).to_be_hidden()
    publish(site, "While it was read at the top")
    expect(page.locator(".day .headline", has_text="While it was read")).to_be_visible()
    expect(leave_and_come_back(page, live)).to_be_hidden()


def test_who_goes_on_after_a_pause_has_seen_what_was_held_back(page: Page, site: Site, live: str) -> None:
    pause = page.get_by_role("button", name="Pause")
    pause.click()
    correct(site, publish(site, "Wrong"), "Held back")
    page.wait_for_timeout(800)
    page.evaluate("scrollTo(0, 0)")
    pause.click()
    expect(page.locator(".day .headline", has_text="Held back")).to_be_visible()

    expect(leave_and_come_back(page, live)).to_be_hidden()


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
