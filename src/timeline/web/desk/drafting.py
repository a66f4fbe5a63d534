"""Drafting: what a form of the desk says, as the draft of an event, with every fault of it at once."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from uuid_utils.compat import uuid7

from timeline.clockwords import write_local, zone_of
from timeline.domain.errors import (
    Fault,
    Faulty,
    InvalidCorrection,
    InvalidData,
    InvalidEvent,
    MalformedMoment,
    NothingChanged,
    UnknownFact,
    UnknownType,
)
from timeline.domain.event import EDITORIAL, Draft, StoryDescribed, read_draft, source_json
from timeline.domain.fact import Fact
from timeline.domain.ijson import JsonObject, parse, patch
from timeline.domain.moments import Precision, format_moment, parse_local
from timeline.domain.story import Story
from timeline.kinds.kind import Kind
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
    """A form as it was posted, and what it is about; `fact` is the one that it changes, as its writer saw it."""

    values: Values
    story: Story
    kind: Kind
    fact: Fact | None = None

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
        """Return the event that the form says. Raises InvalidEvent, InvalidData and others, with every fault."""
        match self.type:
            case "fact.corrected":
                return self._draft(self._correction())
            case "story.described":
                return self._draft(read(schema_of(StoryDescribed), self.values))
            case type_ if type_ in SAYING:
                return self._draft({"fact": self._about(), "note": self.values.get("note", "").strip()})
            case type_ if type_ in MARKING:
                return self._draft({"fact": self._about()})
            case type_ if type_ in BARE:
                return self._draft({})
            case type_ if type_ in EDITORIAL:
                raise UnknownType(type_, "form of the desk", [*SAYING, *MARKING, *BARE])
            case _:
                return self._report(now)

    def _report(self, now: datetime) -> Draft:
        """Return the draft of a fact event: what its model, its time and its source lack is told together."""
        offered = _offered(self.values)
        type_ = offered.get("type") or self.type
        model = self.kind.types.get(type_)
        if model is None:
            raise UnknownType(type_, self.kind.name, sorted(self.kind.types))
        data = offered.get("data") or read(schema_of(model), self.values)
        faults: list[Fault] = []
        envelope: JsonObject = {}
        for name, find in (("occurred_at", lambda: self._moment(now)), ("source", self._source)):
            try:
                envelope[name] = find()
            except Faulty as faulty:
                faults += faulty.faults
        try:
            self.kind.check(type_, data)
        except Faulty as faulty:
            faults += [Fault(f"data.{fault.path}", fault.message) for fault in faulty.faults]
        if faults:
            raise InvalidData("this cannot be published yet", faults)
        precision = self._precision()
        return self._draft(data, type=type_, precision=precision, **{k: v for k, v in envelope.items() if v})

    def _draft(self, data: JsonObject, **envelope: Any) -> Draft:
        event = {"type": self.type, "data": data, "id": str(self.id or uuid7())} | envelope
        return read_draft(parse(json.dumps(event)))

    def _about(self) -> str:
        if self.fact is None:
            raise UnknownFact(self.values.get("fact", ""), self.story.slug)
        return str(self.fact.id)

    def _correction(self) -> JsonObject:
        about, fact = self._about(), self.fact
        assert fact is not None  # noqa: S101 — `_about` has refused it.
        before = fact.data or {}
        after = read(schema_of(self.kind.types[fact.type]), self.values, present=before)
        try:
            self.kind.check(fact.type, after, InvalidCorrection)
        except Faulty as faulty:
            faults = [Fault(f"data.{fault.path}", fault.message) for fault in faulty.faults]
            raise InvalidCorrection("this cannot be published yet", faults) from None
        amendment = {"data": patch(before, after)} | dict(self._moved(fact))
        said = {name: value for name, value in amendment.items() if value}
        if not said:
            raise NothingChanged(fact.id)
        note = self.values.get("note", "").strip()
        return {"fact": about, "kind": self.values.get("kind", "correction"), "note": note, "set": said}

    def _moved(self, fact: Fact) -> Iterator[tuple[str, str]]:
        """Yield what of its time an editor has touched."""
        there = times(fact, self.story)
        moment, precision = self.values.get("moment", ""), self.values.get("precision", "")
        if moment not in ("", there["moment"]):
            yield "occurred_at", format_moment(self._local(moment))
        if precision not in ("", there["precision"]):
            yield "precision", precision

    def _moment(self, now: datetime) -> str:
        match self.values.get("when", "now"):
            case "now":
                return format_moment(now)
            case "earlier":
                return format_moment(now - EARLIER)
            case _:
                return format_moment(self._local(self.values.get("moment", "")))

    def _local(self, text: str) -> datetime:
        try:
            return parse_local(text.strip(), zone_of(self.story))
        except MalformedMoment as malformed:
            raise InvalidEvent("the time cannot be read", [Fault("moment", str(malformed))]) from None

    def _precision(self) -> str:
        """Return how precisely the writer knows the time: nobody says “now” to the second."""
        asked = self.values.get("precision", "")
        return asked if asked in set(Precision) else str(Precision.MINUTE)

    def _source(self) -> JsonObject | None:
        name, url = (self.values.get(f"source.{part}", "").strip() for part in ("name", "url"))
        if not name and self.values.get("source.waived") == "yes":
            return None
        if not name:
            fault = Fault("source.name", "name who says so, or say that there is no source to name")
            raise InvalidEvent("the source is missing", [fault])
        return {"name": name} | ({"url": url} if url else {})


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


def present(fact: Fact, kind: Kind, story: Story) -> dict[str, str]:
    """Return the form of a correction that nobody has touched."""
    return fill(schema_of(kind.types[fact.type]), fact.data or {}) | times(fact, story)


def times(fact: Fact, story: Story) -> dict[str, str]:
    """Return when a fact happened, as a form shows it: in the story's own time."""
    return {"moment": write_local(fact.occurred_at, zone_of(story)), "precision": str(fact.content.precision)}


def read_id(text: str) -> UUID | None:
    """Return the id that a text is, if it is one."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _offered(values: Mapping[str, str]) -> JsonObject:
    """Return the type and the data of the offer that was taken up; nothing where none was."""
    text = values.get("offer")
    found = parse(text) if text else {}
    is_offer = isinstance(found, dict) and isinstance(found.get("type"), str) and isinstance(found.get("data"), dict)
    return found if is_offer else {}
