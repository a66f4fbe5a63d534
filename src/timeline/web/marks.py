"""Marks: what a step of the strip brings, as a shape in a lane of its own and in words."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final
from uuid import UUID

from timeline.domain.fact import Fact
from timeline.entries import LABELS, label
from timeline.kinds.kind import Kind
from timeline.store.digests import Outline
from timeline.store.rows import Outline as EventOutline


class Mark(StrEnum):
    """What a step brings, each with a shape and a lane of its own; the values name the shapes."""

    KEY = "key"
    AWARD = "award"
    VOICE = "voice"
    AMENDED = "amended"
    OTHER = "other"


WORDS: Final = {
    Mark.KEY: "Key moment",
    Mark.AWARD: "Award",
    Mark.VOICE: "Speech, interview",
    Mark.AMENDED: "Correction",
    Mark.OTHER: "Other entry",
}


def marked(mark: Mark) -> str:
    """Return what a shape stands for."""
    return WORDS[mark]


def marks_of(fact: Fact) -> Iterator[Mark]:
    """Yield what a fact brings, and whether it was amended since."""
    yield _MARKS.get(fact.type, Mark.OTHER)
    if fact.key:
        yield Mark.KEY
    if fact.status != "standing":
        yield Mark.AMENDED


def marks_of_many(outline: Outline) -> tuple[Mark, ...]:
    """Return what many facts at once bring."""
    marks = {_MARKS.get(type_, Mark.OTHER) for type_ in outline.types}
    return in_order(marks | ({Mark.KEY} if outline.key else set()) | ({Mark.AMENDED} if outline.amended else set()))


def in_order(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """Return marks in the order of their lanes, each once."""
    found = set(marks)
    return tuple(mark for mark in Mark if mark in found)


def lanes(kind: Kind) -> tuple[Mark, ...]:
    """Return the lanes that a story of this kind can need, whatever has happened in it yet."""
    needed = {_MARKS.get(type_, Mark.OTHER) for type_ in kind.types}
    return in_order({Mark.KEY, Mark.AMENDED, Mark.OTHER} | needed)


def told(event: EventOutline, facts: Mapping[UUID, Fact], kind: Kind) -> tuple[str, set[Mark]]:
    """Return what an event of the record brought, in words and marks."""
    words = _EDITORIAL.get(event.type, label(event.type))
    fact = facts.get(event.fact) if event.fact else None
    if fact is None:
        return words, {Mark.OTHER}
    headline = headline_of(fact, kind)
    if event.version == fact.version:
        return headline, {*marks_of(fact)} - {Mark.AMENDED}
    change = next((each for each in fact.history if each.version == event.version), None)
    if change is None:
        return f"{words}: {headline}", {Mark.OTHER}
    words = LABELS.get(change.kind or change.type, words)
    return f"{words}: {headline}", {Mark.OTHER if change.kind == "minor" else Mark.AMENDED}


def headline_of(fact: Fact, kind: Kind) -> str:
    """Return a fact's headline, or that it has none any more."""
    return kind.headline_of(fact) or "An entry that was taken down"


_MARKS: Final = {
    "award.announced": Mark.AWARD,
    "prize.won": Mark.AWARD,
    "speech.given": Mark.VOICE,
    "interview.given": Mark.VOICE,
}

_EDITORIAL: Final = {
    "story.opened": "The story opens",
    "story.described": "Title or summary changed",
    "coverage.started": "Live coverage starts",
    "coverage.ended": "Live coverage ends",
    "fact.corrected": "Correction",
    "fact.marked_key": "Marked as a key moment",
    "fact.unmarked_key": "No longer a key moment",
    "fact.pinned": "Pinned",
    "fact.unpinned": "No longer pinned",
}
