"""The composer as a browser meets it: forms are found on pages, filled in, sent, and published."""

import json
import re
from dataclasses import dataclass, replace
from typing import Any, Final, Self
from uuid import UUID

from lxml import html
from lxml.html import FormElement, HtmlElement
from werkzeug.test import TestResponse

from desk_pages import Visitor, signed_in
from newsroom import Newsroom
from timeline.domain.event import Recorded
from timeline.store.people import ANY, Role

NAMED: Final = {"source.name": "The stage", "source.url": "https://stage.example/"}
"""Whom the tests' reports are from."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a form."""

    response: TestResponse

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def page(self) -> HtmlElement:
        return html.document_fromstring(self.response.text or "<html></html>")

    @property
    def words(self) -> str:
        """All words of the page, with single blanks."""
        return " ".join(self.page.text_content().split())

    @property
    def event(self) -> Any:
        """The event that the proof holds."""
        return json.loads(self.hidden("event"))

    @property
    def surprises(self) -> list[str]:
        return self.texts("//div[@class='surprises']//li")

    @property
    def faults(self) -> list[str]:
        """What the page lists as wrong, with the label of the field."""
        return self.texts("//div[@class='faults']//li")

    @property
    def at_fields(self) -> dict[str, str]:
        """What is told beside the fields, by the field's name."""
        found = self.page.xpath("//p[@class='field-fault']")
        return {each.get("id").removesuffix("-fault"): each.text_content() for each in found}

    def hidden(self, name: str) -> str:
        (value,) = self.page.xpath(f"//form[@data-publish]//input[@name='{name}']/@value")
        return str(value)

    def texts(self, path: str) -> list[str]:
        return [" ".join(each.text_content().split()) for each in self.page.xpath(path)]

    def form(self, action: str = "preview", place: str = "pane") -> dict[str, str]:
        """Return a form of the page as a browser sends it when nobody touches it."""
        (found,) = self.page.xpath(f"//form[contains(@action, '/{action}')][@data-proof='{place}']")
        return as_browsers_send(found)


def as_browsers_send(form: FormElement) -> dict[str, str]:
    """Return the fields as the HTML standard has them sent: CRLF in prose, no seconds of a full minute."""
    return {name: _as_sent(form.inputs[name], value) for name, value in form.form_values()}


def _as_sent(control: Any, value: str) -> str:
    if getattr(control, "tag", "") == "textarea":
        return re.sub(r"\r\n?|\n", "\r\n", value.removeprefix("\n"))
    if getattr(control, "type", "") == "datetime-local":
        return re.sub(r"^(.{16}):00$", r"\1", value)
    return value


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody at the desk of a story, whose browser runs our script or does not."""

    visitor: Visitor
    story: str
    runs_script: bool = True

    @classmethod
    def of(cls, newsroom: Newsroom, name: str = "Ana", role: Role = Role.EDITOR, story: str = ANY) -> Self:
        return cls(signed_in(newsroom, name, role, story), newsroom.story)

    @property
    def newsroom(self) -> Newsroom:
        return self.visitor.newsroom

    def look(self, **query: str) -> Answer:
        """Open the desk of the story."""
        return Answer(self.visitor.get(f"/stories/{self.story}", **query))

    def open(self, fact: UUID | None, do: str = "fact.corrected", **query: str) -> Answer:
        """Open the page of an entry, to do something to it."""
        return Answer(self.visitor.get(f"/stories/{self.story}/facts/{fact}", do=do, **query))

    def send(self, where: str, form: dict[str, Any]) -> Answer:
        return Answer(self.visitor.post(f"/stories/{self.story}/{where}", **form))

    def without_script(self) -> Self:
        return replace(self, runs_script=False)

    def preview(self, form: dict[str, Any]) -> Answer:
        return self.send("preview?part=1" if self.runs_script else "preview", form)

    def report(self, type_: str, **form: str) -> Answer:
        """Preview a report from the tests' source."""
        return self.preview({"type": type_} | NAMED | form)

    def amend(self, fact: UUID | None, do: str = "fact.corrected", **touched: str) -> Answer:
        """Open an entry, touch some fields of its form and preview it."""
        return self.preview(self.open(fact, do, new="").form() | touched)

    def publish(self, proof: Answer, **tampered: str) -> Answer:
        """Publish what a proof holds."""
        assert proof.status == 200, proof.words
        return self.send("publish?part=1", {name: proof.hidden(name) for name in ("event", "form")} | tampered)

    def put_on_record(self, proof: Answer) -> Recorded:
        """Publish what a proof holds, which must succeed, and return what is on record."""
        before = len(self.newsroom.record())
        answer = self.publish(proof)
        assert answer.status == 303, answer.words
        (recorded,) = self.newsroom.record()[before:]
        return recorded
