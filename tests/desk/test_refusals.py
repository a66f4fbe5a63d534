"""What is refused before anything is written: each by its own error, and the record is left as it was."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from inspect import getmembers, isclass
from typing import Any, Final
from uuid import UUID

import pytest

from newsroom import (
    EVENING,
    Newsroom,
    award,
    correction,
    event,
    mark,
    nomination,
    opening,
    refused,
    reinstatement,
    report,
    retraction,
    takedown,
)
from timeline.domain import errors
from timeline.domain.errors import (
    AlreadyRetracted,
    AlreadyTakenDown,
    FactChanged,
    FutureFact,
    IdAlreadyUsed,
    InvalidCorrection,
    InvalidData,
    InvalidEvent,
    InvalidSlug,
    MalformedJson,
    MalformedMoment,
    MissingNote,
    NaiveMoment,
    NothingChanged,
    NotRetracted,
    Refusal,
    StoryExists,
    UnknownFact,
    UnknownKind,
    UnknownStory,
    UnknownType,
    VersionBeyondHead,
    WrongVersion,
)
from timeline.domain.event import Draft, Recorded, read_draft
from timeline.domain.ijson import parse
from timeline.domain.vantage import read_vantage

STANDING, RETRACTED, GONE, NOWHERE = (UUID(int=number) for number in (1, 2, 3, 4))
HEAD: Final = 6
"""The version of the scene on which all refusals are tried."""

Attempt = Callable[[Newsroom], Any]


def tries(*drafts: Any, **how: Any) -> Attempt:
    return lambda newsroom: newsroom.publish(*drafts, **how)


REFUSALS: Final[dict[str, tuple[type[Refusal], Attempt]]] = {
    "JSON that is none": (MalformedJson, lambda n: n.publish(read_draft(parse("{")))),
    "a moment that is none": (MalformedMoment, lambda n: n.view(read_vantage("yesterday", None).at)),
    "a reader's moment without a zone": (NaiveMoment, lambda n: n.view(read_vantage("2025-03-03T01:00", None).at)),
    "an event's moment without a zone": (
        NaiveMoment,
        lambda n: n.publish(event("update.reported", {"headline": "X"}, "2025-03-03T01:00:00")),
    ),
    "a corrected moment without a zone": (
        NaiveMoment,
        tries(
            event(
                "fact.corrected", {"fact": str(STANDING), "kind": "minor", "set": {"occurred_at": "2025-03-03T01:00"}}
            )
        ),
    ),
    "an envelope with a key too many": (
        InvalidEvent,
        lambda n: n.publish(event("update.reported", {}, colour="red")),
    ),
    "a fact without a moment": (InvalidEvent, tries(event("update.reported", {"headline": "X"}))),
    "one id twice in a batch": (InvalidEvent, tries(report("X", id=NOWHERE), report("X", id=NOWHERE))),
    "data that its model refuses": (InvalidData, tries(event("award.announced", {"film": 1}, EVENING))),
    "data with a key too many": (InvalidData, tries(report("X", colour="red"))),
    "editorial data that its model refuses": (InvalidData, tries(event("fact.retracted", {"note": "No fact."}))),
    "a description that says nothing": (InvalidData, tries(event("story.described", {}))),
    "an opening without a kind": (InvalidData, lambda n: replace(n, story="x").publish(opening(kind=""))),
    "an opening in a zone that is none": (
        InvalidData,
        lambda n: replace(n, story="x").publish(opening(timezone="Hollywood")),
    ),
    "a correction whose result the model refuses": (
        InvalidCorrection,
        tries(correction(STANDING, data={"film": None})),
    ),
    "a slug that cannot be one": (InvalidSlug, lambda n: replace(n, story="Élan").publish(opening())),
    "a second opening": (StoryExists, tries(opening())),
    "an opening in the middle of a batch": (StoryExists, tries(report("X"), opening())),
    "a story that nobody opened": (UnknownStory, lambda n: replace(n, story="x").publish(report("X"))),
    "a reader's story that nobody opened": (UnknownStory, lambda n: replace(n, story="x").view()),
    "a reader's story with a NUL in its name": (UnknownStory, lambda n: replace(n, story="x\0").view()),
    "a story with half a surrogate in its name": (
        UnknownStory,
        lambda n: replace(n, story="\ud800").view(),
    ),
    "a kind that nobody installed": (
        UnknownKind,
        lambda n: replace(n, story="x").publish(opening(kind="eclipse")),
    ),
    "a type that the kind does not have": (UnknownType, tries(event("goal.scored", {}, EVENING))),
    "an editorial type that there is not": (UnknownType, tries(event("fact.deleted", {}, EVENING))),
    "a correction of a fact that is not there": (UnknownFact, tries(correction(NOWHERE, precision="day"))),
    "a pin on a fact that is not there": (UnknownFact, tries(mark(NOWHERE))),
    "a reader's fact that is not there": (UnknownFact, lambda n: n.desk.fact(n.story, NOWHERE)),
    "a fact in the future": (FutureFact, lambda n: n.publish(report("X", n.clock.turn(minutes=6)), _turn_back(n))),
    "a correction into the future": (
        FutureFact,
        lambda n: n.publish(correction(STANDING, occurred_at=n.clock.turn(minutes=6)), _turn_back(n)),
    ),
    "a correction without a note": (MissingNote, tries(correction(STANDING, note=" ", precision="day"))),
    "an update without a note": (MissingNote, tries(correction(STANDING, note="", kind="update", precision="day"))),
    "a clarification without a note": (
        MissingNote,
        tries(correction(STANDING, note="", kind="clarification", precision="day")),
    ),
    "a retraction without a note": (MissingNote, tries(retraction(STANDING, note=""))),
    "a reinstatement without a note": (MissingNote, tries(reinstatement(RETRACTED, note=""))),
    "a takedown without a note": (MissingNote, tries(takedown(STANDING, note="\n"))),
    "a correction that sets nothing": (NothingChanged, tries(correction(STANDING))),
    "a correction to what stands already": (NothingChanged, tries(correction(STANDING, data={"film": "Anora"}))),
    "a retraction of what is retracted": (AlreadyRetracted, tries(retraction(RETRACTED))),
    "a correction of what is retracted": (AlreadyRetracted, tries(correction(RETRACTED, precision="day"))),
    "a second retraction in one batch": (AlreadyRetracted, tries(retraction(STANDING), retraction(STANDING))),
    "a reinstatement of what stands": (NotRetracted, tries(reinstatement(STANDING))),
    "a correction of what was taken down": (AlreadyTakenDown, tries(correction(GONE, precision="day"))),
    "a retraction of what was taken down": (AlreadyTakenDown, tries(retraction(GONE))),
    "a reinstatement of what was taken down": (AlreadyTakenDown, tries(reinstatement(GONE))),
    "a second takedown": (AlreadyTakenDown, tries(takedown(GONE))),
    "a writer who looked at an older version": (WrongVersion, tries(report("X"), expected=HEAD - 1)),
    "a writer who looked at a version to come": (WrongVersion, tries(report("X"), expected=HEAD + 1)),
    "a writer who looked before the fact was retracted": (
        FactChanged,
        lambda n: n.publish(correction(RETRACTED, precision="day"), seen=3),
    ),
    "a reader beyond the head": (VersionBeyondHead, lambda n: n.view(as_of=HEAD + 1)),
    "a fact beyond the head": (VersionBeyondHead, lambda n: n.desk.fact(n.story, STANDING, as_of=HEAD + 1)),
    "an id used with other data": (IdAlreadyUsed, tries(report("Another headline", id=STANDING))),
    "a good event before a bad one": (UnknownFact, tries(report("X"), award("Directing", "Anora"), mark(NOWHERE))),
}

TESTED_ELSEWHERE: Final[dict[type[Refusal], str]] = {
    errors.MalformedVantage: "a page's cursor, where pages are made: tests/web",
    errors.MalformedParameter: "a page's limit, where pages are made: tests/web",
    errors.SpanTooLong: "tests/web/test_corrections.py",
    errors.RecordClockRefused: "test_story_files.py",
    errors.ErasureRefused: "test_story_files.py",
    errors.StoreUnavailable: "tests/store/test_faults.py",
    errors.SchemaMismatch: "tests/store/test_schema.py",
    errors.UnknownTakedown: "tests/store/test_takedowns.py",
    errors.TakedownOpen: "tests/store/test_takedowns.py",
    errors.TakedownDecided: "tests/store/test_takedowns.py",
    errors.SecondPersonNeeded: "tests/store/test_takedowns.py",
    **dict.fromkeys((errors.NameTaken, errors.UnknownPerson, errors.LastAdmin), "tests/store/test_people.py"),
    errors.InvitationWorthless: "tests/store/test_people.py",
    errors.WeakPassword: "tests/store/test_passwords.py",
    **dict.fromkeys((errors.WrongPassword, errors.TooManyAttempts), "tests/store/test_sessions.py"),
    **dict.fromkeys((errors.SubjectTaken, errors.UnknownSubject), "tests/web/desk/test_sso.py"),
    **dict.fromkeys((errors.SignOnLost, errors.SignOnDenied), "tests/web/desk/test_sso.py"),
    **dict.fromkeys((errors.ProviderFailed, errors.ProviderSlow), "tests/web/desk/test_sso.py"),
}


@dataclass(frozen=True, slots=True)
class Foreseeing(Newsroom):
    """A newsroom that only looks at what publishing would do."""

    def publish(self, *drafts: Draft, expected: int | None = None, seen: int | None = None) -> tuple[Recorded, ...]:
        foreseen = self.desk.foresee(self.story, drafts, actor="desk", expected=expected, seen=seen)
        return foreseen.recorded


@pytest.fixture
def scene(newsroom: Newsroom) -> Newsroom:
    """Return a newsroom whose story has a standing, a retracted and a taken-down fact."""
    standing = nomination("Directing", "Anora", "Sean Baker")
    newsroom.publish(
        event(standing.type, standing.data, EVENING, id=STANDING),
        report("It rains", id=RETRACTED),
        retraction(RETRACTED),
        report("A name that must not be named", id=GONE),
        takedown(GONE),
    )
    return newsroom


def _turn_back(newsroom: Newsroom) -> Any:
    """Turn the clock back to where it was, and report something harmless."""
    newsroom.clock.turn(minutes=-6)
    return report("Something harmless")


@pytest.mark.parametrize(("error", "attempt"), REFUSALS.values(), ids=REFUSALS)
def test_the_desk_refuses_and_the_record_is_untouched(
    scene: Newsroom, error: type[Refusal], attempt: Attempt
) -> None:
    with refused(error, scene) as caught:
        attempt(scene)

    assert str(caught.value)


@pytest.mark.parametrize(("error", "attempt"), REFUSALS.values(), ids=REFUSALS)
def test_what_the_desk_would_refuse_is_refused_beforehand_in_the_same_words(
    scene: Newsroom, error: type[Refusal], attempt: Attempt
) -> None:
    with refused(error, scene) as foreseen:
        attempt(Foreseeing(scene.database, scene.clock))

    with refused(error, scene) as caught:
        attempt(scene)
    assert str(foreseen.value) == str(caught.value)
    assert foreseen.value.version == caught.value.version


def test_no_refusal_goes_untested() -> None:
    assert {error for error, _ in REFUSALS.values()} | set(TESTED_ELSEWHERE) == _every_refusal()


def test_every_refusal_has_a_code_of_its_own() -> None:
    codes = sorted(error.code for error in _every_refusal())

    assert codes == sorted(set(codes))


def _every_refusal() -> set[type[Refusal]]:
    return {
        class_ for _, class_ in getmembers(errors, isclass) if issubclass(class_, Refusal) and "code" in vars(class_)
    }
