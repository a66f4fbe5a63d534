"""The desk as somebody meets it who sits there with a browser, and the story that they work on."""

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.request import urlopen

from playwright.sync_api import Locator, Page, expect

from desk_pages import PASSWORD
from newsroom import opened
from sites import Site
from timeline.desk import utc_now
from timeline.domain.moments import format_moment
from timeline.store.people import find_person
from timeline.store.sessions import begin_session
from timeline.web.desk.guard import COOKIE

CATEGORIES: Final = ("Best Picture", "Directing", "Cinematography", "Film Editing", "Sound")
FILMS: Final = (("Anora", ["Sean Baker"]), ("Émilia Pérez", ["Zoë Saldaña"]), ("The Brutalist", ["Adrien Brody"]))


@dataclass(frozen=True, slots=True)
class Story:
    """A story as programs see it."""

    site: Site
    slug: str

    @property
    def desk(self) -> str:
        return f"{self.site.url}/desk/stories/{self.slug}"

    @property
    def page(self) -> str:
        return f"{self.site.url}/stories/{self.slug}"

    def publish(self, *events: dict[str, Any]) -> list[dict[str, Any]]:
        """Publish as somebody else does, by the API."""
        answer = self.site.post(f"/api/stories/{self.slug}/record", list(events))
        return list(answer["events"])

    def record(self) -> list[dict[str, Any]]:
        with urlopen(f"{self.site.url}/api/stories/{self.slug}/record?limit=500") as answer:
            return list(json.load(answer)["events"])

    def said(self, type_: str, name: str) -> list[Any]:
        """Return what the events of a type say under a name of their data."""
        return [event["data"].get(name) for event in self.record() if event["type"] == type_]

    def facts(self) -> list[str]:
        """Return the ids of the facts that were reported."""
        return [event["id"] for event in self.record() if "fact" not in event["data"] and "." in event["type"]]

    def fact(self, id_: str) -> dict[str, Any]:
        with urlopen(f"{self.site.url}/api/stories/{self.slug}/facts/{id_}") as answer:
            return dict(json.load(answer))


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody who sits at the desk of a story, in a browser of their own."""

    page: Page
    story: Story

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def field(self, name: str) -> Locator:
        return self.page.locator(f"[data-part=composer] [name='{name}']:not([type=hidden])")

    @property
    def outbox(self) -> Locator:
        return self.page.locator(".outbox > li")

    @property
    def proof(self) -> Locator:
        return self.page.locator("[data-part=proof-body]")

    @property
    def kept(self) -> Locator:
        """What is said of the draft."""
        return self.page.locator("[data-part=kept]")

    @property
    def published(self) -> Locator:
        return self.page.locator("[data-part=latest]")

    @property
    def main(self) -> Locator:
        return self.page.locator("main")

    def find_offer(self, letters: str) -> None:
        """Begin to type what was announced; it is one movement."""
        self.press("a")
        self.type(letters)

    def announce(self, letters: str) -> None:
        """Announce what the board offers, by keyboard alone."""
        self.find_offer(letters)
        self.press("Enter")
        self.confirm()

    def confirm(self) -> None:
        """Publish what a dialog shows."""
        expect(self.page.locator("dialog form[data-publish] button")).to_be_focused()
        self.press("Enter")
        expect(self.page.locator("dialog")).to_be_hidden()

    def write(self, headline: str) -> None:
        """Write a report by keyboard."""
        self.press("n")
        self.type(headline)

    def publish(self) -> None:
        """Publish what the composer says, by keyboard."""
        self.press("Control+Enter")
        expect(self.outbox.first).to_be_visible()

    def settle(self) -> None:
        """Let all that waits in the outbox go on record now."""
        for button in self.page.get_by_role("button", name="On record now").all():
            button.click()
        expect(self.outbox).to_have_count(0)

    def open(self, fact: str, do: str = "corrected") -> None:
        self.page.goto(f"{self.story.desk}/facts/{fact}?do=fact.{do}")


def open_story(site: Site, *events: dict[str, Any], kind: str = "ceremony") -> Story:
    slug = f"gala-{secrets.token_hex(4)}"
    site.post("/api/stories", {"slug": slug, "title": "The gala", "kind": kind, "timezone": "Asia/Tokyo"})
    story = Story(site, slug)
    if events:
        story.publish(*events)
    return story


def event(type_: str, minutes_ago: float = 30, **data: Any) -> dict[str, Any]:
    moment = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return {"type": type_, "occurred_at": format_moment(moment), "data": data}


def nominations() -> list[dict[str, Any]]:
    return [
        event("nomination.announced", 90, category=category, film=film, people=people)
        for category in CATEGORIES
        for film, people in FILMS
    ]


def began() -> dict[str, Any]:
    return event("ceremony.began", 20, venue="Dolby Theatre")


def report(headline: str, **data: Any) -> dict[str, Any]:
    return event("update.reported", 5, headline=headline, **data)


def sign_in(page: Page, name: str) -> None:
    """Sign in on the page to which the desk has sent a stranger, and so on to the page that was asked for."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def sit_down(page: Page, story: Story, name: str) -> Seat:
    """Open the desk of a story as somebody who has signed in lately."""
    with opened(story.site.shell.url) as database:
        person = find_person(database, name)
        assert person
        secret = begin_session(database, person.id, utc_now())
    cookie = {"name": COOKIE, "value": secret, "url": story.site.url.replace("http:", "https:")}
    page.context.add_cookies([cookie])  # type: ignore[list-item] # Playwright’s type is of no use here.
    page.goto(story.desk)
    expect(page.locator("h1")).to_have_text("The gala")
    seat = Seat(page, story)
    for prefix in ("offer-", ""):
        source = page.locator(f"[id='{prefix}source.name']")
        if source.is_visible():
            source.fill("The broadcast")
    seat.press("Escape")
    return seat


def read_along(page: Page, story: Story) -> Page:
    page.goto(story.page)
    expect(page.locator("#live-state")).to_have_text("Connected")
    return page


def headline(reader: Page, text: str) -> Locator:
    return reader.locator(".day .headline", has_text=text)


def listen(page: Page) -> None:
    """Note from now on what a page gives a screen reader to be read out."""
    page.evaluate(
        """() => {
          const LIVE = "[aria-live], [role=status], [role=alert]";
          window.heard = [];
          const note = ({ target }) => {
            const words = (target.closest ?? target.parentElement.closest).call(target, LIVE)?.textContent.trim();
            if (words) window.heard.push(words);
          };
          new MutationObserver((changes) => changes.forEach(note))
            .observe(document.body, { childList: true, subtree: true, characterData: true });
        }"""
    )


def heard(page: Page) -> list[str]:
    """Return what a page gave a screen reader to be read out, each time that it did."""
    return list(page.evaluate("window.heard"))
