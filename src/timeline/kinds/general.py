"""The general kind: free-form reports, for any story. Its board is the list of key moments."""

from collections.abc import Sequence

from timeline.domain.fact import Fact
from timeline.domain.ijson import JsonObject
from timeline.domain.moments import format_moment
from timeline.kinds.kind import FactData, Kind


def board(facts: Sequence[Fact]) -> JsonObject:
    """Return the key moments among the standing facts, in the order in which they happened."""
    moments = [
        {"fact": str(fact.id), "occurred_at": format_moment(fact.occurred_at), "headline": KIND.headline_of(fact)}
        for fact in facts
        if fact.key
    ]
    return {"key_moments": moments}


def headline(data: FactData) -> str:
    """Return the report's own headline: its model requires one."""
    return data.headline


KIND = Kind(name="general", revision=1, models={}, board=board, headline=headline)
