"""What the desk of a ceremony is offered to report next, and what it is asked to look at twice."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from timeline.clockwords import elapsed
from timeline.domain.fact import Fact
from timeline.domain.ijson import JsonObject
from timeline.domain.moments import Precision
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


def doubts(fact: Fact, standing: Sequence[Fact]) -> Iterator[str]:
    """Yield what is odd about an award or a speech: it is dated before the ceremony began, or after it ended."""
    if fact.type not in _ON_STAGE:
        return
    began = next((each for each in standing if each.type == "ceremony.began"), None)
    ended = next((each for each in reversed(standing) if each.type == "ceremony.ended"), None)
    if began and _is_before(fact, began):
        yield _dated(fact, f"{elapsed(began.occurred_at - fact.occurred_at)} before the ceremony began", began)
    if ended and _is_before(ended, fact):
        yield _dated(fact, f"{elapsed(fact.occurred_at - ended.occurred_at)} after the ceremony ended", ended)


def _winner(category: str, nominee: Any) -> Offer:
    people = nominee["people"]
    label = f"{nominee['film']} ({', '.join(people)})" if people else nominee["film"]
    data = {"category": category, **{name: value for name, value in nominee.items() if value}}
    return Offer(category, label, "announce as winner", "award.announced", data)


def _is_before(one: Fact, other: Fact) -> bool:
    """Whether one moment is surely before the other: nearer than the coarser unit, they may be the same."""
    unit = max(_UNITS[one.content.precision], _UNITS[other.content.precision])
    return other.occurred_at - one.occurred_at >= unit


def _dated(fact: Fact, when: str, boundary: Fact) -> str:
    return f"By its time, this {_ON_STAGE[fact.type]} {when} (version {boundary.version})"
