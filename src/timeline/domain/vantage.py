"""Vantages: the pair of moments, one on each clock, at which a reader stands."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from timeline.domain.fact import Fact, Facts
from timeline.domain.moments import parse_moment


@dataclass(frozen=True, slots=True)
class Vantage:
    """`at`: what had happened by then. `as_of`: what was on record then, a moment or a version. None: no limit."""

    at: datetime | None = None
    as_of: datetime | int | None = None


PRESENT = Vantage()


def read_vantage(at: str | None, as_of: str | None) -> Vantage:
    """Return the vantage that two texts name; a text of up to nine digits is a version.

    Raises MalformedMoment and NaiveMoment.
    """
    return Vantage(at=parse_moment(at) if at else None, as_of=read_as_of(as_of) if as_of else None)


def read_as_of(text: str) -> datetime | int:
    """Return the version or the moment that a text names."""
    return int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else parse_moment(text)


def on_the_story_clock(facts: Facts) -> list[Fact]:
    """Return the facts in the order in which they happened; those of one moment in the order of the record."""
    return sorted(facts, key=lambda fact: fact.order)


def limit(facts: Iterable[Fact], at: datetime | None) -> tuple[Fact, ...]:
    """Return the facts that had happened by then."""
    return tuple(fact for fact in facts if at is None or fact.occurred_at <= at)
