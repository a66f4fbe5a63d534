"""Deeds: what somebody did by an event, in words, and the event itself as it stands on record."""

import json
from dataclasses import dataclass, replace
from typing import Final, assert_never

from timeline.domain.event import (
    CoverageEnded,
    CoverageStarted,
    Erased,
    FactCorrected,
    FactMarkedKey,
    FactPinned,
    FactReinstated,
    FactReported,
    FactRetracted,
    FactTakenDown,
    FactUnmarkedKey,
    FactUnpinned,
    Source,
    StoryDescribed,
    StoryOpened,
)
from timeline.entries import LABELS, label
from timeline.kinds.kind import Kind
from timeline.store.trail import Step


@dataclass(frozen=True, slots=True)
class Words:
    """“Ana `did` the entry `how`”; with the label of a correction, and why it was done."""

    did: str
    how: str = ""
    label: str = ""
    note: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """An event in words; `headline` is that of its entry as the event left it, None where that was taken down."""

    step: Step
    words: Words
    headline: str | None

    @property
    def story(self) -> str:
        return self.step.recorded.story

    @property
    def entry(self) -> str:
        """What its entry is called in a sentence."""
        is_takedown = isinstance(self.step.recorded.event, FactTakenDown)
        return self.headline or ("an entry" if is_takedown else "an entry that was taken down")

    @property
    def source(self) -> Source | None:
        """From which report the event is."""
        return None if self.step.is_withheld else self.step.recorded.source

    @property
    def raw(self) -> str:
        """The event as JSON, its leaf hash beside it; of a taken-down entry without what it said, and whence."""
        recorded = self.step.recorded
        event = recorded.envelope() | {"data": recorded.data, "commitment": recorded.commitment.hex()}
        if self.step.is_withheld:
            event = {name: value for name, value in event.items() if name != "source"} | {"data": None}
        return json.dumps(event | {"leaf": self.step.leaf.hex()}, ensure_ascii=False, indent=2, sort_keys=True)


def deed_of(step: Step, kind: Kind) -> Deed:
    """Return what an event of a story of this kind did."""
    headline = None if step.fact is None else kind.headline_of(step.fact)
    return Deed(step, _words(step), headline)


def name_type(type_: str) -> str:
    """Return a type of events as it is called in a choice: “Award announced”."""
    return label(type_.replace(".", " "))


def _words(step: Step) -> Words:
    match step.recorded.event:
        case StoryOpened(title=title):
            return Words("opened the story", f"as “{title}”")
        case StoryDescribed(title=title):
            return Words("described the story anew", f"as “{title}”" if title else "")
        case FactReported():
            return Words("reported" if step.is_withheld else _reported(step.recorded.type))
        case FactCorrected(kind=kind, note=note):
            return Words("corrected", label=LABELS[kind], note=note)
        case FactRetracted(note=note) | FactReinstated(note=note):
            # The note may repeat what was taken down.
            return replace(_PLAIN[step.recorded.type], note="" if step.is_withheld else note)
        case FactTakenDown(basis=basis, note=note):
            return Words("took down", note=note, basis=basis)
        case Erased():
            return Words("corrected")
        case (
            CoverageStarted() | CoverageEnded() | FactPinned() | FactUnpinned() | FactMarkedKey() | FactUnmarkedKey()
        ):
            return _PLAIN[step.recorded.type]
        case other:
            assert_never(other)


_PLAIN: Final = {
    "coverage.started": Words("started live coverage"),
    "coverage.ended": Words("ended live coverage"),
    "fact.retracted": Words("retracted"),
    "fact.reinstated": Words("reinstated"),
    "fact.pinned": Words("pinned"),
    "fact.unpinned": Words("unpinned"),
    "fact.marked_key": Words("marked", "as a key moment"),
    "fact.unmarked_key": Words("marked", "as no key moment any more"),
}


def _reported(type_: str) -> str:
    """Return “announced an award:” for `award.announced`; what others did, such as winning a prize, was reported."""
    what, _, did = type_.replace("_", " ").rpartition(".")
    article = "an" if what[:1] in "aeiou" else "a"
    return f"{did if did == 'announced' else 'reported'} {article} {what}:"
