"""Histories told at random, with all that can happen to a fact, and what they come to when everything is read."""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from newsroom import Newsroom, correction, event, mark, name, reinstatement, report, retraction, takedown
from timeline.domain.event import Draft
from timeline.domain.fact import Fact
from timeline.domain.ijson import JsonObject
from timeline.domain.vantage import Vantage, limit
from timeline.views import Sight

_FILMS = ("Anora", "The Brutalist", "Conclave", "Dune")
_MARKS = ("pinned", "unpinned", "marked_key", "unmarked_key")


@dataclass(slots=True)
class Teller:
    """Who tells a story by dice: mostly reports, in `late` of a hundred cases of what happened long before."""

    newsroom: Newsroom
    dice: Random
    late: int = 10
    changes: int = 25
    takes_down: bool = True
    standing: list[UUID] = field(default_factory=list)
    retracted: list[UUID] = field(default_factory=list)
    told: int = 0

    def tell(self, events: int, batch: int = 40) -> None:
        """Publish so many events, in batches; a second passes with each event."""
        while events > 0:
            drafts = [self._next() for _ in range(min(events, self.dice.randint(1, batch)))]
            self.newsroom.clock.turn(seconds=1)
            self.newsroom.publish(*drafts)
            events -= len(drafts)

    def _next(self) -> Draft:
        self.told += 1
        self.newsroom.clock.turn(seconds=1)
        if len(self.standing) > 3 and self.dice.randrange(100) < self.changes:
            return self._change()
        draft = self._report()
        self.standing.append(UUID(name(draft)))
        return draft

    def _report(self) -> Draft:
        at = self.newsroom.clock.now
        if self.dice.randrange(100) < self.late:
            at -= timedelta(seconds=self.dice.randrange(2 * self.told))
        said: dict[str, Any] = {"category": self.dice.choice("ABC"), "film": self.dice.choice(_FILMS)}
        types = ("nomination.announced", "award.announced", "update.reported")
        type_ = self.dice.choice(types)
        return report(f"Report {self.told}", at) if type_ == "update.reported" else event(type_, said, at)

    def _change(self) -> Draft:
        fact = self.dice.choice(self.standing)
        match self.dice.randrange(20 if self.takes_down else 19):
            case 0 | 1:
                self.standing.remove(fact)
                self.retracted.append(fact)
                return retraction(fact)
            case 2 | 3 if self.retracted:
                fact = self.retracted.pop(self.dice.randrange(len(self.retracted)))
                self.standing.append(fact)
                return reinstatement(fact)
            case number if number < 9:
                return mark(self.dice.choice(self.standing + self.retracted), self.dice.choice(_MARKS))
            case 19:
                gone = self.dice.choice(self.standing + self.retracted)
                (self.standing if gone in self.standing else self.retracted).remove(gone)
                return takedown(gone)
            case number:
                earlier = self.newsroom.clock.now - timedelta(seconds=self.dice.randrange(self.told))
                moved: dict[str, Any] = {"occurred_at": earlier} if number % 3 == 0 else {}
                kind = self.dice.choice(["correction", "update", "minor"])
                said = {"headline": f"Corrected at {self.told}"}
                return correction(fact, kind=kind, data=said, **moved)


def known_of(sight: Sight) -> tuple[Fact, ...]:
    """Return all facts that are known to a sight, by reading the whole record; the sight itself reads none of it."""
    return Sight(sight._connection, sight.head.slug, sight.vantage).known()


def facts_of(sight: Sight) -> tuple[Fact, ...]:
    """Return what a view shows, by reading the whole record."""
    return limit(known_of(sight), sight.vantage.at)


def board_of(sight: Sight) -> JsonObject:
    """Return the board of a view, by reading the whole record."""
    return sight.kind.board(sight.kind.add_up(facts_of(sight)))


def anywhere(newsroom: Newsroom, dice: Random) -> Vantage:
    """Return a vantage at random: any version, and any moment from the first to the last, or none."""
    events = newsroom.desk.head(newsroom.story).version
    first = newsroom.desk.record(newsroom.story, limit=1)[1][0].recorded_at
    lasted = int((newsroom.clock.now - first).total_seconds())
    at = None if dice.randrange(3) == 0 else first + timedelta(seconds=dice.randrange(-lasted // 8, lasted + 1))
    return Vantage(at, dice.choice([None, dice.randint(0, events)]))
