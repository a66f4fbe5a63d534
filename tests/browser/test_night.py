"""A night at the desk in real browsers: two editors, one reader, thirty facts, and all that goes wrong."""

import time
from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Locator, Page, expect

from desk_pages import PASSWORD
from seats import Seat, Story, headline, nominations, open_story, read_along
from sites import Site

pytestmark = pytest.mark.long

UNDO: Final = 10.0


def test_a_night_of_two_editors_and_a_reader(site: Site, enter: Callable[..., Page]) -> None:
    ana = Seat(enter(), Story(site, "gala"))
    ana.page.goto(site.invitation)
    ana.page.get_by_label("Your name").fill("Ana")
    ana.page.get_by_label("password").fill(PASSWORD)
    ana.press("Enter")
    story = open_the_story(ana)
    ben = Seat(enter(), story)
    ben.page.goto(invited(ana, "Ben"))
    ben.page.get_by_label("password").fill(PASSWORD)
    ben.press("Enter")
    ben.page.get_by_role("link", name="The gala").click()
    ana.page.goto(story.desk)
    story.publish(*nominations())
    reader = read_along(enter(), story)

    start_coverage(ana, reader)
    announce_awards(ana, reader)
    report_beside(ben, reader)
    wrong_winner(ana, ben, reader)
    correct_twice(ben, reader)
    both_at_once(ana, ben, reader)

    assert len(story.facts()) >= 30
    assert len(set(story.facts())) == len(story.facts())


def open_the_story(ana: Seat) -> Story:
    ana.page.get_by_role("link", name="Open a story").click()
    ana.page.get_by_label("Name in its address").fill(ana.story.slug)
    ana.page.get_by_label("Title").fill("The gala")
    ana.page.get_by_label("Kind").select_option("ceremony")
    ana.page.get_by_label("Timezone").fill("Asia/Tokyo")
    ana.page.get_by_role("button", name="Open it").click()
    expect(ana.page.locator("h1")).to_have_text("The gala")
    return ana.story


def invited(admin: Seat, name: str) -> str:
    """Let somebody in and return the link for them."""
    admin.page.get_by_role("link", name="People").click()
    form = admin.page.locator("form[action$='/people/invite']")
    form.get_by_label("Name").fill(name)
    form.get_by_label("Role").select_option("editor")
    form.get_by_role("button").click()
    return admin.page.locator(".once input").input_value()


def start_coverage(ana: Seat, reader: Page) -> None:
    ana.page.get_by_role("button", name="Start coverage").click()
    ana.confirm()
    ana.settle()
    expect(reader.locator(".story-head .badge")).to_have_text("Live")


def announce_awards(ana: Seat, reader: Page) -> None:
    """The ceremony begins and five awards follow, by keyboard alone; one is taken back, and ten seconds pass."""
    ana.find_offer("begins")
    ana.press("Enter")
    expect(ana.page.locator("dialog .faults")).to_contain_text("name who says so")
    ana.press("Enter")
    expect(ana.page.locator("[id='offer-source.name']")).to_be_focused()
    ana.type("The broadcast")
    ana.press("Escape")
    ana.announce("begins")
    ana.announce("sound brut")
    ana.press("u")
    expect(ana.page.locator("[data-part=said]")).to_contain_text("Taken back")
    for letters in ("pict brut", "direct zoe", "cinema anora", "edit brut", "sound anora"):
        ana.announce(letters)
    announced = time.monotonic()
    expect(ana.outbox).to_have_count(6)
    assert headline(reader, "wins").count() == 0

    expect(ana.outbox).to_have_count(0, timeout=15_000)
    assert UNDO - 1 < time.monotonic() - announced < UNDO + 2
    expect(headline(reader, "wins")).to_have_count(5, timeout=1_000)
    assert ana.story.said("award.announced", "film")[-1] == "Anora"


def report_beside(ben: Seat, reader: Page) -> None:
    """Another editor reports what happens beside the stage; nobody reads it before it is on record."""
    ben.field("source.name").fill("Our reporter")
    ben.press("Escape")
    for number in range(9):
        ben.write(f"What happens beside the stage, {number}")
        ben.publish()
        assert headline(reader, f"the stage, {number}").count() == 0
        ben.settle()
        expect(headline(reader, f"the stage, {number}")).to_have_count(1, timeout=1_000)
    expect(ben.field("source.name")).to_have_value("Our reporter")


def wrong_winner(ana: Seat, ben: Seat, reader: Page) -> None:
    """The wrong winner is retracted within the minute, and the right one is offered again."""
    began_at = time.monotonic()
    ana.press("j")
    ana.page.locator("li", has_text="wins Best Picture").locator(".line-text a").focus()
    ana.press("r")
    expect(ana.field("note")).to_be_focused()
    ana.type("The wrong envelope was opened.")
    ana.publish()
    ana.settle()
    expect(reader.locator(".day .headline s", has_text="wins Best Picture")).to_have_count(1, timeout=1_000)
    assert time.monotonic() - began_at < 60
    expect(ana.page.get_by_role("group", name="Best Picture")).to_be_visible()
    ana.announce("pict anora")
    ana.settle()
    expect(headline(reader, "Sean Baker (Anora) wins Best Picture")).to_have_count(1, timeout=1_000)
    expect(ben.published).to_contain_text("Sean Baker (Anora) wins Best Picture")


def correct_twice(ben: Seat, reader: Page) -> None:
    """A correction is wrong itself, and corrected."""
    for text, note in (("five", "It was not three."), ("four", "It was neither three nor five.")):
        ben.main.focus()
        ben.press("j")
        ben.page.locator("li", has_text="beside the stage, 3").or_(
            ben.page.locator("li", has_text="stand on the stage")
        ).locator(".line-text a").focus()
        ben.press("c")
        expect(ben.field("data.headline")).to_be_focused()
        ben.field("data.headline").fill(f"They stand on the stage, all {text}")
        ben.field("note").fill(note)
        ben.publish()
        ben.settle()
        expect(headline(reader, f"all {text}")).to_have_count(1, timeout=1_000)
        expect(ben.page).to_have_url(ben.story.desk)


def both_at_once(ana: Seat, ben: Seat, reader: Page) -> None:
    """Two editors correct one entry: the second one sees both texts, keeps their own, and both changes stand."""
    (event_,) = (each for each in ana.story.record() if each["data"].get("headline", "").endswith("the stage, 5"))
    for seat in (ana, ben):
        seat.open(event_["id"])
    ben.field("data.body").fill("Ben’s paragraph.")
    ben.field("note").fill("A paragraph was missing.")
    ana.field("data.headline").fill("What Ana calls it")
    ana.field("note").fill("It had no name.")
    ana.publish()
    ana.settle()
    expect(headline(reader, "What Ana calls it")).to_have_count(1, timeout=1_000)

    ben.press("Control+Enter")
    expect(ben.page.locator(".meanwhile")).to_contain_text("It had no name.")
    expect(ben.page.locator(".meanwhile")).to_be_focused()
    expect(ben.field("data.body")).to_have_value("Ben’s paragraph.")
    expect(ben.field("data.headline")).to_have_value("What Ana calls it")
    expect(ben.field("note")).to_have_value("A paragraph was missing.")
    ben.field("note").focus()
    ben.publish()
    ben.settle()

    expect(reader.locator(".day article", has_text="Ben’s paragraph.")).to_contain_text("What Ana calls it")


def test_a_night_by_keyboard_alone(site: Site, enter: Callable[..., Page]) -> None:
    """From signing in to a conflict, no mouse: whatever is wanted is typed, or reached by Tab."""
    ana = Seat(enter(), open_story(site, *nominations()))
    ana.page.goto(site.invitation)
    ana.type("Ana")
    ana.press("Tab")
    ana.type(PASSWORD)
    ana.press("Enter")
    go_to(ana, ana.page.get_by_role("link", name="The gala", exact=True))
    ana.press("Enter")
    expect(ana.page).to_have_url(ana.story.desk)

    announce_and_retract(ana)
    report_and_correct_twice(ana)
    be_overtaken(ana)
    leave_and_come_back(ana)


def announce_and_retract(ana: Seat) -> None:
    go_to(ana, ana.page.locator("[id='offer-source.name']"))
    ana.type("The broadcast")
    ana.press("Escape")
    ana.announce("sound brut")
    ana.press("u")
    expect(ana.outbox).to_have_count(0)
    ana.announce("pict brut")
    settle(ana)
    walk_to(ana, "wins Best Picture")
    ana.press("r")
    expect(ana.field("note")).to_be_focused()
    ana.type("The wrong envelope was opened.")
    ana.publish()
    settle(ana)
    assert ana.story.said("award.announced", "category") == ["Best Picture"]
    assert ana.story.said("fact.retracted", "note") == ["The wrong envelope was opened."]


def report_and_correct_twice(ana: Seat) -> None:
    expect(ana.page).to_have_url(ana.story.desk)
    ana.write("Three stand on the stage")
    ana.publish()
    settle(ana)
    for text in ("Five stand on the stage", "Four stand on the stage"):
        correct(ana, "stand on the stage", text)
        ana.publish()
        settle(ana)
        expect(ana.page).to_have_url(ana.story.desk)
        expect(ana.published).to_contain_text(text)
    assert len(ana.story.said("fact.corrected", "note")) == 2


def be_overtaken(ana: Seat) -> None:
    (fact,) = (each["id"] for each in ana.story.record() if each["data"].get("headline", "").startswith("Three"))
    correct(ana, "stand on the stage", "Nobody stands on the stage")
    patch = {"data": {"body": "All of them laugh."}}
    said = {"fact": fact, "kind": "update", "note": "They laugh.", "set": patch}
    ana.story.publish({"type": "fact.corrected", "data": said})
    ana.press("Control+Enter")
    expect(ana.page.locator(".meanwhile")).to_be_focused()
    expect(ana.page.locator(".meanwhile")).to_contain_text("They laugh.")
    go_to(ana, ana.field("note"))
    ana.publish()
    settle(ana)
    now = ana.story.fact(fact)["data"]
    assert now == {"headline": "Nobody stands on the stage", "body": "All of them laugh."}


def leave_and_come_back(ana: Seat) -> None:
    expect(ana.page).to_have_url(ana.story.desk)
    ana.write("Half a sentence")
    expect(ana.page.locator("[data-part=kept]")).to_have_text("Kept as a draft")
    ana.page.reload()
    expect(ana.field("data.headline")).to_have_value("Half a sentence")


def correct(ana: Seat, line: str, text: str) -> None:
    walk_to(ana, line)
    ana.press("c")
    expect(ana.field("data.headline")).to_be_focused()
    ana.press("Control+a")
    ana.type(text)
    go_to(ana, ana.field("note"))
    ana.type(f"It is: {text}.")


def walk_to(ana: Seat, line: str) -> None:
    """Press J until the entry is reached."""
    there = ana.page.locator("[data-part=latest] li", has_text=line).locator(".line-text a")
    for _ in range(40):
        if there.evaluate("it => it === document.activeElement"):
            return
        ana.press("j")
    raise AssertionError(f"J does not lead to “{line}”")


def go_to(ana: Seat, there: Locator) -> None:
    """Press Tab until something is reached."""
    expect(there).to_be_visible()
    for _ in range(150):
        if there.evaluate("it => it === document.activeElement"):
            return
        ana.press("Tab")
    raise AssertionError(f"Tab does not lead to {there}")


def settle(ana: Seat) -> None:
    go_to(ana, ana.page.get_by_role("button", name="On record now"))
    ana.press("Enter")
    expect(ana.outbox).to_have_count(0)
