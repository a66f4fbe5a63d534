"""Surprises: what an editor is shown before publishing. Nothing is refused for them: the world surprises."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from timeline.clockwords import elapsed
from timeline.domain.event import Recorded
from timeline.domain.fact import Fact
from timeline.domain.ijson import JsonObject
from timeline.kinds.kind import Kind

RECENT: Final = timedelta(minutes=10)
"""How long after its publication an entry is likely to be published once more by mistake."""


class State(Protocol):
    """How a story stands: its facts in the order of the story clock, and the board folded from them."""

    @property
    def facts(self) -> Sequence[Fact]: ...

    @property
    def board(self) -> JsonObject: ...


def surprises(kind: Kind, before: State, after: State, recorded: Sequence[Recorded]) -> tuple[str, ...]:
    """Return in sentences, each once, what surprises after these events and did not before them."""
    if not recorded:
        return ()
    known = before.board.get("contradictions", ())
    found = [each["message"] for each in after.board.get("contradictions", ()) if each not in known]
    now = max(each.recorded_at for each in recorded)
    old, new = (_Standing(kind, state.facts, now) for state in (before, after))
    for last in {each.fact: each for each in recorded}.values():
        told = list(old.surprises_about(last))
        found += [sentence for sentence in new.surprises_about(last) if sentence not in told]
    return tuple(dict.fromkeys(found))


class _Standing:
    """The facts that stand, in order; those published lately are found by how they read."""

    def __init__(self, kind: Kind, facts: Iterable[Fact], now: datetime) -> None:
        self._kind = kind
        self._now = now
        self._facts = [fact for fact in facts if fact.stands]
        self._by_id = {fact.id: fact for fact in self._facts}
        self._lately: dict[tuple[str, str | None], list[Fact]] = {}
        for fact in self._facts:
            if now - fact.recorded_at <= RECENT:
                self._lately.setdefault(self._reading(fact), []).append(fact)

    def surprises_about(self, last: Recorded) -> Iterator[str]:
        """Yield what surprises about the fact of which this event is the last, if it stands."""
        fact = self._by_id.get(last.fact) if last.fact else None
        if fact is None:
            return
        same = self._lately.get(self._reading(fact), ())
        earlier = [each for each in same if each.id != fact.id and each.version < last.version]
        if earlier:
            yield self._duplicate(max(earlier, key=lambda each: each.version))
        yield from self._kind.doubts(fact, self._facts)

    def _duplicate(self, of: Fact) -> str:
        age = self._now - of.recorded_at
        when = f"{elapsed(age)} ago" if age >= timedelta(seconds=1) else "just now"
        return f"The same was published {when}, at version {of.version}: {self._kind.headline_of(of)}"

    def _reading(self, fact: Fact) -> tuple[str, str | None]:
        # Facts of one type with the same data read the same, too: headlines are made of nothing else.
        return fact.type, self._kind.headline_of(fact)
