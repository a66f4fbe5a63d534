"""The general kind: free-form reports, for any story. Its board is the list of key moments."""

import operator

from timeline.domain.fact import Fact, Sum
from timeline.domain.ijson import JsonObject
from timeline.domain.moments import format_moment
from timeline.kinds.kind import FactData, Kind


def part(fact: Fact) -> Sum | None:
    """Return a key moment; other facts add nothing."""
    if not fact.key:
        return None
    return [
        {"fact": str(fact.id), "occurred_at": format_moment(fact.occurred_at), "headline": KIND.headline_of(fact)}
    ]


def board(total: Sum | None) -> JsonObject:
    """Return the key moments in the order in which they happened."""
    return {"key_moments": total or []}


def headline(data: FactData) -> str:
    """Return the report's own headline: its model requires one."""
    return data.headline


KIND = Kind(
    name="general",
    revision=1,
    models={},
    part=part,
    join=operator.add,
    board=board,
    headline=headline,
    counts=lambda _, key: key,
    cites=lambda total: (moment["fact"] for moment in total),
)
