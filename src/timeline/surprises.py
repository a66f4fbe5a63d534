"""Surprises: what an editor is shown before publishing. Nothing is refused for them: the world surprises."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from timeline.clockwords import elapsed
from timeline.domain.event import Recorded
from timeline.domain.fact import Fact, Sum
from timeline.domain.ijson import JsonObject
from timeline.kinds.kind import Kind

RECENT: Final = timedelta(minutes=10)
"""How long after its publication an entry is likely to be published once more by mistake."""


class State(Protocol):
    """How a story stands: its board and the sum behind it, and the facts that are asked for."""

    @property
    def kind(self) -> Kind: ...

    @property
    def total(self) -> Sum | None: ...

    @property
    def board(self) -> JsonObject: ...

    def find(self, id_: UUID) -> Fact | None: ...

    def reported_since(self, moment: datetime, type_: str) -> Sequence[Fact]: ...


def surprises(before: State, after: State, recorded: Sequence[Recorded]) -> tuple[str, ...]:
    """Return in sentences, each once, what surprises after these events and did not before them."""
    if not recorded:
        return ()
    known = before.board.get("contradictions", ())
    found = [each["message"] for each in after.board.get("contradictions", ()) if each not in known]
    now = max(each.recorded_at for each in recorded)
    for last in {each.fact: each for each in recorded}.values():
        told = list(_surprises_about(last, before, now))
        found += [sentence for sentence in _surprises_about(last, after, now) if sentence not in told]
    return tuple(dict.fromkeys(found))


def _surprises_about(last: Recorded, state: State, now: datetime) -> Iterator[str]:
    """Yield what surprises about the fact of which this event is the last, if it stands."""
    fact = state.find(last.fact) if last.fact else None
    if fact is None or not fact.stands:
        return
    headline = state.kind.headline_of(fact)
    # Facts of one type with the same data read the same, too: headlines are made of nothing else.
    earlier = [
        each
        for each in state.reported_since(now - RECENT, fact.type)
        if each.stands and each.id != fact.id and each.version < last.version
        if state.kind.headline_of(each) == headline
    ]
    if earlier:
        yield _duplicate(max(earlier, key=lambda each: each.version), headline, now)
    yield from state.kind.doubts(fact, state.total)


def _duplicate(of: Fact, headline: str | None, now: datetime) -> str:
    age = now - of.recorded_at
    when = f"{elapsed(age)} ago" if age >= timedelta(seconds=1) else "just now"
    return f"The same was published {when}, at version {of.version}: {headline}"
