"""What the desk of a ceremony is offered to report next, and what it is asked to look at twice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from timeline.clockwords import elapsed
from timeline.domain.fact import Fact, Sum
from timeline.domain.ijson import JsonObject
from timeline.domain.moments import Precision, format_moment, parse_moment
from timeline.kinds.ceremony_words import named
from timeline.kinds.kind import Offer

_UNITS: Final[Mapping[Precision, timedelta]] = {
    Precision.SECOND: timedelta(seconds=1),
    Precision.MINUTE: timedelta(minutes=1),
    Precision.HOUR: timedelta(hours=1),
    Precision.DAY: timedelta(days=1),
    Precision.MONTH: timedelta(days=31),
    Precision.YEAR: timedelta(days=366),
}
_ON_STAGE: Final = {"award.announced": "award was announced", "speech.given": "speech was given"}


def offers(board: JsonObject) -> Iterator[Offer]:
    """Yield the start or the end of the ceremony, and every nominee of the categories that have no winner yet."""
    if board["phase"] in ("upcoming", "nominated"):
        yield Offer("The ceremony", "The ceremony begins", "report", "ceremony.began", {})
    if board["phase"] == "under_way":
        yield Offer("The ceremony", "The ceremony ends", "report", "ceremony.ended", {})
    for category in board["categories"]:
        if not category["winners"]:
            yield from (_winner(category["name"], nominee) for nominee in category["nominees"])


def boundary(fact: Fact) -> JsonObject:
    """Return of the start or the end of a ceremony what other facts are held against."""
    return {
        "version": fact.version,
        "occurred_at": format_moment(fact.occurred_at),
        "precision": str(fact.content.precision),
    }


def doubts(fact: Fact, total: Sum | None) -> Iterator[str]:
    """Yield what is odd about an award or a speech: it is dated before the ceremony began, or after it ended."""
    if fact.type not in _ON_STAGE or not total:
        return
    own, began, ended = _Moment.read(boundary(fact)), total.get("began"), total.get("ended")
    if began and own.is_before(start := _Moment.read(began)):
        yield _dated(fact, f"{elapsed(start.at - own.at)} before the ceremony began", start)
    if ended and (end := _Moment.read(ended)).is_before(own):
        yield _dated(fact, f"{elapsed(own.at - end.at)} after the ceremony ended", end)


@dataclass(frozen=True, slots=True)
class _Moment:
    """When something happened, as precisely as it is known, and the version that says so."""

    at: datetime
    unit: timedelta
    version: int

    @classmethod
    def read(cls, said: JsonObject) -> "_Moment":
        return cls(parse_moment(said["occurred_at"]), _UNITS[Precision(said["precision"])], said["version"])

    def is_before(self, other: "_Moment") -> bool:
        """Whether it was surely before the other: nearer than the coarser unit, they may be the same."""
        return other.at - self.at >= max(self.unit, other.unit)


def _winner(category: str, nominee: Any) -> Offer:
    data = {"category": category, **{name: value for name, value in nominee.items() if value}}
    return Offer(category, named(nominee), "announce as winner", "award.announced", data)


def _dated(fact: Fact, when: str, boundary: _Moment) -> str:
    return f"By its time, this {_ON_STAGE[fact.type]} {when} (version {boundary.version})"
