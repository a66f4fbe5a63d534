"""The desk in a real browser: nothing is lost, nothing is published unseen, and the keys do what they say."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Dialog, Error, Page, Route, expect

from chromium import ARGUMENTS, find_chromium
from desk_pages import PASSWORD
from newsroom import opened
from seats import (
    Seat,
    Story,
    began,
    event,
    headline,
    heard,
    listen,
    nominations,
    open_story,
    read_along,
    report,
    sign_in,
    sit_down,
)
from sites import AlteredShell, Site, lodged, serving
from timeline.desk import utc_now
from timeline.store.invitations import invite
from timeline.store.passwords import hash_password
from timeline.store.people import ANY, Role, create_person

pytestmark = pytest.mark.long

ANA: Final = "Ana"
SLUGGISH: Final = """
import time
from timeline.web.desk import proof
read_draft = proof.read_draft
proof.read_draft = lambda value: (time.sleep(3), read_draft(value))[1]
"""
PHONE: Final = {"width": 390, "height": 800}


@pytest.fixture(scope="module")
def newsroom_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Run a server with an editor, who has a password."""
    with serving(lodged(tmp_path_factory.mktemp("desk"))) as site:
        kept = hash_password(PASSWORD)
        with opened(site.shell.url) as database:
            create_person(database, ANA, ANY, Role.EDITOR, by="a test", now=utc_now(), password=kept)
        yield site


@pytest.fixture
def story(newsroom_site: Site) -> Story:
    """Return a ceremony that has begun, with its nominations."""
    return open_story(newsroom_site, *nominations(), began())


@pytest.fixture
def sluggish(enter: Callable[..., Page], tmp_path: Path) -> Iterator[Seat]:
    """Return a seat at a desk that takes its time over everything that is to be published."""
    with serving(AlteredShell(lodged(tmp_path).url, SLUGGISH)) as site:
        with opened(site.shell.url) as database:
            create_person(database, ANA, ANY, Role.EDITOR, by="a test", now=utc_now())
        yield sit_down(enter(), open_story(site, began()), ANA)


@pytest.fixture
def ana(enter: Callable[..., Page], story: Story) -> Seat:
    return sit_down(enter(), story, ANA)


def test_an_award_takes_at_most_three_interactions_by_mouse_and_by_keyboard(ana: Seat) -> None:
    by_mouse: list[Callable[[], None]] = [
        lambda: ana.page.get_by_role("group", name="Sound").get_by_role("button", name="Anora").click(),
        lambda: ana.page.get_by_role("button", name="Publish", exact=True).click(),
    ]
    by_keyboard: list[Callable[[], None]] = [
        lambda: ana.find_offer("edit zoë"),
        lambda: ana.press("Enter"),
        lambda: ana.press("Enter"),
    ]

    ways = ((by_mouse, "wins Sound"), (by_keyboard, "wins Film Editing"))
    for interactions, expected in ways:
        assert len(interactions) <= 3
        for interact in interactions:
            interact()
            ana.page.wait_for_timeout(300)
        expect(ana.outbox.filter(has_text=expected)).to_be_visible()
        ana.settle()
    assert ana.story.said("award.announced", "film") == ["Anora", "Émilia Pérez"]


def test_that_no_source_is_named_is_decided_each_time(ana: Seat) -> None:
    offers = ana.page.locator(".offers")
    for place in (ana.page.locator("[data-part=composer]"), offers):
        place.get_by_label("Who says so").fill("")
        place.get_by_label("without naming a source").check()
    ana.write("Somebody says")
    ana.publish()
    ana.announce("sound anora")

    expect(ana.field("source.waived")).not_to_be_checked()
    expect(offers.get_by_label("without naming a source")).to_be_visible()
    expect(offers.get_by_label("without naming a source")).not_to_be_checked()
    ana.press("u", "u")
    expect(ana.field("data.headline")).to_have_value("Somebody says")
    expect(ana.field("source.waived")).to_be_checked()


def test_a_report_that_is_taken_back_stands_in_the_composer_again_and_the_next_one_is_not_lost(ana: Seat) -> None:
    ana.write("The first")
    ana.publish()
    ana.write("The second, begun meanwhile")
    ana.outbox.get_by_role("button", name="Take it back").click()
    expect(ana.field("data.headline")).to_have_value("The first")
    expect(ana.field("data.headline")).to_be_focused()

    ana.type(", better")
    ana.publish()

    expect(ana.field("data.headline")).to_have_value("The second, begun meanwhile")
    ana.settle()
    assert ana.story.said("update.reported", "headline") == ["The first, better"]


def test_leaving_the_page_publishes_what_waits(ana: Seat) -> None:
    ana.announce("sound anora")
    ana.write("On the way out")
    ana.publish()

    ana.page.goto(ana.story.page)

    expect(headline(ana.page, "wins Sound").or_(headline(ana.page, "On the way out"))).to_have_count(2)
    assert ana.story.said("update.reported", "headline") == ["On the way out"]


@pytest.mark.parametrize("times", [1, 2])
def test_a_reload_within_the_ten_seconds_publishes_however_slow_the_server_is(sluggish: Seat, times: int) -> None:
    sluggish.write("Published on the way")
    expect(sluggish.kept).to_have_text("Kept as a draft")
    sluggish.publish()

    for _ in range(times):
        sluggish.page.reload()

    notice = sluggish.page.locator(".kept")
    expect(notice).to_have_text("This is going on record …")
    expect(sluggish.published).to_contain_text("Published on the way")
    expect(notice).to_have_count(0)
    expect(sluggish.field("data.headline")).to_have_value("")
    expect(sluggish.field("source.name")).to_have_value("The broadcast")
    sluggish.page.reload()
    expect(sluggish.published).to_contain_text("Published on the way")
    expect(notice).to_have_count(0)
    assert sluggish.story.said("update.reported", "headline") == ["Published on the way"]


def test_a_correction_too_goes_on_record_while_its_page_is_there_again(sluggish: Seat) -> None:
    (fact,) = sluggish.story.publish(report("The hall is full"))
    sluggish.open(fact["id"])
    sluggish.field("data.headline").fill("The hall is half full")
    sluggish.field("note").fill("We counted again.")
    expect(sluggish.kept).to_have_text("Kept as a draft")
    sluggish.publish()

    sluggish.page.reload()

    expect(sluggish.page.locator(".kept")).to_have_text("This is going on record …")
    expect(sluggish.page.locator("[data-part=entry] .headline")).to_have_text("The hall is half full")
    expect(sluggish.field("note")).to_have_value("")
    expect(sluggish.page.locator(".kept, .warned")).to_have_count(0)


def test_what_is_typed_while_the_rest_goes_on_record_is_another_entry(sluggish: Seat) -> None:
    sluggish.write("Published on the way")
    expect(sluggish.kept).to_have_text("Kept as a draft")
    sluggish.publish()
    sluggish.page.reload()
    expect(sluggish.page.locator(".kept")).to_have_text("This is going on record …")
    sluggish.field("data.headline").fill("Something else")
    sluggish.press("Control+Enter")
    expect(sluggish.outbox).to_have_count(0)

    expect(sluggish.page.locator(".warned")).to_contain_text("What stood here is on record")
    expect(sluggish.field("data.headline")).to_have_value("Something else")
    expect(sluggish.kept).to_have_text("Kept as a draft")
    sluggish.page.reload()

    expect(sluggish.field("data.headline")).to_have_value("Something else")
    expect(sluggish.page.locator(".kept")).to_contain_text("This was not published")
    assert sluggish.story.said("update.reported", "headline") == ["Published on the way"]


def test_it_is_not_called_kept_before_it_is_another_entry_that_is_kept(sluggish: Seat) -> None:
    sluggish.write("Published on the way")
    expect(sluggish.kept).to_have_text("Kept as a draft")
    sluggish.publish()
    sluggish.page.reload()
    expect(sluggish.page.locator(".kept")).to_have_text("This is going on record …")
    first = sluggish.page.locator("form[data-drafts] [name=id]").input_value()
    held: list[Route] = []

    def hold(route: Route) -> None:
        is_another = first not in (route.request.post_data or first)
        held.append(route) if is_another else route.continue_()

    sluggish.page.route("**/drafts", hold)
    sluggish.field("data.headline").fill("Something else")

    expect(sluggish.page.locator(".warned")).to_contain_text("What stood here is on record")
    assert sluggish.kept.inner_text() in ("", "Not kept yet")
    held[0].continue_()
    expect(sluggish.kept).to_have_text("Kept as a draft")


def test_what_never_arrived_is_not_lost(ana: Seat) -> None:
    ana.page.evaluate("navigator.sendBeacon = () => true")
    ana.write("Lost on the way")
    expect(ana.kept).to_have_text("Kept as a draft")
    ana.publish()
    ana.page.reload()
    expect(ana.page.locator(".kept")).to_have_text("This is going on record …")

    ana.page.evaluate("{ const now = Date.now; Date.now = () => now.call(Date) + 60_000; }")

    expect(ana.page.locator(".kept")).to_contain_text("This was not published")
    ana.field("data.headline").press("End")
    ana.publish()
    ana.settle()
    assert ana.story.said("update.reported", "headline") == ["Lost on the way"]


def test_who_signs_out_has_published_what_waits(ana: Seat) -> None:
    ana.announce("sound anora")

    ana.page.get_by_role("button", name="Sign out").click()

    expect(ana.page.get_by_role("heading", name="Sign in at the desk")).to_be_visible()
    assert ana.story.said("award.announced", "category") == ["Sound"]


def test_who_leaves_with_more_than_a_browser_sends_on_the_way_is_asked_to_stay(ana: Seat) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    ana.page.on("dialog", stay)
    ana.write("A long story")
    ana.field("data.body").fill("Ö" * 15_000)
    ana.publish()

    with pytest.raises(Error):
        ana.page.goto(ana.story.page)

    assert asked == ["beforeunload"]
    ana.settle()
    assert ana.story.said("update.reported", "headline") == ["A long story"]


def test_when_the_network_is_gone_everything_is_kept_and_can_be_tried_again(ana: Seat) -> None:
    ana.write("While the line is down")
    ana.publish()
    ana.page.context.set_offline(True)
    ana.page.get_by_role("button", name="On record now").click()
    expect(ana.outbox).to_contain_text("Not on record. The desk cannot be reached")
    ana.write("The next one")
    expect(ana.page.locator("[data-part=kept]")).to_contain_text("Leave this page open")
    ana.page.context.set_offline(False)

    ana.page.get_by_role("button", name="Try again").click()

    expect(ana.outbox).to_have_count(0)
    expect(ana.field("data.headline")).to_have_value("The next one")
    ana.field("data.headline").press("!")
    expect(ana.page.locator("[data-part=kept]")).to_have_text("Kept as a draft")
    assert ana.story.said("update.reported", "headline") == ["While the line is down"]


def test_while_the_desk_is_slow_it_says_so_and_goes_on_by_itself(ana: Seat) -> None:
    waits = ana.page.locator("[data-part=waits]")
    ana.write("While the server is busy")
    expect(ana.kept).to_have_text("Kept as a draft")
    with ana.story.site.frozen():
        listen(ana.page)
        ana.press("Control+Enter")
        expect(waits).to_have_text("The desk does not answer yet. Waiting …", timeout=2_500)
        expect(waits).to_be_in_viewport()
        ana.type("!")
        expect(ana.kept).to_have_text("Not kept yet")
        assert "The desk does not answer yet. Waiting …" in heard(ana.page)

    expect(ana.kept).to_have_text("Kept as a draft")
    expect(waits).to_be_empty()
    ana.publish()
    ana.settle()
    assert ana.story.said("update.reported", "headline") == ["While the server is busy!"]


def test_when_the_desk_does_not_answer_at_all_that_is_told(ana: Seat) -> None:
    ana.write("Nobody answers")
    expect(ana.kept).to_have_text("Kept as a draft")
    with ana.page.expect_response("**/drafts"):
        ana.publish()
    half_a_minute = (
        "{ const timeout = AbortSignal.timeout.bind(AbortSignal); AbortSignal.timeout = () => timeout(2_000); }"
    )
    ana.page.evaluate(half_a_minute)  # Nobody waits here for so long.
    with ana.story.site.frozen():
        ana.page.get_by_role("button", name="On record now").click()
        expect(ana.outbox).to_contain_text("Perhaps not on record. The desk does not answer")

    ana.page.get_by_role("button", name="Try again").click()

    expect(ana.outbox).to_have_count(0)
    assert ana.story.said("update.reported", "headline") == ["Nobody answers"]


def test_after_a_crash_the_report_and_the_correction_are_there_again(
    chromium: Browser, enter: Callable[..., Page], story: Story
) -> None:
    (fact,) = story.publish(report("The hall is full"))
    doomed = chromium.browser_type.launch(executable_path=find_chromium(), args=ARGUMENTS)
    seat = sit_down(doomed.new_page(), story, ANA)
    seat.write("Half a sentence")
    expect(seat.page.locator("[data-part=kept]")).to_have_text("Kept as a draft")
    seat.open(fact["id"])
    seat.field("data.headline").fill("The hall is half full")
    expect(seat.page.locator("[data-part=kept]")).to_have_text("Kept as a draft")
    crash(doomed)

    back = sit_down(enter(), story, ANA)

    expect(back.field("data.headline")).to_have_value("Half a sentence")
    expect(back.page.locator(".kept")).to_contain_text("This was not published")
    back.open(fact["id"])
    expect(back.field("data.headline")).to_have_value("The hall is half full")


def test_after_a_crash_an_award_that_was_not_on_record_yet_is_there_as_a_report(
    chromium: Browser, enter: Callable[..., Page], story: Story
) -> None:
    doomed = chromium.browser_type.launch(executable_path=find_chromium(), args=ARGUMENTS)
    seat = sit_down(doomed.new_page(), story, ANA)
    with seat.page.expect_response("**/drafts"):
        seat.announce("sound anora")
    crash(doomed)

    back = sit_down(enter(), story, ANA)

    expect(back.page.locator(".kept")).to_contain_text("This was not published")
    expect(back.field("data.film")).to_have_value("Anora")
    expect(back.field("data.people")).to_have_value("Sean Baker")
    back.field("data.film").focus()
    back.publish()
    back.settle()
    assert back.story.said("award.announced", "category") == ["Sound"]
    back.page.reload()
    expect(back.page.locator(".kept")).to_have_count(0)


def test_an_award_that_was_taken_back_leaves_no_draft(ana: Seat) -> None:
    with ana.page.expect_response("**/drafts"):
        ana.announce("sound anora")
    with ana.page.expect_response("**/drafts"):
        ana.press("u")

    ana.page.reload()

    expect(ana.page.locator(".kept")).to_have_count(0)
    assert ana.story.said("award.announced", "category") == []


def test_signed_out_while_writing_nothing_is_lost(ana: Seat) -> None:
    ana.write("Written before the lid was closed")
    ana.page.context.clear_cookies()
    ana.type(", and after")
    expect(ana.page.locator("[data-part=kept]")).to_contain_text("Not kept: you are signed out")
    expect(ana.proof).to_contain_text("sign in in another tab")
    tab = ana.page.context.new_page()
    tab.goto(ana.story.desk)
    sign_in(tab, ANA)
    expect(tab.locator("h1")).to_have_text("The gala")
    tab.close()

    ana.field("data.headline").press("!")
    expect(ana.page.locator("[data-part=kept]")).to_have_text("Kept as a draft")
    ana.publish()
    ana.settle()

    assert ana.story.said("update.reported", "headline") == ["Written before the lid was closed, and after!"]


def test_a_password_manager_is_told_whose_password_is_chosen(ana: Seat) -> None:
    with opened(ana.story.site.shell.url) as database:
        secret = invite(database, "Eve", ANY, Role.EDITOR, by="a test", now=utc_now())
    missed: list[str] = []
    tab = ana.page.context.new_page()  # On the desk's own, an answer to its proof may be said late.
    tab.on("console", lambda message: missed.append(message.text))

    for path, name in (("account", ANA), (f"invitations/{secret}", "Eve")):
        tab.goto(f"{ana.story.site.url}/desk/{path}")
        expect(tab.locator("form:has([type=password]) [autocomplete=username]")).to_have_value(name)

    assert missed == []  # Chromium says so of a form for a password where it finds no field of a name.


def test_what_is_discarded_does_not_come_back(ana: Seat) -> None:
    ana.write("Not wanted")
    expect(ana.page.locator("[data-part=kept]")).to_have_text("Kept as a draft")
    ana.page.reload()
    ana.field("data.headline").press("!")
    ana.page.get_by_role("button", name="Discard it").click()

    expect(ana.field("data.headline")).to_have_value("")
    ana.page.reload()
    expect(ana.field("data.headline")).to_have_value("")


def test_a_new_title_is_published_like_everything_else(ana: Seat, enter: Callable[..., Page]) -> None:
    reader = read_along(enter(), ana.story)
    ana.page.get_by_role("link", name="Title and summary").click()
    expect(ana.field("data.title")).to_have_value("The gala")
    ana.field("data.title").fill("The gala, at last")
    ana.publish()
    ana.settle()

    expect(reader.locator("h1")).to_have_text("The gala, at last", timeout=1_000)
    expect(ana.page.get_by_role("heading", name="Report")).to_be_visible()


def test_two_tabs_with_one_draft_lose_nothing(ana: Seat) -> None:
    ana.write("In both tabs")
    expect(ana.page.locator("[data-part=kept]")).to_have_text("Kept as a draft")
    other = Seat(ana.page.context.new_page(), ana.story)
    other.page.goto(ana.story.desk)
    expect(other.field("data.headline")).to_have_value("In both tabs")
    ana.publish()
    ana.settle()
    expect(other.published).to_contain_text("In both tabs")

    other.field("data.headline").fill("In the second tab alone")
    other.publish()
    other.settle()

    assert ana.story.said("update.reported", "headline") == ["In both tabs", "In the second tab alone"]


def test_two_tabs_with_a_draft_each_lose_none(ana: Seat) -> None:
    for words in ("In the first tab", "In the second tab"):
        tab = Seat(ana.page.context.new_page(), ana.story)
        tab.page.goto(f"{ana.story.desk}?new")
        tab.write(words)
        expect(tab.kept).to_have_text("Kept as a draft")
    ana.page.reload()
    expect(ana.field("data.headline")).to_have_value("In the second tab")

    ana.page.locator(".drafts").get_by_role("link", name="In the first tab").click()
    expect(ana.field("data.headline")).to_have_value("In the first tab")
    expect(ana.page.locator(".drafts a")).to_have_text("In the second tab")
    ana.page.get_by_role("button", name="Discard it").click()

    expect(ana.field("data.headline")).to_have_value("In the second tab")
    expect(ana.page.locator(".kept")).to_contain_text("That is discarded. This is another draft")
    expect(ana.page.locator(".drafts")).to_have_count(0)


def test_a_surprise_is_seen_before_it_is_published(ana: Seat) -> None:
    ana.story.publish(event("award.announced", 10, category="Sound", film="Anora", people=["Sean Baker"]))
    ana.page.goto(f"{ana.story.desk}?new&type=award.announced")
    ana.field("source.name").fill("The broadcast")
    ana.field("data.category").fill("Sound")
    ana.field("data.film").fill("Nobody’s film")
    expect(ana.proof).to_contain_text("but is not on record as nominated")
    expect(ana.proof).to_contain_text("but so did Anora")

    ana.press("Control+Enter")

    expect(ana.page.get_by_role("button", name="Publish all the same")).to_be_focused()
    expect(ana.outbox).to_have_count(0)
    ana.field("data.film").focus()
    ana.press("Control+Enter")
    expect(ana.outbox).to_have_count(1)
    ana.settle()
    assert ana.story.said("award.announced", "film") == ["Anora", "Nobody’s film"]


def test_a_duplicate_and_a_time_before_the_ceremony_are_told(ana: Seat) -> None:
    ana.story.publish(report("The lights go out"))
    ana.write("The lights go out")
    told = re.compile(r"The same was published (just now|\d+ seconds? ago), at version")
    expect(ana.proof).to_contain_text(told)
    ana.page.get_by_role("link", name="Speech").click()
    ana.field("data.speaker").fill("Zoë Saldaña")
    ana.field("data.quote").fill("Thank you")
    ana.page.locator("[data-part=composer]").get_by_label("At an exact time").check()
    ana.field("moment").fill(before_the_ceremony())

    expect(ana.proof).to_contain_text("before the ceremony began")


def test_while_they_write_nobody_is_read_the_proof_but_what_is_odd_about_it(ana: Seat) -> None:
    ana.story.publish(report("The lights go out"))
    listen(ana.page)
    ana.write("The lights go out")
    expect(ana.proof).to_contain_text("The same was published")
    ana.field("data.body").fill("In the hall.")
    expect(ana.proof).to_contain_text("In the hall.")
    ana.field("source.name").fill("")
    expect(ana.proof).to_contain_text("name who says so")
    ana.field("source.name").fill("The stage")
    expect(ana.proof).to_contain_text("In the hall.")
    ana.field("data.headline").fill("The lights go on")
    expect(ana.proof).to_contain_text("The lights go on")
    ana.publish()
    ana.settle()
    expect(ana.page.locator("[data-part=said]")).to_have_text("On record.")

    told = [words for words in heard(ana.page) if "as a draft" not in words]
    same, unsourced = "The same was published", "Source: name who says so"
    beginnings = [same, unsourced, same, "Not on record yet: 10", "On record."]
    assert len(told) == len(beginnings), told
    assert all(words.startswith(beginning) for words, beginning in zip(told, beginnings, strict=True)), told


def test_enter_alone_does_not_publish_an_offer_that_surprises(ana: Seat) -> None:
    offers = ana.page.locator(".offers")
    offers.get_by_label("At an exact time").check()
    offers.get_by_label("Time, in the story").fill(before_the_ceremony())
    ana.press("Escape")
    ana.find_offer("sound anora")
    ana.press("Enter")
    expect(ana.page.locator("dialog")).to_contain_text("before the ceremony began")

    expect(ana.page.get_by_role("button", name="Not yet")).to_be_focused()
    ana.page.get_by_role("button", name="Publish all the same").click()
    ana.settle()

    expect(offers.get_by_label("Now", exact=True)).to_be_checked()
    assert ana.story.said("award.announced", "film") == ["Anora"]


def test_offers_and_names_are_found_without_their_accents(ana: Seat) -> None:
    for letters in ("zoe sound", "ZOË sound", "emilia sound"):
        ana.page.locator("#offers-find").fill(letters)
        expect(ana.page.locator("[data-part=offers] button:visible")).to_have_text(re.compile("Émilia Pérez"))
    ana.page.locator("#offers-find").fill("nobody")
    expect(ana.page.locator("[data-part=offers] button:visible")).to_have_count(0)
    ana.page.goto(f"{ana.story.desk}?new&type=award.announced")

    films = ana.page.locator("datalist").evaluate_all(
        "lists => lists.flatMap((it) => [...it.options].map((o) => o.value))"
    )
    ana.field("data.people").press_sequentially("Adrien Brody\nzoe")
    ana.page.get_by_role("button", name="Zoë Saldaña", exact=True).click()

    assert {"Émilia Pérez", "Sound"} <= set(films)
    expect(ana.field("data.people")).to_have_value("Adrien Brody\nZoë Saldaña")
    expect(ana.field("data.people")).to_be_focused()


def test_what_is_about_to_be_announced_is_not_offered_twice(ana: Seat) -> None:
    ana.announce("sound anora")
    expect(ana.page.get_by_role("group", name="Sound")).to_be_hidden()

    ana.press("u")

    expect(ana.page.get_by_role("group", name="Sound")).to_be_visible()


def test_single_keys_can_be_switched_off(ana: Seat) -> None:
    ana.press("?")
    ana.page.get_by_label("Single keys do these things").uncheck()
    ana.page.reload()
    ana.press("a")
    expect(ana.page.locator("#offers-find")).not_to_be_focused()

    ana.page.locator("summary", has_text="Keys").click()
    ana.page.get_by_label("Single keys do these things").check()
    ana.main.focus()
    ana.press("a")

    expect(ana.page.locator("#offers-find")).to_be_focused()


def test_the_focus_is_never_lost(ana: Seat) -> None:
    ana.find_offer("sound anora")
    ana.press("Enter")
    expect(ana.page.locator("dialog")).to_be_visible()
    ana.press("Escape")
    expect(ana.page.locator("#offers-find")).to_be_focused()

    ana.press("Enter")
    expect(ana.page.locator("dialog form[data-publish] button")).to_be_focused()
    ana.press("Enter")
    expect(ana.main).to_be_focused()

    ana.page.get_by_role("button", name="On record now").press("Enter")
    expect(ana.outbox).to_have_count(0)
    expect(ana.main).to_be_focused()


def test_what_is_typed_and_where_survives_what_others_publish(ana: Seat) -> None:
    ana.write("Something happens")
    ana.press("ArrowLeft", "ArrowLeft", "ArrowLeft")
    ana.story.publish(report("Meanwhile, somebody else"))
    expect(ana.published).to_contain_text("Meanwhile, somebody else")
    ana.type("HERE")
    expect(ana.field("data.headline")).to_have_value("Something happHEREens")

    ana.press("Escape", "j", "j")
    focused = ana.page.locator("[data-part=latest] li", has=ana.page.locator(":focus")).get_attribute("id")
    ana.story.publish(report("And once more"))
    expect(ana.published).to_contain_text("And once more")
    expect(ana.page.locator(f"#{focused} .line-text a")).to_be_focused()

    offer = ana.page.get_by_role("group", name="Sound").get_by_role("button", name="The Brutalist")
    offer.focus()
    ana.story.publish(event("award.announced", 1, category="Directing", film="Anora", people=["Sean Baker"]))
    expect(ana.page.get_by_role("group", name="Directing")).to_have_count(0)
    expect(offer).to_be_focused()


def test_on_a_phone_nothing_is_wider_than_the_screen(enter: Callable[..., Page], story: Story) -> None:
    (fact,) = story.publish(report("A_headline_that_does_not_break_" * 8))
    seat = sit_down(enter(viewport=PHONE), story, ANA)
    seat.page.get_by_role("group", name="Sound").get_by_role("button", name="Anora").click()
    expect(seat.page.locator("dialog form[data-publish]")).to_be_visible()
    assert width(seat) == PHONE["width"]
    seat.press("Enter")
    expect(seat.outbox).to_be_in_viewport()
    assert width(seat) == PHONE["width"]
    seat.page.goto(f"{story.desk}/facts/{fact['id']}?do=fact.corrected")
    assert width(seat) == PHONE["width"]


def test_without_a_script_everything_can_be_done_too(enter: Callable[..., Page], story: Story) -> None:
    seat = sit_down(enter(java_script_enabled=False), story, ANA)
    page = seat.page
    page.get_by_role("group", name="Sound").get_by_role("button", name="Anora").click()
    expect(page.locator("h1")).to_have_text("Preview")
    page.get_by_role("button", name="Publish").click()
    seat.field("data.headline").fill("By han")
    seat.field("data.body").fill("A paragraph.\n\nAnother one.")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Change it").click()
    expect(seat.field("data.body")).to_have_value("A paragraph.\n\nAnother one.")
    seat.field("data.headline").fill("By hand")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Publish").click()
    expect(seat.published).to_contain_text("By hand")

    for link, fill, done in (
        ("Correct", {"data.headline": "By hand, put right", "note": "We had this wrong."}, "Correction"),
        ("Pin", {}, "Pinned"),
        ("Retract", {"note": "It is not so."}, "Retracted"),
    ):
        page.locator("li", has_text="By hand").get_by_role("link", name=link, exact=True).click()
        for name, text in fill.items():
            seat.field(name).fill(text)
        page.get_by_role("button", name="Preview").click()
        page.get_by_role("button", name="Publish").click()
        expect(page.locator("li", has_text="By hand")).to_contain_text(done)

    assert [said["type"] for said in story.record()][-5:] == [
        "award.announced",
        "update.reported",
        "fact.corrected",
        "fact.pinned",
        "fact.retracted",
    ]


@pytest.mark.parametrize("looks", [{"color_scheme": "light"}, {"color_scheme": "dark", "viewport": PHONE}])
def test_axe_finds_nothing_in_what_the_script_shows(
    enter: Callable[..., Page], story: Story, looks: dict[str, Any]
) -> None:
    seat = sit_down(enter(**looks), story, ANA)
    seat.find_offer("sound anora")
    seat.press("Enter")
    expect(seat.page.locator("dialog form[data-publish] button")).to_be_focused()
    found = [Axe().run(seat.page)]
    seat.press("Enter")
    seat.write("Nobody has said so yet")
    expect(seat.proof.locator(".entry")).to_be_visible()
    found.append(Axe().run(seat.page))

    for audit in found:
        assert audit.violations_count == 0, audit.generate_report()


def before_the_ceremony() -> str:
    """Return a time before the ceremony, as somebody types it at the place of the story."""
    return (datetime.now(UTC) + timedelta(hours=9) - timedelta(minutes=80)).strftime("%Y-%m-%dT%H:%M:%S")


def crash(browser: Browser) -> None:
    """End a browser as a crash does: no page is told."""
    with pytest.raises(Error):
        browser.new_browser_cdp_session().send("Browser.crash")


def width(seat: Seat) -> int:
    return int(seat.page.evaluate("document.documentElement.scrollWidth"))
