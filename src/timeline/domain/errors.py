"""The refusals: one class per answer that a caller can give.

Each has a stable `code` (the last part of its problem type) and a message that names the thing and both values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID


class Refusal(Exception):
    """Something was asked that is not done; nothing was written.

    `version` is the one that the refused event of a batch would have had; None where it is not about an event.
    """

    code: ClassVar[str]
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input: where (a dotted path, empty for the whole) and what."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class Faulty(Refusal):
    """A refusal that lists every fault of an input at once."""

    def __init__(self, what: str, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(f"{what}: {'; '.join(map(str, self.faults))}")


class MalformedJson(Refusal):
    """The text is not JSON as RFC 7493 (I-JSON) allows it."""

    code = "malformed-json"


class MalformedMoment(Refusal):
    """The text is not a moment of RFC 3339 between the years 1 and 9999."""

    code = "malformed-moment"

    def __init__(self, text: str, why: str = "write it as 2025-03-02T19:45:00-08:00", what: str = "a moment") -> None:
        super().__init__(f"“{text[:80]}” is not {what}: {why}")


class NaiveMoment(MalformedMoment):
    """The moment has no zone, so it is no moment."""

    code = "naive-moment"

    def __init__(self, text: str) -> None:
        super().__init__(text, "it has no zone; end it with Z or an offset such as -08:00")


class MalformedVantage(Refusal):
    """A vantage that cannot be read: a cursor, which carries one, or versions that are to be compared."""

    code = "malformed-vantage"


class MalformedParameter(Refusal):
    """A parameter or a header that cannot be read: a page's limit, a version to go on from, the one expected."""

    code = "malformed-parameter"


class InvalidSlug(Refusal):
    """The name cannot be a story's."""

    code = "invalid-slug"

    def __init__(self, slug: str) -> None:
        super().__init__(
            f"“{slug[:80]}” cannot name a story: use up to 80 lower-case letters and digits, with single hyphens"
        )


class InvalidEvent(Faulty):
    """The envelope of an event is not as it must be."""

    code = "invalid-event"


class InvalidData(Faulty):
    """The model of the event's type refuses its data."""

    code = "invalid-data"


class InvalidCorrection(Faulty):
    """The model refuses what a correction would make of the fact."""

    code = "invalid-correction"


class UnknownStory(Refusal):
    """There is no such story."""

    code = "unknown-story"

    def __init__(self, slug: str) -> None:
        super().__init__(f"there is no story “{slug[:80]}”")


class StoryExists(Refusal):
    """The story is there already."""

    code = "story-exists"

    def __init__(self, slug: str, version: int) -> None:
        super().__init__(f"{slug} exists already, at version {version}; a story is opened or imported once")


class UnknownKind(Refusal):
    """No installed package brings this kind of story."""

    code = "unknown-kind"

    def __init__(self, kind: str, known: Sequence[str]) -> None:
        super().__init__(f"there is no kind “{kind[:80]}”; installed: {', '.join(known)}")


class UnknownType(Refusal):
    """The story's kind has no such event."""

    code = "unknown-type"

    def __init__(self, type_: str, kind: str, known: Sequence[str]) -> None:
        super().__init__(f"a {kind} has no event “{type_[:80]}”; it has {', '.join(known)}")


class UnknownFact(Refusal):
    """The story has no such fact."""

    code = "unknown-fact"

    def __init__(self, fact: UUID | str, slug: str) -> None:
        super().__init__(f"{slug} has no fact {fact}")


class FutureFact(Refusal):
    """A fact cannot have happened after it was recorded."""

    code = "future-fact"

    def __init__(self, occurred_at: datetime, recorded_at: datetime) -> None:
        super().__init__(
            f"it cannot have happened at {occurred_at.isoformat()}: it is recorded at {recorded_at.isoformat()},"
            " and 5 minutes are tolerated"
        )


class MissingNote(Refusal):
    """The reader is owed a reason."""

    code = "missing-note"

    def __init__(self, type_: str) -> None:
        super().__init__(f"{type_} needs a note that stands alone (only a minor correction may do without)")


class NothingChanged(Refusal):
    """A correction must change something."""

    code = "nothing-changed"

    def __init__(self, fact: UUID) -> None:
        super().__init__(f"the correction leaves fact {fact} as it is")


class AlreadyRetracted(Refusal):
    """A retracted fact must be reinstated before anything else is done to it."""

    code = "already-retracted"

    def __init__(self, fact: UUID, version: int) -> None:
        super().__init__(f"fact {fact} stands retracted since version {version}; reinstate it first")


class NotRetracted(Refusal):
    """Only a retracted fact can be reinstated."""

    code = "not-retracted"

    def __init__(self, fact: UUID, status: str) -> None:
        super().__init__(f"fact {fact} is {status}, not retracted")


class AlreadyTakenDown(Refusal):
    """A taken-down fact is closed for good."""

    code = "already-taken-down"

    def __init__(self, fact: UUID) -> None:
        super().__init__(f"fact {fact} was taken down; nothing can be said of it any more")


class WrongVersion(Refusal):
    """Somebody else has appended since the writer looked, or what the writer expects can be no version."""

    code = "wrong-version"

    def __init__(self, slug: str, present: int, expected: int | str) -> None:
        self.present = present
        super().__init__(f"{slug} is at version {present}, not {expected}")


class FactChanged(Refusal):
    """Somebody else has said something of the fact since the writer looked."""

    code = "fact-changed"

    def __init__(self, fact: UUID, seen: int, present: int) -> None:
        self.fact = fact
        self.seen = seen
        self.present = present
        super().__init__(f"fact {fact} was changed at version {present}, and the writer looked at version {seen}")


class VersionBeyondHead(Refusal):
    """The record has not come that far."""

    code = "version-beyond-head"

    def __init__(self, slug: str, present: int, asked: int) -> None:
        super().__init__(f"{slug} is at version {present}; there is no version {asked} yet")


class SpanTooLong(Refusal):
    """More happened between two versions than is told at once."""

    code = "span-too-long"

    def __init__(self, first: int, last: int, most: int) -> None:
        super().__init__(
            f"between version {first} and version {last} lie {last - first:,} events, and at most {most:,} are told"
            " at once: name two that are nearer, or read the record page by page"
        )


class IdAlreadyUsed(Refusal):
    """An event's id is its idempotency key: it cannot name other content."""

    code = "id-already-used"

    def __init__(self, id_: UUID, version: int, differing: Sequence[str]) -> None:
        super().__init__(f"id {id_} is that of version {version}, which differs in {', '.join(differing)}")


class RecordClockRefused(Refusal):
    """A story file's own record clock runs backwards, or into the future."""

    code = "record-clock"


class ErasureRefused(Refusal):
    """Data is missing from a story file, and no takedown accounts for it."""

    code = "unaccounted-erasure"


class StoreUnavailable(Refusal):
    """The database failed; nothing was acknowledged."""

    code = "store-unavailable"


class SchemaMismatch(Refusal):
    """The database is not of the form that this code needs."""

    code = "schema-mismatch"


class NameTaken(Refusal):
    """Two people cannot have one name: it is what stands on record."""

    code = "name-taken"

    def __init__(self, name: str) -> None:
        super().__init__(f"there is somebody called “{name[:80]}” already, or by a name that looks the same")


class UnknownPerson(Refusal):
    """There is nobody of this name."""

    code = "unknown-person"

    def __init__(self, name: str) -> None:
        super().__init__(f"there is nobody called “{name[:80]}”")


class LastAdmin(Refusal):
    """Somebody must be left who can let others in."""

    code = "last-admin"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is the last admin of all stories: make somebody else one first")


class WeakPassword(Refusal):
    """The password is too easy to guess, or too long to be one."""

    code = "weak-password"

    def __init__(self, shortest: int, longest: int) -> None:
        super().__init__(
            f"a password has {shortest} to {longest} characters, and more than three different ones:"
            " a sentence that only you know is best"
        )


class WrongPassword(Refusal):
    """There is nobody of this name with this password; it is not told which of the two is wrong."""

    code = "wrong-password"

    def __init__(self) -> None:
        super().__init__("the name or the password is wrong")


class TooManyAttempts(Refusal):
    """Whoever tries so often is guessing; `wait` is for how long they are heard no more."""

    code = "too-many-attempts"

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        minutes = -(-int(wait.total_seconds()) // 60)
        super().__init__(f"too many attempts: try again in {minutes} minute{'' if minutes == 1 else 's'}")


class InvitationWorthless(Refusal):
    """The link was used, or is too old, or never was one."""

    code = "invitation-worthless"

    def __init__(self) -> None:
        super().__init__("this link was used already, or is no longer good: ask for another one")


class UnknownTakedown(Refusal):
    """Nobody asked for such a takedown."""

    code = "unknown-takedown"

    def __init__(self, id_: UUID) -> None:
        super().__init__(f"nobody asked for a takedown {id_}")


class TakedownOpen(Refusal):
    """A takedown of the fact, `takedown`, waits for a second person already."""

    code = "takedown-open"

    def __init__(self, takedown: UUID, fact: UUID, asked_by: str) -> None:
        self.takedown = takedown
        super().__init__(f"{asked_by} has asked for fact {fact} to be taken down: takedown {takedown} is not decided")


class TakedownDecided(Refusal):
    """A takedown is decided once."""

    code = "takedown-decided"

    def __init__(self, id_: UUID, decision: str, by: str | None) -> None:
        super().__init__(f"takedown {id_} is {decision} already, by {by}")


class SecondPersonNeeded(Refusal):
    """Nobody approves what they have asked for."""

    code = "second-person-needed"

    def __init__(self, asked_by: str) -> None:
        super().__init__(f"{asked_by} asked for this takedown: somebody else approves it")


class SubjectTaken(Refusal):
    """One account at the provider of sign-ons signs in one person."""

    code = "subject-taken"

    def __init__(self) -> None:
        super().__init__("this account signs in somebody else here already: use another one")


class UnknownSubject(Refusal):
    """Nobody here is bound to the account at the provider of sign-ons; names and e-mail addresses prove nothing."""

    code = "unknown-subject"

    def __init__(self, host: str) -> None:
        super().__init__(
            f"nobody here is known by this account of {host}: ask for an invitation and open its link first"
        )


class SignOnLost(Refusal):
    """What comes back from the provider belongs to no sign-on that this browser has begun."""

    code = "sign-on-lost"

    def __init__(self) -> None:
        super().__init__(
            "this sign-on was not begun in this browser, or took more than 10 minutes, or is over: begin again"
        )


class SignOnDenied(Refusal):
    """The provider, or whoever was asked there, said no."""

    code = "sign-on-denied"

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} did not say who you are: it was cancelled there, or you may not use it for this desk"
        )


class ProviderFailed(Refusal):
    """The provider of sign-ons is down, or what it says cannot be believed."""

    code = "provider-failed"

    def __init__(self, host: str, why: str) -> None:
        super().__init__(f"{host} cannot be relied on at the moment ({why}): nobody was signed in; try again later")


class ProviderSlow(Refusal):
    """The provider of sign-ons lets us wait."""

    code = "provider-slow"

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} does not answer in time: nobody was signed in; try again later")
