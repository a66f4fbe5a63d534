"""Entries: facts as a reader reads them, with everything that was changed and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from timeline.domain.event import Source
from timeline.domain.fact import Change, Content, Fact
from timeline.domain.ijson import JsonObject
from timeline.domain.moments import format_moment
from timeline.kinds.kind import Kind

PROMPT: Final = timedelta(minutes=2)
"""A fact published sooner than this after it happened is not marked with its time of publication."""

LABELS: Final[Mapping[str, str]] = {
    "correction": "Correction",
    "clarification": "Clarification",
    "update": "Update",
    "minor": "Minor edit",
    "fact.retracted": "Retracted",
    "fact.reinstated": "Reinstated",
    "fact.taken_down": "Taken down",
}
"""What the trade calls a change, by the kind of the correction or by the type of the event."""


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing that an entry says: in words, or in Markdown if it is prose."""

    label: str
    text: str
    is_prose: bool = False


@dataclass(frozen=True, slots=True)
class Alteration:
    """One field that a correction changed; None where it was, or is, not there."""

    field: str
    was: Detail | None
    now: Detail | None


@dataclass(frozen=True, slots=True)
class Notice:
    """A change as it is shown at its entry."""

    change: Change
    label: str
    after: timedelta
    moved: tuple[Content, Content] | None
    alterations: tuple[Alteration, ...]

    @property
    def is_minor(self) -> bool:
        return self.change.kind == "minor"


@dataclass(frozen=True, slots=True)
class Quotation:
    paragraphs: tuple[str, ...]
    speaker: str
    where: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact, ready to be set; a taken-down one has no text in any of these."""

    id: UUID
    type: str
    content: Content
    fact: Fact
    headline: str | None
    body: str
    quotation: Quotation | None
    media: tuple[JsonObject, ...]
    source: Source | None
    notices: tuple[Notice, ...]

    @property
    def details(self) -> tuple[Detail, ...]:
        """What else the fact says, name by name."""
        told = _TOLD if self.quotation is None else _TOLD | _QUOTED
        return tuple(
            _detail(name, value)
            for name, value in (self.fact.data or {}).items()
            if name not in told and value not in ("", [], {}, None)
        )

    @property
    def order(self) -> str:
        """A text by which entries sort as on the story clock."""
        return f"{format_moment(self.content.occurred_at)}#{self.fact.version:09}"

    @property
    def is_late(self) -> bool:
        """Whether the time of publication tells the reader something that the time of the event does not."""
        return abs(self.fact.recorded_at - self.content.occurred_at) > PROMPT

    @property
    def badges(self) -> tuple[str, ...]:
        """What the reader must know before reading on."""
        found = [notice.label for notice in self.notices if not notice.is_minor]
        now = {"Retracted": self.fact.status == "retracted", "Taken down": self.fact.status == "taken_down"}
        return tuple(label for label in dict.fromkeys(found) if now.get(label, True))


def entry_of(fact: Fact, kind: Kind) -> Entry:
    """Return a fact as an entry."""
    data = fact.data or {}
    return Entry(
        id=fact.id,
        type=fact.type,
        content=fact.content,
        fact=fact,
        headline=kind.headline_of(fact),
        body=str(data.get("body", "")),
        quotation=_quotation(data),
        media=tuple(data.get("media", ())),
        source=fact.source,
        notices=tuple(_notice(change, fact) for change in fact.history),
    )


def wording(content: Content) -> list[Detail]:
    """Return all that a fact says, the headline first and the body last."""
    data = content.data or {}
    return [_detail(name, data[name]) for name in sorted(data, key=_place)]


def moves(before: Content, after: Content) -> tuple[Content, Content] | None:
    """Return both contents if what happened stands at another moment, or is known to another precision."""
    return (before, after) if _moment(before) != _moment(after) else None


def alter(before: JsonObject, after: JsonObject) -> tuple[Alteration, ...]:
    """Return the fields in which two JSON objects differ, the headline first and the body last."""
    changed = sorted((name for name in before | after if before.get(name) != after.get(name)), key=_place)
    told = ([_detail(name, data[name]) if name in data else None for name in changed] for data in (before, after))
    return tuple(Alteration(label(name), was, now) for name, was, now in zip(changed, *told, strict=True))


def in_words(value: Any) -> str:
    """Return any JSON value as words on one line."""
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case dict():
            return "; ".join(f"{label(name)}: {in_words(each)}" for name, each in value.items())
        case list():
            return ", ".join(in_words(each) for each in value)
        case _:
            return str(value)


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return how many there are of what."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def label(name: str) -> str:
    """Return the name of a JSON key as a label."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def columns(rows: Sequence[JsonObject]) -> list[str]:
    """Return the names of all keys of records, in the order in which they come."""
    return list(dict.fromkeys(name for row in rows for name in row))


def _place(name: str) -> tuple[bool, bool]:
    return (name == "body", name != "headline")


_TOLD: Final = frozenset({"headline", "body", "media"})
_QUOTED: Final = frozenset({"quote", "speaker", "person", "outlet", "occasion"})


def _quotation(data: JsonObject) -> Quotation | None:
    quote = data.get("quote")
    if not isinstance(quote, str):
        return None
    where = in_words(data["occasion"]) if data.get("occasion") else ""
    if data.get("outlet"):
        where = f"to {in_words(data['outlet'])}"
    return Quotation(tuple(_paragraphs(quote)), in_words(data.get("speaker") or data.get("person") or ""), where)


def _paragraphs(text: str) -> Iterator[str]:
    return (" ".join(paragraph.split()) for paragraph in text.split("\n\n") if paragraph.strip())


def _detail(name: str, value: Any) -> Detail:
    return Detail(label(name), in_words(value), is_prose=name == "body")


def _notice(change: Change, fact: Fact) -> Notice:
    before, after = change.before, change.after
    moved: tuple[Content, Content] | None = None
    alterations: tuple[Alteration, ...] = ()
    if before is not None and after is not None:
        moved, alterations = moves(before, after), alter(before.data or {}, after.data or {})
    return Notice(
        change=change,
        label=LABELS.get(change.kind or change.type, change.type),
        after=change.recorded_at - fact.recorded_at,
        moved=moved,
        alterations=alterations,
    )


def _moment(content: Content) -> Sequence[object]:
    return content.occurred_at, content.precision
