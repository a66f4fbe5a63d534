"""Facts: what the record says of them, with corrections, retractions and takedowns applied in order."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, assert_never
from uuid import UUID

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
    Recorded,
    Source,
    StoryDescribed,
    StoryOpened,
)
from timeline.domain.ijson import JsonObject, merge
from timeline.domain.moments import Precision

Sum = Any
"""What some standing facts come to, as far as a board must know: a JSON value of their kind's own."""

Status = Literal["standing", "corrected", "retracted", "taken_down"]


@dataclass(frozen=True, slots=True)
class Content:
    """What a fact says, and when it happened; `data` is None once it was taken down."""

    occurred_at: datetime
    precision: Precision
    data: JsonObject | None


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened to a fact; `before` and `after` for corrections, `basis` for takedowns."""

    version: int
    type: str
    recorded_at: datetime
    actor: str
    note: str
    kind: str | None = None
    basis: str | None = None
    before: Content | None = None
    after: Content | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact as it stands: its own event with everything applied that the record says of it."""

    id: UUID
    type: str
    version: int
    recorded_at: datetime
    actor: str
    source: Source | None
    reported: Content
    content: Content
    history: tuple[Change, ...] = ()
    retracted: bool = False
    key: bool = False
    pinned: bool = False

    @property
    def occurred_at(self) -> datetime:
        return self.content.occurred_at

    @property
    def data(self) -> JsonObject | None:
        return self.content.data

    @property
    def order(self) -> tuple[datetime, int]:
        """The fact's place on the story clock."""
        return (self.content.occurred_at, self.version)

    @property
    def status(self) -> Status:
        if self.content.data is None:
            return "taken_down"
        if self.retracted:
            return "retracted"
        if any(change.kind not in (None, "minor") for change in self.history):
            return "corrected"
        return "standing"

    @property
    def last_version(self) -> int:
        """The version at which the fact was last changed."""
        return self.history[-1].version if self.history else self.version

    @property
    def stands(self) -> bool:
        """Whether boards count the fact."""
        return not self.retracted and self.content.data is not None


class Facts:
    """The facts of a record, built by applying its events in order of version."""

    def __init__(self) -> None:
        self._facts: dict[UUID, Fact] = {}

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts.values())

    def get(self, id_: UUID) -> Fact | None:
        return self._facts.get(id_)

    def apply(self, recorded: Recorded) -> None:
        """Apply one event; the facts that it names must have been reported before it."""
        match recorded.event:
            case FactReported(data=data):
                content = Content(recorded.occurred_at, recorded.precision, data)
                self._facts[recorded.id] = _reported(recorded, content)
            case FactCorrected(fact=id_):
                self._facts[id_] = corrected(self._facts[id_], recorded.event, recorded)
            case FactRetracted(fact=id_, note=note) | FactReinstated(fact=id_, note=note):
                retracted = isinstance(recorded.event, FactRetracted)
                self._change(id_, _change(recorded, note), retracted=retracted)
            case FactTakenDown(fact=id_):
                self._facts[id_] = _taken_down(self._facts[id_], recorded.event, recorded)
            case FactPinned(fact=id_) | FactUnpinned(fact=id_):
                self._facts[id_] = replace(self._facts[id_], pinned=isinstance(recorded.event, FactPinned))
            case FactMarkedKey(fact=id_) | FactUnmarkedKey(fact=id_):
                self._facts[id_] = replace(self._facts[id_], key=isinstance(recorded.event, FactMarkedKey))
            case StoryOpened() | StoryDescribed() | CoverageStarted() | CoverageEnded() | Erased():
                pass
            case other:
                assert_never(other)

    def _change(self, id_: UUID, change: Change, *, retracted: bool) -> None:
        fact = self._facts[id_]
        if fact.data is None:  # The text is gone whatever the vantage, and so are the notes that may repeat it.
            change = replace(change, note="")
        self._facts[id_] = replace(fact, history=(*fact.history, change), retracted=retracted)


def resolve(record: Iterable[Recorded]) -> Facts:
    """Return the facts of a record as they stand at its end."""
    facts = Facts()
    for recorded in record:
        facts.apply(recorded)
    return facts


def corrected(fact: Fact, correction: FactCorrected, by: Recorded) -> Fact:
    """Return the fact as a correction leaves it; a fact that was taken down stays as it is."""
    before = fact.content
    if before.data is None:
        return fact
    amendment = correction.set
    after = Content(
        amendment.occurred_at or before.occurred_at,
        amendment.precision or before.precision,
        before.data if amendment.data is None else merge(before.data, amendment.data),
    )
    change = replace(_change(by, correction.note), kind=correction.kind, before=before, after=after)
    return replace(fact, content=after, history=(*fact.history, change))


def _taken_down(fact: Fact, takedown: FactTakenDown, by: Recorded) -> Fact:
    stub = replace(fact.reported, data=None)
    kept = (replace(change, note="") for change in fact.history if change.type != "fact.corrected")
    change = replace(_change(by, takedown.note), basis=takedown.basis)
    return replace(fact, source=None, reported=stub, content=stub, history=(*kept, change))


def _reported(recorded: Recorded, content: Content) -> Fact:
    return Fact(
        id=recorded.id,
        type=recorded.type,
        version=recorded.version,
        recorded_at=recorded.recorded_at,
        actor=recorded.actor,
        source=None if content.data is None else recorded.source,
        reported=content,
        content=content,
    )


def _change(recorded: Recorded, note: str) -> Change:
    return Change(recorded.version, recorded.type, recorded.recorded_at, recorded.actor, note)
