"""Drafting: what a form of the desk says, as the draft of an event, with every fault of it at once."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from uuid_utils.compat import uuid7

from timeline.clockwords import write_local, zone_of
from timeline.domain.errors import (
    AlreadyTakenDown,
    Fault,
    FutureFact,
    InvalidEvent,
    MalformedMoment,
    MissingNote,
    UnknownFact,
    UnknownType,
)
from timeline.domain.event import EDITORIAL, Draft, StoryDescribed, decode, read_draft, source_json
from timeline.domain.fact import Fact
from timeline.domain.ijson import JsonObject, canonical, parse, patch
from timeline.domain.moments import format_moment, parse_local
from timeline.domain.story import Story
from timeline.kinds.kind import Kind
from timeline.rules import TOLERANCE
from timeline.web.desk.faults import DATA, every_fault, noting
from timeline.web.desk.forms import Values, fill, read, schema_of

EARLIER: Final = timedelta(minutes=5)
"""What “a few minutes ago” means on a form."""

SAYING: Final = ("fact.retracted", "fact.reinstated")
"""Events about a fact that say why, in a note, and nothing else."""
MARKING: Final = ("fact.pinned", "fact.unpinned", "fact.marked_key", "fact.unmarked_key")
"""Events about a fact that say nothing."""
BARE: Final = ("coverage.started", "coverage.ended")
"""Events about the story that say nothing."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form as it was posted, and what it is about.

    `fact` is the one that it changes, as its writer saw it. `offered` is the data of the offer that was taken up.
    """

    values: Values
    story: Story
    kind: Kind
    fact: Fact | None = None
    offered: JsonObject = field(default_factory=dict)

    @property
    def type(self) -> str:
        return self.values.get("type", "")

    @property
    def id(self) -> UUID | None:
        """The id of the event to be."""
        return read_id(self.values.get("id", ""))

    @property
    def seen(self) -> int | None:
        """The version of the story that the writer looked at."""
        text = self.values.get("seen", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    def draft(self, now: datetime) -> Draft:
        """Return the event that the form says.

        Raises InvalidEvent with every fault; UnknownType, UnknownFact, AlreadyTakenDown, MalformedJson.
        """
        match self.type:
            case "fact.corrected":
                return self._correction(now)
            case "story.described":
                return self._description()
            case type_ if type_ in SAYING:
                return self._saying()
            case type_ if type_ in MARKING:
                return self._draft({"fact": str(self._about().id)})
            case type_ if type_ in BARE:
                return self._draft({})
            case type_ if type_ in EDITORIAL or type_ not in self.kind.types:
                raise UnknownType(type_, self.kind.name, sorted(self.kind.types))
            case _:
                return self._report(now)

    def _report(self, now: datetime) -> Draft:
        data = read(schema_of(self.kind.types[self.type]), self.values, self.offered)
        # Nobody says “now” to the second.
        envelope: JsonObject = {"precision": self.values.get("precision") or "minute"}
        with every_fault() as faults:
            with noting(faults):
                envelope["occurred_at"] = format_moment(self._moment(now))
            with noting(faults):
                envelope |= self._source()
            with noting(faults, DATA):
                self.kind.check(self.type, canonical(data))
            with noting(faults):
                return self._draft(data, **envelope)

    def _description(self) -> Draft:
        with every_fault() as faults, noting(faults, DATA):
            return self._draft(read(schema_of(StoryDescribed), self.values))

    def _saying(self) -> Draft:
        about = self._about()
        with every_fault() as faults, noting(faults):
            return self._draft({"fact": str(about.id), "note": self._note()})

    def _correction(self, now: datetime) -> Draft:
        fact = self._about()
        before = fact.data or {}
        after = read(schema_of(self.kind.types[fact.type]), self.values, before)
        said: JsonObject = {"fact": str(fact.id), "kind": self.values.get("kind") or "correction", "note": ""}
        moved: JsonObject = {}
        with every_fault() as faults:
            with noting(faults):
                moved.update(self._moved(fact, now))
            with noting(faults):
                said["note"] = self._note(is_needed=said["kind"] != "minor")
            with noting(faults, DATA):
                self.kind.check(fact.type, canonical(after))
            with noting(faults):
                return self._draft(said | {"set": _amendment(before, after, moved)})

    def _draft(self, data: JsonObject, **envelope: Any) -> Draft:
        """Return a draft of the right shape. Raises MalformedJson, InvalidEvent, InvalidData."""
        event = {"type": self.type, "data": data, "id": str(self.id or uuid7())} | envelope
        draft = read_draft(parse(json.dumps(event)))
        decode(draft.type, canonical(draft.data), draft.data)
        return draft

    def _about(self) -> Fact:
        if self.fact is None:
            raise UnknownFact(self.values.get("fact", "")[:80], self.story.slug)
        if self.fact.data is None:
            raise AlreadyTakenDown(self.fact.id)
        return self.fact

    def _note(self, *, is_needed: bool = True) -> str:
        note = self.values.get("note", "").strip()
        if is_needed and not note:
            raise MissingNote(self.type)
        return note

    def _moved(self, fact: Fact, now: datetime) -> Iterator[tuple[str, str]]:
        """Yield what of its time an editor has touched."""
        there = times(fact, self.story)
        moment, precision = self.values.get("moment", ""), self.values.get("precision", "")
        if precision not in ("", there["precision"]):
            yield "precision", precision
        if moment not in ("", there["moment"]):
            yield "occurred_at", format_moment(self._local(moment, now))

    def _moment(self, now: datetime) -> datetime:
        match self.values.get("when", "now"):
            case "now":
                return now
            case "earlier":
                return now - EARLIER
            case _:
                return self._local(self.values.get("moment", ""), now)

    def _local(self, text: str, now: datetime) -> datetime:
        try:
            moment = parse_local(text.strip(), zone_of(self.story))
        except MalformedMoment as malformed:
            raise InvalidEvent("the time cannot be read", [Fault("moment", str(malformed))]) from None
        if moment - now > TOLERANCE:
            raise FutureFact(moment, now)
        return moment

    def _source(self) -> JsonObject:
        """Return the source as a part of the envelope: nothing where it is said that there is none to name."""
        name, url = (self.values.get(f"source.{part}", "").strip() for part in ("name", "url"))
        if name:
            return {"source": {"name": name} | ({"url": url} if url else {})}
        if not url and self.values.get("source.waived") == "yes":
            return {}
        fault = Fault("source.name", "name who says so, or say that there is no source to name")
        raise InvalidEvent("the source is missing", [fault])


def take_up(sheet: Sheet) -> Sheet:
    """Return the sheet as if the offer that was taken up on it had been typed. Raises MalformedJson, InvalidEvent."""
    text = sheet.values.get("offer")
    if not text:
        return sheet
    match parse(text):
        case {"type": str(type_), "data": dict(data)}:
            model = sheet.kind.types.get(type_)
            typed = fill(schema_of(model), data) if model else {}
            return replace(sheet, values=dict(sheet.values) | typed | {"type": type_}, offered=data)
        case _:
            raise InvalidEvent("the offer cannot be taken up", [Fault("offer", "is none that a board makes")])


def offer_value(type_: str, data: JsonObject) -> str:
    """Return an offer as the value of the button that takes it up."""
    return json.dumps({"type": type_, "data": data}, ensure_ascii=False)


def event_json(draft: Draft) -> str:
    """Return a draft as JSON which `read_draft` reads as the same draft: what a page holds until it is published."""
    event: JsonObject = {
        "id": str(draft.id),
        "type": draft.type,
        "precision": str(draft.precision),
        "data": draft.data,
    }
    if draft.occurred_at is not None:
        event["occurred_at"] = format_moment(draft.occurred_at)
    if draft.source is not None:
        event["source"] = source_json(draft.source)
    return json.dumps(event, ensure_ascii=False)


def as_written(values: Values) -> dict[str, str]:
    """Return a form as our page has written it.

    Browsers send two characters for each line end, and some leave out the seconds of a full minute.
    """
    written = {name: re.sub(r"\r\n?", "\n", text) for name, text in values.items()}
    if re.fullmatch(r"[0-9-]+T[0-9]{2}:[0-9]{2}", written.get("moment", "")):
        written["moment"] += ":00"
    return written


def present(fact: Fact, kind: Kind, story: Story) -> dict[str, str]:
    """Return the form of a correction that nobody has touched."""
    return as_written(fill(schema_of(kind.types[fact.type]), fact.data or {}) | times(fact, story))


def times(fact: Fact, story: Story) -> dict[str, str]:
    """Return when a fact happened, as a form shows it: in the story's own time."""
    return {"moment": write_local(fact.occurred_at, zone_of(story)), "precision": str(fact.content.precision)}


def read_id(text: str) -> UUID | None:
    """Return the id that a text is, if it is one."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _amendment(before: JsonObject, after: JsonObject, moved: JsonObject) -> JsonObject:
    changed = patch(before, after)
    return moved | ({"data": changed} if changed else {})
