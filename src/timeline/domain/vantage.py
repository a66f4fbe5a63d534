"""Vantages: the pair of moments, one on each clock, at which a reader stands."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from timeline.domain.errors import MalformedMoment
from timeline.domain.fact import Fact
from timeline.domain.moments import parse_moment


@dataclass(frozen=True, slots=True)
class Vantage:
    """`at`: what had happened by then. `as_of`: what was on record then, a moment or a version. None: no limit."""

    at: datetime | None = None
    as_of: datetime | int | None = None


PRESENT = Vantage()

Place = tuple[datetime, int]
"""A place on the story clock: a moment, and the version of the event that reports a fact of that moment."""
FIRST: Final[Place] = (datetime.min.replace(tzinfo=UTC), 0)
END: Final[Place] = (datetime.max.replace(tzinfo=UTC), 2**31 - 1)

Order = Literal["asc", "desc"]


@dataclass(frozen=True, slots=True)
class Window:
    """Which of the facts that a view shows are wanted: at most `limit` of those behind a place, in an order.

    Without a limit all of them.
    """

    limit: int | None = None
    order: Order = "asc"
    behind: Place | None = None


WHOLE = Window()
NOTHING = Window(limit=0)


def read_vantage(at: str | None, as_of: str | None) -> Vantage:
    """Return the vantage that two texts name; a text of up to nine digits is a version.

    Raises MalformedMoment and NaiveMoment.
    """
    return Vantage(at=parse_moment(at) if at else None, as_of=read_as_of(as_of) if as_of else None)


def read_as_of(text: str) -> datetime | int:
    """Return the version or the moment that a text names. Raises MalformedMoment and NaiveMoment."""
    if re.fullmatch(r"\d{1,9}", text, re.ASCII):
        return int(text)
    if not re.match(r"\d{4}-", text, re.ASCII):  # Of what begins as a moment, it is told what is wrong with it.
        why = "a version is a whole number from 0 to 999999999, a moment is written as 2025-03-02T19:45:00-08:00"
        raise MalformedMoment(text, why, "a moment or a version")
    return parse_moment(text)


def on_the_story_clock(facts: Iterable[Fact]) -> list[Fact]:
    """Return the facts in the order in which they happened; those of one moment in the order of the record."""
    return sorted(facts, key=lambda fact: fact.order)


def up_to(at: datetime | None) -> Place:
    """Return the place before which everything is that had happened by a moment."""
    return END if at is None else (at, END[1])


def limit(facts: Iterable[Fact], at: datetime | None) -> tuple[Fact, ...]:
    """Return the facts that had happened by then."""
    return tuple(fact for fact in facts if at is None or fact.occurred_at <= at)
