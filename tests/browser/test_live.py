"""The open page in a real browser, an editor beside it: nothing is missed, nothing comes twice, nothing moves."""

import re
import secrets
from collections.abc import Iterator
from http import HTTPStatus
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, Route, expect

from commands import Shell
from sites import Site, serving
from timeline.desk import utc_now
from timeline.web.bulletins import ERRATA, MOST

pytestmark = pytest.mark.long

SHIFTS = """
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts.push(entry.value);
    }).observe({type: 'layout-shift', buffered: true});
"""


class Editor:
    """Somebody at the desk, who publishes through the API."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.slug = f"evening-{secrets.token_hex(4)}"
        story = {"slug": self.slug, "title": "A long evening", "kind": "general", "timezone": "Europe/Berlin"}
        site.post("/api/stories", story)
        self.facts = self._publish([_report(f"Report {number}", minute=number) for number in range(20)])

    def report(self, headline: str, minute: int, hour: int = 18) -> str:
        """Publish a report and return its id."""
        return self._publish([_report(headline, minute, hour)])[0]

    def report_many(self, headline: str, number: int) -> None:
        """Publish so many reports in one go, later than all others."""
        told = [{"headline": f"{headline} {each}"} for each in range(number)]
        reports = [{"type": "update.reported", "occurred_at": utc_now().isoformat(), "data": data} for data in told]
        self._publish(reports)

    def publish(self, type_: str, data: dict[str, Any], **envelope: str) -> str:
        return self._publish([{"type": type_, "data": data, **envelope}])[0]

    def take_down(self, fact: str) -> None:
        self.publish("fact.taken_down", {"fact": fact, "basis": "court order", "note": "By order of a court."})

    def correct(self, fact: str, headline: str) -> None:
        amends = {"data": {"headline": headline}}
        self.publish(
            "fact.corrected", {"fact": fact, "kind": "correction", "note": "We had this wrong.", "set": amends}
        )

    def _publish(self, events: list[dict[str, Any]]) -> list[str]:
        answer = self.site.post(f"/api/stories/{self.slug}/record", events)
        return [str(event["id"]) for event in answer["events"]]


def _report(headline: str, minute: int, hour: int = 18) -> dict[str, Any]:
    data = {"headline": headline, "body": "What happened, in some words of its own. " * 8}
    return {"type": "update.reported", "occurred_at": f"2025-03-02T{hour}:{minute:02}:00Z", "data": data}


@pytest.fixture
def editor(archive: Site) -> Editor:
    """Return an editor with a story of her own."""
    return Editor(archive)


@pytest.fixture
def reader(editor: Editor, page: Page) -> Page:
    """Return the page of the story, open and connected; it is closed before the server ends."""
    return open_story(page, editor)


def open_story(page: Page, editor: Editor) -> Page:
    page.add_init_script(SHIFTS)
    page.goto(f"{editor.site.url}/stories/{editor.slug}")
    expect(page.locator("#live-state")).to_have_text("Connected")
    return page


def entry(page: Page, fact: str) -> Locator:
    return page.locator(f"#fact-{fact}")


def headlines(page: Page) -> list[str]:
    return page.locator(".day .headline").all_inner_texts()


def shifted(page: Page) -> float:
    page.wait_for_timeout(300)
    return float(page.evaluate("shifts.reduce((sum, value) => sum + value, 0)"))


def scroll_far_down(page: Page) -> None:
    page.mouse.move(640, 450)
    page.mouse.wheel(0, 2000)
    page.wait_for_timeout(300)


def test_a_new_entry_appears_at_the_top_and_nothing_shifts(reader: Page, editor: Editor) -> None:
    fact = editor.report("The envelope is opened", minute=30)

    expect(entry(reader, fact)).to_be_visible()
    assert headlines(reader)[0] == "The envelope is opened"
    assert shifted(reader) == 0


def test_who_is_at_the_top_stays_there_however_much_comes_and_while_the_page_still_slides(
    reader: Page, editor: Editor
) -> None:
    editor.report_many("At once", 3)
    expect(reader.locator(".day .headline", has_text="At once")).to_have_count(3)
    editor.report_many("And again", 3)

    expect(reader.locator(".day .headline", has_text="And again")).to_have_count(3)
    expect(reader.locator(".flag")).to_be_in_viewport(ratio=1)
    assert headlines(reader)[:4] == ["And again 2", "And again 1", "And again 0", "At once 2"]
    expect(reader.locator("#unread")).to_be_hidden()
    assert shifted(reader) < 0.001


def test_the_strip_has_what_is_new_by_the_time_that_a_reader_takes_hold_of_it(reader: Page, editor: Editor) -> None:
    steps = int(reader.locator("#strip-range").get_attribute("max") or 0)
    fact = editor.report("The envelope is opened", minute=30)
    editor.correct(fact, "The envelope is read out")
    expect(entry(reader, fact)).to_contain_text("The envelope is read out")

    reader.locator("#strip-range").focus()

    expect(reader.locator("#strip-range")).to_have_attribute("max", str(steps + 1))
    expect(reader.locator(".imprint")).to_contain_text("Permalink to version 23")
    expect(reader.locator(".imprint")).to_contain_text("Corrections: 1")


def test_the_permalink_is_at_once_that_of_what_is_seen(reader: Page, editor: Editor) -> None:
    permalink = reader.locator(".imprint a").first
    scroll_far_down(reader)
    editor.report("The envelope is opened", minute=30)
    expect(reader.locator("#unread")).to_be_visible()
    expect(permalink).to_have_text("Permalink to version 21")

    reader.locator("#unread").click()

    expect(permalink).to_have_text("Permalink to version 22")
    expect(permalink).to_have_attribute("href", re.compile(r"\?as_of=22$"))


def test_a_connection_that_hangs_is_told(page: Page, editor: Editor) -> None:
    page.clock.install()
    open_story(page, editor)
    page.route("**/live?*", lambda _: None)  # It is neither answered nor refused.

    page.clock.fast_forward("00:55")

    expect(page.locator("#live-state")).to_have_text("Reconnecting …")


def test_what_tells_of_the_whole_record_follows_by_itself(page: Page, editor: Editor) -> None:
    page.clock.install()
    open_story(page, editor)
    expect(page.locator(".imprint")).to_contain_text("Corrections: none")
    editor.correct(editor.facts[3], "Report 3, as it was")
    expect(entry(page, editor.facts[3])).to_contain_text("as it was")

    page.clock.fast_forward("00:45")

    expect(page.locator(".imprint")).to_contain_text("Permalink to version 22")
    expect(page.locator(".imprint")).to_contain_text("Corrections: 1")
    assert shifted(page) == 0


def test_a_late_entry_goes_to_its_place_on_the_story_clock(reader: Page, editor: Editor) -> None:
    data = {"headline": "What we learned late"}
    fact = editor.publish("update.reported", data, occurred_at="2025-03-02T18:10:30Z")

    expect(entry(reader, fact)).to_be_attached()
    order = headlines(reader)
    assert order.index("Report 11") < order.index("What we learned late") < order.index("Report 10")


def test_an_entry_of_the_next_day_opens_a_new_date(reader: Page, editor: Editor) -> None:
    fact = editor.publish("update.reported", {"headline": "After midnight"}, occurred_at="2025-03-02T23:30:00Z")

    expect(entry(reader, fact)).to_be_visible()
    assert reader.locator(".day .date").all_inner_texts()[:2] == ["Monday 3 March 2025", "Sunday 2 March 2025"]


def test_away_from_the_top_what_is_new_waits_behind_a_button(reader: Page, editor: Editor) -> None:
    scroll_far_down(reader)
    anchor = reader.evaluate("document.elementFromPoint(640, 450).closest('article').id")
    before = reader.locator(f"#{anchor}").bounding_box()
    first = editor.report("First unread", minute=31)
    editor.report("Second unread", minute=32)
    editor.report("Third unread", minute=33)
    editor.correct(editor.facts[18], "Report 18, corrected")

    button = reader.locator("#unread")
    expect(button).to_have_text("3 new, 1 correction")
    after = reader.locator(f"#{anchor}").bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) < 1
    assert shifted(reader) < 0.001
    expect(entry(reader, editor.facts[18])).to_contain_text("Report 18, corrected")

    button.click()

    expect(entry(reader, first)).to_be_focused()
    expect(entry(reader, first)).to_be_in_viewport()
    expect(entry(reader, first).locator("+ .new-since")).to_contain_text("New since you left")
    expect(button).to_be_hidden()
    assert headlines(reader)[:3] == ["Third unread", "Second unread", "First unread"]


def test_a_correction_a_retraction_and_a_takedown_change_the_entry_in_its_place(reader: Page, editor: Editor) -> None:
    wrong, withdrawn, gone = editor.facts[19], editor.facts[17], editor.facts[15]
    editor.correct(wrong, "Report 19, put right")
    editor.publish("fact.retracted", {"fact": withdrawn, "note": "It did not happen."})
    editor.take_down(gone)

    expect(entry(reader, wrong)).to_contain_text("Report 19, put right")
    expect(entry(reader, wrong)).to_contain_text("We had this wrong.")
    expect(entry(reader, withdrawn).locator("s")).to_have_text("Report 17")
    expect(entry(reader, withdrawn)).to_contain_text("It did not happen.")
    expect(entry(reader, gone)).to_contain_text("taken down")
    expect(entry(reader, gone)).not_to_contain_text("Report 15")
    assert shifted(reader) < 0.001


def test_however_often_an_entry_was_corrected_each_erratum_names_it_as_it_is_called_now(
    reader: Page, editor: Editor
) -> None:
    often = editor.facts[19]
    for number in range(ERRATA + 2):
        editor.correct(often, f"Headline {number}")
    errata = reader.locator(".erratum", has_text=f"Headline {ERRATA + 1}")
    expect(errata).to_have_count(ERRATA + 2)
    editor.publish("fact.retracted", {"fact": often, "note": "It did not happen."})

    expect(errata.locator(".notice-head s")).to_have_count(ERRATA + 3)
    assert shifted(reader) < 0.001
    editor.take_down(often)
    expect(reader.locator(".erratum", has_text="An entry that was taken down")).to_have_count(2)
    assert "Headline" not in reader.content()


def test_title_pins_and_the_end_arrive_too(reader: Page, editor: Editor) -> None:
    editor.publish("story.described", {"title": "A very long evening", "summary": "It went on for $1."})
    editor.publish("fact.pinned", {"fact": editor.facts[3]})
    editor.publish("fact.marked_key", {"fact": editor.facts[4]})
    editor.publish("coverage.ended", {})

    expect(reader.locator("h1")).to_have_text("A very long evening")
    expect(reader).to_have_title(re.compile("^A very long evening"))
    expect(reader.locator(".standfirst")).to_have_text("It went on for $1.")
    expect(reader.locator(".pinned")).to_contain_text("Report 3")
    expect(reader.locator(".board")).to_contain_text("Report 4")
    expect(reader.locator("#live-state")).to_have_text("Coverage has ended")


def test_pausing_holds_everything_back_until_the_reader_goes_on(reader: Page, editor: Editor) -> None:
    pause = reader.get_by_role("button", name="Pause")
    pause.click()
    expect(reader.locator("#live-state")).to_have_text("Paused")
    editor.correct(editor.facts[19], "Report 19, put right")
    reader.wait_for_timeout(800)
    assert "Report 19, put right" not in headlines(reader)

    pause.click()

    expect(entry(reader, editor.facts[19])).to_contain_text("Report 19, put right")
    expect(reader.locator("#live-state")).to_have_text("Connected")


def test_one_status_tells_the_counts_and_no_list_is_a_live_region(reader: Page, editor: Editor) -> None:
    editor.report("The envelope is opened", minute=30)
    editor.correct(editor.facts[19], "Report 19, put right")

    expect(reader.locator("[role=status]#live-status")).to_have_text("1 new entry, 1 correction")
    assert reader.locator(".timeline [aria-live], .timeline[aria-live], time[aria-live]").count() == 0


def test_after_the_server_was_killed_nothing_is_missed_and_nothing_comes_twice(chromium: Browser, site: Site) -> None:
    editor = Editor(site)
    context = chromium.new_context()
    reader = open_story(context.new_page(), editor)
    editor.site.kill()
    expect(reader.locator("#live-state")).to_have_text("Reconnecting …")

    with serving(site.shell, TIMELINE_PORT=editor.site.port):
        fact = editor.report("While nobody could read", minute=40)
        expect(entry(reader, fact)).to_have_count(1, timeout=20_000)
        expect(reader.locator("#live-state")).to_have_text("Connected")
    assert len(headlines(reader)) == len(set(headlines(reader))) == 21
    context.close()


def test_three_tabs_are_open_at_once(chromium: Browser, editor: Editor) -> None:
    context = chromium.new_context()
    tabs = [open_story(context.new_page(), editor) for _ in range(3)]

    fact = editor.report("To every tab", minute=50)

    for tab in tabs:
        expect(entry(tab, fact)).to_be_attached()
        expect(tab.locator("#unread, .day .headline").first).to_be_attached()
    context.close()


def test_with_several_processes_every_reader_hears_what_any_of_them_recorded(
    chromium: Browser, sqlite_url: str
) -> None:
    with serving(Shell(sqlite_url), TIMELINE_WORKERS="2") as site:
        editor = Editor(site)
        context = chromium.new_context()
        tabs = [open_story(context.new_page(), editor) for _ in range(4)]

        facts = [editor.report(f"By either process {number}", minute=50 + number) for number in range(4)]

        for tab, fact in product(tabs, facts):
            expect(entry(tab, fact)).to_have_count(1)
        context.close()


@pytest.fixture
def without_script(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_without_a_script_the_page_reads_as_well_and_offers_nothing_that_does_not_work(
    without_script: Page, editor: Editor
) -> None:
    without_script.goto(f"{editor.site.url}/stories/{editor.slug}")

    expect(without_script.locator(".day .headline")).to_have_count(20)
    expect(without_script.get_by_role("button", name="Pause")).to_be_hidden()


def test_a_takedown_leaves_no_word_of_the_entry_anywhere_on_an_open_page(reader: Page, editor: Editor) -> None:
    gone = editor.facts[19]
    editor.publish("fact.pinned", {"fact": gone})
    expect(reader.locator(".pinned")).to_contain_text("Report 19")
    editor.correct(gone, "A name that must go")
    expect(reader.locator(".erratum")).to_contain_text("A name that must go")
    expect(reader.locator(".pinned")).to_contain_text("A name that must go")
    reader.reload()
    expect(reader.locator("#live-state")).to_have_text("Connected")

    editor.take_down(gone)

    expect(entry(reader, gone)).to_contain_text("taken down")
    expect(reader.locator(".pinned")).to_contain_text("taken down")
    expect(reader.locator(".erratum")).to_have_count(1)
    reader.wait_for_timeout(500)
    assert "A name that must go" not in reader.content()
    assert "Report 19" not in reader.content()


def test_a_takedown_does_not_wait_for_the_reader_who_has_paused(reader: Page, editor: Editor) -> None:
    reader.get_by_role("button", name="Pause").click()
    editor.correct(editor.facts[19], "A name that must go")
    editor.take_down(editor.facts[19])

    expect(entry(reader, editor.facts[19])).to_contain_text("taken down")
    assert "A name that must go" not in headlines(reader)
    expect(reader.locator("#live-state")).to_have_text("Paused")


def test_what_waits_behind_the_button_is_counted_once_whatever_is_paused(reader: Page, editor: Editor) -> None:
    scroll_far_down(reader)
    editor.report("Unread", minute=31)
    expect(reader.locator("#unread")).to_have_text("1 new")

    for _ in range(2):
        reader.locator("#live-pause").evaluate("button => button.click()")

    expect(reader.locator("#unread")).to_have_text("1 new")


def test_when_coverage_starts_the_badges_of_entries_stay(reader: Page, editor: Editor) -> None:
    editor.correct(editor.facts[19], "Report 19, put right")
    badge = entry(reader, editor.facts[19]).locator(".badge")
    expect(badge).to_have_text("Correction")

    editor.publish("coverage.started", {})

    expect(reader.locator(".story-head .badge")).to_have_text("Live")
    expect(badge).to_have_text("Correction")


def test_what_was_recorded_behind_the_end_reaches_a_page_that_slept(reader: Page, editor: Editor) -> None:
    reader.context.set_offline(True)
    reader.evaluate("dispatchEvent(new Event('online'))")
    expect(reader.locator("#live-state")).not_to_have_text("Connected")
    reader.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    editor.publish("coverage.ended", {})
    editor.correct(editor.facts[19], "Put right after the end")

    reader.context.set_offline(False)
    reader.evaluate("dispatchEvent(new Event('online'))")

    expect(entry(reader, editor.facts[19])).to_contain_text("Put right after the end")
    expect(reader.locator("#live-state")).to_have_text("Coverage has ended")


def test_after_the_end_a_late_correction_reaches_the_page_within_minutes(page: Page, editor: Editor) -> None:
    page.clock.install()
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "/updates" in request.url else None)
    open_story(page, editor)
    editor.publish("coverage.ended", {})
    expect(page.locator("#live-state")).to_have_text("Coverage has ended")

    for _ in range(2):
        with page.expect_response("**/updates?*"):
            page.clock.fast_forward("02:10")
        page.wait_for_timeout(1_100)  # For a second the answer is good.
    assert "if-none-match" in asked[1].all_headers(), "nothing is sent again that is known"
    editor.correct(editor.facts[19], "Put right long after")
    editor.take_down(editor.facts[15])
    page.clock.fast_forward("02:10")

    expect(entry(page, editor.facts[19])).to_contain_text("Put right long after")
    expect(entry(page, editor.facts[15])).to_contain_text("taken down")
    expect(page.locator("#live-state")).to_have_text("Coverage has ended")
    assert len(asked) == 3


def test_after_the_end_nothing_is_asked_for_while_nobody_looks(page: Page, editor: Editor) -> None:
    page.clock.install()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/updates" in request.url else None)
    open_story(page, editor)
    editor.publish("coverage.ended", {})
    expect(page.locator("#live-state")).to_have_text("Coverage has ended")
    editor.correct(editor.facts[19], "Put right long after")
    page.evaluate("Object.defineProperty(document, 'visibilityState', {get: () => window.sight, configurable: true})")
    page.evaluate("window.sight = 'hidden'")

    page.clock.fast_forward("10:00")
    page.wait_for_timeout(300)
    assert asked == []
    page.evaluate("window.sight = 'visible'; document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))")

    expect(entry(page, editor.facts[19])).to_contain_text("Put right long after")


@pytest.fixture
def latecomer(editor: Editor, page: Page) -> Page:
    """Return the page of the story, first opened once coverage had ended."""
    page.clock.install()
    editor.publish("coverage.ended", {})
    page.goto(f"{editor.site.url}/stories/{editor.slug}")
    expect(page.locator("#live-state")).to_have_text("Coverage has ended")
    return page


def test_a_page_opened_after_the_end_hears_of_a_late_correction_and_of_a_takedown(
    latecomer: Page, editor: Editor
) -> None:
    asked: list[str] = []
    latecomer.on("request", lambda request: asked.append(request.url.partition(editor.slug)[2]))
    editor.correct(editor.facts[19], "Put right long after")
    editor.take_down(editor.facts[15])
    latecomer.clock.fast_forward("00:55")
    latecomer.wait_for_timeout(300)
    assert asked == []

    latecomer.clock.fast_forward("01:15")

    expect(entry(latecomer, editor.facts[19])).to_contain_text("Put right long after")
    expect(entry(latecomer, editor.facts[15])).to_contain_text("taken down")
    expect(latecomer.get_by_role("button", name="Pause")).to_be_hidden()
    assert asked[0] == "/updates?after=22"
    assert "/live" not in "".join(asked)


def test_a_page_opened_after_the_end_is_connected_once_coverage_begins_again(latecomer: Page, editor: Editor) -> None:
    editor.publish("coverage.started", {})

    latecomer.clock.fast_forward("02:10")

    expect(latecomer.locator("#live-state")).to_have_text("Connected")
    expect(latecomer.get_by_role("button", name="Pause")).to_be_visible()
    expect(latecomer.locator(".story-head .badge")).to_have_text("Live")
    fact = editor.report("The doors open again", minute=50)
    expect(entry(latecomer, fact)).to_be_attached()


def test_back_from_a_replay_after_the_end_a_page_hears_on_and_shows_nothing_that_was_taken_down(
    latecomer: Page, editor: Editor
) -> None:
    there_and_back(latecomer)
    editor.take_down(editor.facts[15])

    with latecomer.expect_response("**/updates?*"):
        latecomer.clock.fast_forward("02:10")
    expect(entry(latecomer, editor.facts[15])).to_contain_text("taken down")
    expect(latecomer.locator(".imprint")).to_contain_text("Permalink to version 23")
    there_and_back(latecomer)

    assert "Report 15" not in latecomer.content()
    expect(latecomer.locator("#live-state")).to_have_text("Coverage has ended")


def there_and_back(page: Page) -> None:
    """Go to the beginning of the replay and back to the present, without loading the page anew."""
    page.evaluate("window.stayed = true")
    to_the_beginning(page)
    page.keyboard.press("End")
    expect(page.locator("main")).to_have_attribute("data-vantage", "present")
    assert page.evaluate("window.stayed")


def to_the_beginning(page: Page) -> None:
    page.locator("#strip-range").focus()
    page.keyboard.press("Home")
    expect(page.locator(".timeline")).to_contain_text("Nothing had happened by then")
    expect(page.locator("#live-state")).to_have_count(0)


def test_who_was_in_the_replay_during_a_takedown_comes_back_to_a_page_without_the_entry(
    latecomer: Page, editor: Editor
) -> None:
    there_and_back(latecomer)
    to_the_beginning(latecomer)
    editor.take_down(editor.facts[15])

    latecomer.keyboard.press("End")

    expect(latecomer.locator("main")).to_have_attribute("data-vantage", "present")
    expect(entry(latecomer, editor.facts[15])).to_contain_text("taken down")
    assert "Report 15" not in latecomer.content()


def test_who_stays_in_the_replay_hears_of_a_takedown_within_a_minute(latecomer: Page, editor: Editor) -> None:
    later = latecomer.locator("#strip .marks a").nth(-2)
    later.dispatch_event("click")
    expect(latecomer.locator("main")).to_have_attribute("data-vantage", "replay")
    expect(entry(latecomer, editor.facts[15])).to_contain_text("Report 15")
    to_the_beginning(latecomer)
    editor.take_down(editor.facts[15])

    latecomer.clock.fast_forward("01:00")
    later.dispatch_event("click")

    expect(entry(latecomer, editor.facts[15])).to_contain_text("taken down")
    assert "Report 15" not in latecomer.content()


def test_who_had_paused_hears_on_after_the_end(page: Page, editor: Editor) -> None:
    page.clock.install()
    open_story(page, editor)
    page.get_by_role("button", name="Pause").click()
    editor.publish("coverage.ended", {})
    editor.take_down(editor.facts[15])
    expect(page.locator("#live-state")).to_have_text("Coverage has ended")
    editor.correct(editor.facts[19], "Put right long after")

    page.clock.fast_forward("02:10")
    expect(entry(page, editor.facts[19])).to_contain_text("Put right long after")
    editor.publish("coverage.started", {})
    page.clock.fast_forward("02:10")

    expect(page.locator("#live-state")).to_have_text("Connected")
    expect(page.get_by_role("button", name="Pause")).to_have_attribute("aria-pressed", "false")


def test_who_had_paused_and_comes_to_the_present_on_the_strip_is_not_paused(page: Page, editor: Editor) -> None:
    page.clock.install()
    open_story(page, editor)
    page.get_by_role("button", name="Pause").click()
    editor.publish("coverage.ended", {})
    page.locator("#strip .marks a").last.dispatch_event("click")
    expect(page.locator("#live-state")).to_have_text("Coverage has ended")
    editor.publish("coverage.started", {})

    page.clock.fast_forward("02:10")

    expect(page.locator("#live-state")).to_have_text("Connected")
    expect(page.get_by_role("button", name="Pause")).to_have_attribute("aria-pressed", "false")


def test_when_coverage_begins_again_the_page_is_connected_again(page: Page, editor: Editor) -> None:
    page.clock.install()
    open_story(page, editor)
    with page.expect_response(lambda answer: answer.status == HTTPStatus.NO_CONTENT):
        editor.publish("coverage.ended", {})
    expect(page.locator("#live-state")).to_have_text("Coverage has ended")
    editor.publish("coverage.started", {})

    page.clock.fast_forward("02:10")

    expect(page.locator("#live-state")).to_have_text("Connected")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    fact = editor.report("The doors open again", minute=50)
    expect(entry(page, fact)).to_be_attached()


def test_a_page_that_is_hidden_between_two_frames_keeps_the_order(reader: Page, editor: Editor) -> None:
    reader.evaluate("window.requestAnimationFrame = (make) => (window.frame = make)")
    fact = editor.report("Wrong at first", minute=30)
    while not reader.evaluate("Boolean(window.frame)"):  # The policy forbids what wait_for_function does.
        reader.wait_for_timeout(50)
    reader.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")

    editor.correct(fact, "Right at last")

    expect(entry(reader, fact).locator(".headline")).to_have_text("Right at last")
    reader.evaluate("window.frame()")
    expect(entry(reader, fact).locator(".headline")).to_have_text("Right at last")


def test_what_still_waits_for_its_frame_is_not_put_into_a_page_of_the_past(reader: Page, editor: Editor) -> None:
    reader.evaluate("window.requestAnimationFrame = (make) => due.push(make); window.due = []")
    editor.report("Not yet", minute=30)
    while not reader.evaluate("due.length"):
        reader.wait_for_timeout(50)
    to_the_beginning(reader)

    reader.evaluate("while (due.length) due.shift()()")

    expect(reader.locator(".timeline .entry")).to_have_count(0)


def test_an_answer_that_was_under_way_opens_no_stream_for_a_page_of_the_past(page: Page, editor: Editor) -> None:
    page.clock.install()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/live?*", lambda route: route.fulfill(status=HTTPStatus.NO_CONTENT))
    page.route("**/updates?*", hold)
    page.goto(f"{editor.site.url}/stories/{editor.slug}")
    expect(page.locator("#live-state")).to_have_text("Checking every 10 seconds")
    page.evaluate("Math.random = () => 0")
    with page.expect_request("**/updates?*"):
        page.clock.fast_forward("00:11")
    to_the_beginning(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    with page.expect_response("**/updates?*"):
        held.pop().continue_()
    page.wait_for_timeout(300)

    assert [url for url in asked if "after=" in url] == []


ANEW = "Much has happened: the page is loaded anew …"


@pytest.fixture
def away(page: Page, editor: Editor) -> Page:
    """Return a page whose connection has been gone for some minutes."""
    page.add_init_script("Math.random = () => 0.5; window.fresh = true")
    page.clock.install()
    open_story(page, editor)
    page.evaluate("window.fresh = false")
    page.context.set_offline(True)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#live-state")).not_to_have_text("Connected")
    page.clock.fast_forward("02:00")
    return page


def come_back(page: Page) -> None:
    """Come back to a page that is told nothing but that it has missed too much."""
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#unread")).to_have_text(ANEW)


def miss_much(editor: Editor) -> None:
    """Take down an entry, and publish more than an open page is told one by one."""
    editor.take_down(editor.facts[15])
    editor.report_many("Meanwhile", MOST)


def expect_anew(page: Page, version: int) -> None:
    expect(page.locator(".imprint")).to_contain_text(f"Permalink to version {version}")
    assert page.evaluate("window.fresh")
    assert "Report 15" not in page.content()


def test_who_missed_too_much_reads_soon_and_without_a_click_nothing_that_was_taken_down(
    away: Page, editor: Editor
) -> None:
    miss_much(editor)
    published = away.locator(".imprint").inner_text()
    come_back(away)
    scroll_far_down(away)
    editor.report("Later still", minute=59)
    editor.correct(editor.facts[19], "Report 19, put right")
    away.locator("#strip-range").focus()
    away.clock.fast_forward(2_000)
    away.wait_for_timeout(500)
    assert away.locator("#unread").inner_text() == ANEW
    assert away.locator("#live-status").inner_text() == ANEW
    assert away.locator("#live-state").inner_text() == "Reconnecting …"
    assert away.locator(".imprint").inner_text() == published
    assert "Report 19, put right" not in away.content()

    away.clock.fast_forward(4_000)

    expect_anew(away, 224)
    expect(away.locator("#unread")).to_be_hidden()
    expect(away.locator("#live-state")).to_have_text("Connected")


def test_who_had_paused_and_missed_too_much_gets_the_page_anew_as_well(
    page: Page, editor: Editor, away: Page
) -> None:
    page.evaluate("document.getElementById('live-pause').click()")
    miss_much(editor)
    come_back(away)

    away.clock.fast_forward(4_000)

    expect_anew(away, 222)


def test_a_page_that_came_as_old_as_it_was_is_not_loaded_on_and_on(page: Page, editor: Editor) -> None:
    address = f"{editor.site.url}/stories/{editor.slug}"
    old = page.request.get(address).text()
    miss_much(editor)
    loaded: list[str] = []

    def answer(route: Route) -> None:
        if not route.request.is_navigation_request():
            return route.continue_()
        loaded.append(route.request.url)
        return route.fulfill(body=old, content_type="text/html")

    page.route(address, answer)
    page.add_init_script("Math.random = () => 0; window.fresh = true")
    page.goto(address)
    expect(page.locator("#unread")).to_have_text(ANEW)
    page.wait_for_timeout(1_500)
    assert len(loaded) == 1
    page.unroute(address)
    page.locator("#unread").click()

    expect_anew(page, 222)


def test_no_page_is_given_up_before_there_is_a_newer_one_to_be_had(away: Page, editor: Editor) -> None:
    miss_much(editor)
    away.route(away.url, lambda route: route.abort())
    come_back(away)
    with away.expect_event("requestfailed"):
        away.clock.fast_forward(4_000)
    away.unroute(away.url)
    assert not away.evaluate("window.fresh")
    expect(away.locator("#unread")).to_have_text(ANEW)

    away.clock.fast_forward("00:10")

    expect_anew(away, 222)


def test_who_goes_into_the_replay_before_the_page_is_loaded_anew_stays_there(away: Page, editor: Editor) -> None:
    miss_much(editor)
    come_back(away)
    to_the_beginning(away)

    away.clock.fast_forward("01:00")
    away.wait_for_timeout(500)
    assert not away.evaluate("window.fresh")
    expect(away.locator("main")).to_have_attribute("data-vantage", "replay")
    away.keyboard.press("End")

    expect(away.locator("main")).to_have_attribute("data-vantage", "present")
    expect_anew(away, 222)
