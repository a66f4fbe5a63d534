"""The ceremony: nominations, awards, speeches; its board has the categories, the films' tally and the phase."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from timeline.domain.event import Line, Prose
from timeline.domain.fact import Fact, Sum
from timeline.domain.ijson import JsonObject
from timeline.kinds.ceremony_desk import boundary, doubts, offers
from timeline.kinds.ceremony_words import leaders, turns
from timeline.kinds.kind import FactData, Kind, Names, UpdateReported

PHASES: Final = {
    "upcoming": "Before the nominations",
    "nominated": "Nominations announced",
    "under_way": "The ceremony is under way",
    "over": "The ceremony is over",
}
"""The phases of the night, in words."""

_COUNTED: Final = ("nomination.announced", "award.announced", "ceremony.began", "ceremony.ended")


class NominationAnnounced(FactData):
    category: Line
    film: Line
    people: Names = []


class AwardAnnounced(FactData):
    category: Line
    film: Line
    people: Names = []
    accepted_by: Names = []


class SpeechGiven(FactData):
    speaker: Line
    quote: Prose
    occasion: Line = ""


class InterviewGiven(FactData):
    person: Line
    outlet: Line
    quote: Prose


class PrizeWon(FactData):
    prize: Line
    film: Line
    count: Annotated[int, Field(ge=1, le=1000)] = 1
    people: Names = []


class CeremonyBegan(FactData):
    venue: Line = ""


class CeremonyEnded(FactData):
    pass


@dataclass(slots=True)
class Entrant:
    """A film in a category, as nominated or as winner, by the fact that says so."""

    film: str
    people: list[str]
    fact: str

    def same(self, other: "Entrant") -> bool:
        """Whether both name the same work: one film and, where both name people, one of them in common."""
        shared = set(self.people) & set(other.people)
        return self.film == other.film and bool(shared or not self.people or not other.people)


@dataclass(slots=True)
class Category:
    name: str
    nominees: list[Entrant]
    winners: list[Entrant]

    def contradictions(self) -> Iterator[JsonObject]:
        """Yield what surprises in the category; the desk sees it, and nothing is refused for it."""
        for winner in self.winners:
            if not any(winner.same(nominee) for nominee in self.nominees):
                yield _contradiction("not_nominated", self, winner, "won, but is not on record as nominated")
        for winner in self.winners[1:]:
            yield _contradiction("second_winner", self, winner, f"won, but so did {self.winners[0].film}")


@dataclass(slots=True)
class Tally:
    film: str
    nominations: int = 0
    wins: int = 0


def part(fact: Fact) -> Sum | None:
    """Return what a fact adds to the state of the ceremony."""
    match KIND.read(fact):
        case NominationAnnounced(category=name, film=film, people=people):
            nominee = {"film": film, "people": people, "fact": str(fact.id)}
            return {"categories": {name: {"nominees": [nominee], "winners": []}}}
        case AwardAnnounced(category=name, film=film, people=people):
            winner = {"film": film, "people": people, "fact": str(fact.id)}
            return {"categories": {name: {"nominees": [], "winners": [winner]}}}
        case CeremonyBegan():
            return {"categories": {}, "began": boundary(fact), "phase": "under_way"}
        case CeremonyEnded():
            return {"categories": {}, "ended": boundary(fact), "phase": "over"}
        case _:
            return None


def join(earlier: Sum, later: Sum) -> Sum:
    """Return what two parts of a ceremony come to: its first beginning, its last end and phase, all entrants."""
    for name, more in later["categories"].items():
        known = earlier["categories"].setdefault(name, {"nominees": [], "winners": []})
        known["nominees"] += more["nominees"]
        known["winners"] += more["winners"]
    return {**later, **earlier, **{name: later[name] for name in ("ended", "phase") if name in later}}


def board(total: Sum | None) -> JsonObject:
    """Return the state of the ceremony."""
    categories, phase = _categories(total), total and total.get("phase")
    films: dict[str, Tally] = {}
    for category in categories:
        for entrant in category.nominees:
            films.setdefault(entrant.film, Tally(entrant.film)).nominations += 1
        for entrant in category.winners:
            films.setdefault(entrant.film, Tally(entrant.film)).wins += 1
    is_nominated = any(category.nominees for category in categories)
    return {
        "phase": phase or ("nominated" if is_nominated else "upcoming"),
        "categories": [_category(category) for category in categories],
        "tally": [
            {"film": row.film, "nominations": row.nominations, "wins": row.wins}
            for row in sorted(films.values(), key=_rank)
        ],
        "contradictions": [found for category in categories for found in category.contradictions()],
    }


def cites(total: Sum) -> Iterator[str]:
    """Yield the facts that announce the winners."""
    return (winner.fact for category in _categories(total) for winner in category.winners)


def headline(data: FactData) -> str:
    """Write the headline of a fact that brings none."""
    match data:
        case NominationAnnounced():
            return f"{_named(data.people, data.film)} nominated for {data.category}"
        case AwardAnnounced():
            return f"{_named(data.people, data.film)} wins {data.category}"
        case SpeechGiven():
            return f"{data.speaker}: “{_opening(data.quote)}”"
        case InterviewGiven():
            return f"{data.person} to {data.outlet}: “{_opening(data.quote)}”"
        case PrizeWon():
            return f"{data.film} wins {data.prize}" + (f" ({data.count})" if data.count > 1 else "")
        case CeremonyBegan():
            return f"The ceremony begins at {data.venue}" if data.venue else "The ceremony begins"
        case CeremonyEnded():
            return "The ceremony ends"
        case UpdateReported() | _:
            return data.headline


def _categories(total: Sum | None) -> list[Category]:
    told = total["categories"] if total else {}
    return [
        Category(name, [Entrant(**each) for each in said["nominees"]], [Entrant(**each) for each in said["winners"]])
        for name, said in told.items()
    ]


def _category(category: Category) -> JsonObject:
    return {
        "name": category.name,
        "nominees": [{"film": entrant.film, "people": entrant.people} for entrant in category.nominees],
        "winners": [{"film": entrant.film, "people": entrant.people} for entrant in category.winners],
    }


def _contradiction(what: str, category: Category, entrant: Entrant, message: str) -> JsonObject:
    who = _named(entrant.people, entrant.film)
    return {
        "what": what,
        "category": category.name,
        "fact": entrant.fact,
        "message": f"{category.name}: {who} {message}",
    }


def _rank(row: Tally) -> tuple[int, int, str]:
    return (-row.wins, -row.nominations, row.film)


def _named(people: Sequence[str], film: str) -> str:
    return f"{', '.join(people)} ({film})" if people else film


def _opening(quote: str, length: int = 80) -> str:
    return quote if len(quote) <= length else quote[:length].rsplit(" ", 1)[0] + " …"


KIND = Kind(
    name="ceremony",
    revision=1,
    models={
        "nomination.announced": NominationAnnounced,
        "award.announced": AwardAnnounced,
        "speech.given": SpeechGiven,
        "interview.given": InterviewGiven,
        "prize.won": PrizeWon,
        "ceremony.began": CeremonyBegan,
        "ceremony.ended": CeremonyEnded,
    },
    part=part,
    join=join,
    board=board,
    headline=headline,
    counts=lambda type_, _: type_ in _COUNTED,
    cites=cites,
    offers=offers,
    doubts=doubts,
    summary=leaders,
    turns=turns,
)
