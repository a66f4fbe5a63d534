"""The rules: what is refused before anything is written, each by its own error."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Final, assert_never
from uuid import UUID
from zoneinfo import available_timezones

from timeline.domain.errors import (
    AlreadyRetracted,
    AlreadyTakenDown,
    ErasureRefused,
    FactChanged,
    Fault,
    FutureFact,
    InvalidCorrection,
    InvalidData,
    MissingNote,
    NothingChanged,
    NotRetracted,
    StoryExists,
    UnknownFact,
    UnknownType,
)
from timeline.domain.event import (
    AboutFact,
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
    StoryDescribed,
    StoryOpened,
)
from timeline.domain.fact import Content, Fact, Facts, corrected
from timeline.domain.ijson import canonical
from timeline.domain.moments import Precision
from timeline.kinds.kind import Kind

TOLERANCE: Final = timedelta(minutes=5)
"""How far the desk's clock may be ahead of the store's."""

_Mark = FactPinned | FactUnpinned | FactMarkedKey | FactUnmarkedKey


class Rules:
    """The rules of one story. They know what they have admitted, and `recall` the events about older facts."""

    def __init__(
        self,
        kind: Kind,
        recall: Callable[[UUID], Iterable[Recorded]] = lambda _: (),
        erased: Collection[UUID] = (),
        unseen: range = range(0),
        before: "Rules | None" = None,
        is_checked: bool = False,
    ) -> None:
        """`erased` are the facts that a story file takes down further on: their text may be missing.

        `unseen` are the versions on record that the writer has not seen. `before` are the rules of the batch before:
        what it reported is what the next one speaks of most, and need not be recalled. `is_checked` says that their
        kind has accepted the data of all reports.
        """
        self._kind = kind
        self._recall = recall
        self._erased = erased
        self._unseen = unseen
        self._is_checked = is_checked
        self._facts = Facts()
        # Facts of which nothing was said since they were reported: few of them are ever looked at again.
        self._reports: dict[UUID, Recorded] = {}
        self._reports_before = before._reports if before else {}

    def admit(self, recorded: Recorded) -> None:
        """Refuse the event, or apply it so that the next one is judged after it."""
        said = recorded.event
        match said:
            case FactReported():
                self._check_report(recorded)
            case StoryOpened(timezone=zone):
                if recorded.version != 1:
                    raise StoryExists(recorded.story, recorded.version - 1)
                _check_zone(zone)
            case StoryDescribed(title=None, summary=None):
                raise InvalidData("story.described refuses its data", [Fault("", "neither title nor summary")])
            case StoryDescribed() | CoverageStarted() | CoverageEnded():
                pass
            case Erased():
                if not self._erased:
                    raise ErasureRefused(f"version {recorded.version} has no data, and no takedown erased it")
            case _:
                self._check_about(recorded, said)
        if isinstance(said, FactReported):
            self._reports[recorded.id] = recorded
        else:
            self._facts.apply(recorded)

    def _check_report(self, recorded: Recorded) -> None:
        if recorded.text is not None:
            if not self._is_checked:
                self._kind.check(recorded.type, recorded.text)
        elif recorded.type not in self._kind.types:
            raise UnknownType(recorded.type, self._kind.name, sorted(self._kind.types))
        elif recorded.id not in self._erased:
            raise ErasureRefused(f"fact {recorded.id} has no data, and no takedown erased it")
        _check_past(recorded.occurred_at, recorded.recorded_at)

    def _check_about(self, recorded: Recorded, said: AboutFact) -> None:
        fact = self._find(said.fact)
        if fact is None:
            raise UnknownFact(said.fact, recorded.story)
        if not isinstance(said, _Mark):  # A mark says nothing of the fact: it neither disturbs nor is disturbed.
            self._check_seen(fact)
        match said:
            case FactCorrected():
                self._check_correction(fact, said, recorded)
            case FactRetracted(note=note):
                _check_note(recorded.type, note)
                _check_stands(fact)
            case FactReinstated(note=note):
                _check_note(recorded.type, note)
                _check_not_taken_down(fact)
                if not fact.retracted:
                    raise NotRetracted(fact.id, fact.status)
            case FactTakenDown(note=note):
                _check_note(recorded.type, note)
                _check_not_taken_down(fact)
            case FactPinned() | FactUnpinned() | FactMarkedKey() | FactUnmarkedKey():
                pass
            case other:
                assert_never(other)

    def _check_seen(self, fact: Fact) -> None:
        said_at = (fact.version, *(change.version for change in fact.history))
        unseen = [version for version in said_at if version in self._unseen]
        if unseen:
            raise FactChanged(fact.id, self._unseen.start - 1, unseen[-1])

    def _find(self, id_: UUID) -> Fact | None:
        if self._facts.get(id_) is None:
            report = self._reports.pop(id_, None) or self._reports_before.pop(id_, None)
            for earlier in (report,) if report else self._recall(id_):
                self._facts.apply(earlier)
        return self._facts.get(id_)

    def _check_correction(self, fact: Fact, said: FactCorrected, recorded: Recorded) -> None:
        if said.kind != "minor":
            _check_note(recorded.type, said.note)
        _check_stands(fact)
        after = corrected(fact, said, recorded).content
        if _wording(after) == _wording(fact.content):
            raise NothingChanged(fact.id)
        if after.data is not None:
            self._kind.check(fact.type, canonical(after.data), InvalidCorrection)
        _check_past(after.occurred_at, recorded.recorded_at)


def _wording(content: Content) -> tuple[datetime, Precision, str]:
    """Return what a fact says so that true and 1, which Python calls equal, differ."""
    return content.occurred_at, content.precision, canonical(content.data)


def _check_past(occurred_at: datetime, recorded_at: datetime) -> None:
    if occurred_at - recorded_at > TOLERANCE:
        raise FutureFact(occurred_at, recorded_at)


def _check_note(type_: str, note: str) -> None:
    if not note.strip():
        raise MissingNote(type_)


def _check_stands(fact: Fact) -> None:
    _check_not_taken_down(fact)
    if fact.retracted:
        raise AlreadyRetracted(fact.id, max(c.version for c in fact.history if c.type == "fact.retracted"))


def _check_not_taken_down(fact: Fact) -> None:
    # Not by its text: in a story file that is missing from the first, though much may happen before the takedown.
    if any(change.type == "fact.taken_down" for change in fact.history):
        raise AlreadyTakenDown(fact.id)


def _check_zone(name: str) -> None:
    if name not in _zones():
        message = f"“{name[:80]}” is no time zone of the IANA database, such as America/Los_Angeles"
        raise InvalidData("story.opened refuses its data", [Fault("timezone", message)])


@cache
def _zones() -> set[str]:
    """Return the names of all zones, for which hundreds of files are looked up."""
    return available_timezones()
