"""What a kind of story is, and where the installed ones are found."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, reduce
from importlib.metadata import entry_points
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from timeline.domain.errors import Faulty, InvalidData, UnknownKind, UnknownType
from timeline.domain.event import STRICT, Line, Prose, WebAddress, refusal
from timeline.domain.fact import Fact, Sum
from timeline.domain.ijson import JsonObject

GROUP: Final = "timeline.kinds"


class FactData(BaseModel):
    """The data of a fact event: the keys that every type may carry. Kinds derive their models from it."""

    model_config = ConfigDict(**STRICT, frozen=True)

    headline: Line = ""
    body: Prose = ""


class Media(BaseModel):
    """A picture, a film or a sound that a report refers to; it is linked, never loaded from elsewhere."""

    model_config = ConfigDict(**STRICT, frozen=True)

    url: WebAddress
    alt: Line
    credit: Line = ""


class UpdateReported(FactData):
    """A free-form report, in any kind of story."""

    headline: Line
    media: list[Media] = Field(default=[], max_length=20)


REPORTED: Final = "update.reported"
_EVERYWHERE: Final[Mapping[str, type[FactData]]] = {REPORTED: UpdateReported}

Names = Annotated[list[Line], Field(max_length=100)]
"""A list of names; it may be empty or missing."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An event that the board suggests to report next: `label` says of what, `action` what is said of it."""

    group: str
    label: str
    action: str
    type: str
    data: JsonObject


@dataclass(frozen=True, slots=True)
class Kind:
    """What a story is about.

    `models`: fact type → its model. `headline`: the headline of a fact that brings none. The board is a sum over the
    standing facts in the order of the story clock, so that what earlier facts come to is not added up again: `part`
    is what one fact adds (None: nothing), `join` the sum of an earlier and a later part (it may use up either) and
    `board` shows a sum (None: no fact) as a JSON object. `counts` tells by type and key mark which facts can add
    anything: others are not read. `cites`: the ids of the facts that the board points to, as the sum has them.

    `revision` rises whenever board or headline would answer otherwise than before, or a sum is written otherwise:
    caches hang on it. `offers`: from the board, what may be reported next. `doubts`: what is surprising about a fact
    beside the sum of all, and is not on the board; there, the desk reads the `message` of each of the
    `contradictions`. `summary`: a board in a line. `turns`: in words, what is new on a board since another.
    """

    name: str
    revision: int
    models: Mapping[str, type[FactData]]
    part: Callable[[Fact], Sum | None]
    join: Callable[[Sum, Sum], Sum]
    board: Callable[[Sum | None], JsonObject]
    headline: Callable[[FactData], str]
    counts: Callable[[str, bool], bool] = lambda _, __: True
    cites: Callable[[Sum], Iterable[str]] = lambda _: ()
    offers: Callable[[JsonObject], Iterable[Offer]] = lambda _: ()
    doubts: Callable[[Fact, Sum | None], Iterable[str]] = lambda _, __: ()
    summary: Callable[[JsonObject], str] = lambda _: ""
    turns: Callable[[JsonObject, JsonObject], Iterable[str]] = lambda _, __: ()

    @property
    def types(self) -> Mapping[str, type[FactData]]:
        """Every fact type of such a story: `update.reported` belongs to all."""
        return {**_EVERYWHERE, **self.models}

    def check(self, type_: str, text: str, faulty: type[Faulty] = InvalidData) -> None:
        """Refuse data, as JSON, that the model of the type refuses. Raises UnknownType, `faulty` with every fault."""
        model = self.models.get(type_) or _EVERYWHERE.get(type_)
        if model is None:
            raise UnknownType(type_, self.name, sorted(self.types))
        try:
            model.model_validate_json(text)
        except ValidationError as error:
            raise refusal(faulty, f"{type_} refuses its data", error) from None

    def add_up(self, facts: Iterable[Fact]) -> Sum | None:
        """Return what facts come to, given in the order of the story clock; those that do not stand add nothing."""
        parts = (self.part(fact) for fact in facts if fact.stands and self.counts(fact.type, fact.key))
        return self.join_all(parts)

    def join_all(self, sums: Iterable[Sum | None]) -> Sum | None:
        """Return what sums in the order of the story clock come to."""
        given = [each for each in sums if each is not None]
        return reduce(self.join, given) if given else None

    def read(self, fact: Fact) -> FactData:
        """Return the data of a fact that still has it, as its model."""
        # From JSON, as it was checked: a strict model takes a date, a UUID or a tuple from nothing else.
        return self.types[fact.type].model_validate_json(json.dumps(fact.data))

    def headline_of(self, fact: Fact) -> str | None:
        """Return the fact's headline, its own or the kind's; None once it was taken down."""
        if fact.data is None:
            return None
        return str(fact.data.get("headline", "")) or self.headline(self.read(fact))


@cache
def find_kind(name: str) -> Kind:
    """Return the installed kind of that name. Raises UnknownKind."""
    for entry in entry_points(group=GROUP, name=name):
        kind: Any = entry.load()
        if isinstance(kind, Kind):
            return kind
    raise UnknownKind(name, kind_names())


def kind_names() -> list[str]:
    """Return the names of the installed kinds."""
    return sorted({entry.name for entry in entry_points(group=GROUP)})
