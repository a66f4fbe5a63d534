"""Records to measure with: a night of any length, the same for the same length and seed, with 3 % corrections.

The nominations come first, an award now and then, and all else is what fills a live page: reports, speeches and
interviews. The board therefore stays of one size, however long the night.
"""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final
from uuid import UUID

START: Final = datetime(2025, 3, 3, tzinfo=UTC)
STEP: Final = timedelta(milliseconds=500)
CORRECTED: Final = 0.03
"""So much of a record are corrections: of one of the last thousand facts, one in a hundred of them of any fact."""
RETRACTED: Final = 0.05
"""So many of those take the fact back instead, and as many move it on the story clock."""
LATE: Final = 0.02
"""So many facts are reported some minutes after they happened."""

OPENED: Final = {"title": "A long night", "kind": "ceremony", "timezone": "America/Los_Angeles"}
NOMINEES: Final = 5
_CATEGORIES: Final = [f"Best {name}" for name in ("Picture", "Director", "Actress", "Actor", "Score", "Song")]
_FILMS: Final = [f"Film {number}" for number in range(20)]
_WAITING: Final = "The hall waits for the next envelope, and so do we. " * 2
_AFTER: Final = 2 + NOMINEES * len(_CATEGORIES)
"""The line on which the ceremony has begun."""


def write_file(path: Path, events: int) -> None:
    """Write a story file of so many events."""
    with path.open("w", encoding="utf-8") as file:
        for line in lines(events):
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def moment_of(number: int) -> datetime:
    """Return when the event of a version was recorded."""
    return START + number * STEP


def lines(events: int, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Yield the lines of a story file, the opening first."""
    night = _Night(events, seed)
    return (night.line(number) for number in range(1, events + 1))


class _Night:
    """A night, told line by line; of what was told only which lines are facts that stand is kept."""

    def __init__(self, events: int, seed: int) -> None:
        self._seed = f"{events}/{seed}"
        self._chance = random.Random(self._seed)  # noqa: S311 — nobody is to be kept from guessing.
        self._every = max(1, (events - _AFTER) // len(_CATEGORIES))
        self._stands = bytearray(events + 1)

    def line(self, number: int) -> dict[str, Any]:
        """Return the next line."""
        if number == 1:
            return self._line(number, "story.opened", OPENED)
        if number > _AFTER and self._chance.random() < CORRECTED:
            return self._amendment(number)
        self._stands[number] = 1
        return self._line(number, *self._fact(number))

    def _amendment(self, number: int) -> dict[str, Any]:
        fact = self._any_fact(number)
        said: dict[str, Any] = {"fact": str(self._id(fact)), "note": f"The number was wrong, says report {number}."}
        how = self._chance.random()
        if how < RETRACTED:
            self._stands[fact] = 0
            return self._line(number, "fact.retracted", said)
        change: dict[str, Any] = {"data": {"body": f"In fact it was {number}, and not {fact}."}}
        if how < 2 * RETRACTED:
            change["occurred_at"] = _text(moment_of(fact) - timedelta(seconds=self._chance.randint(1, 900)))
        return self._line(number, "fact.corrected", said | {"kind": "correction", "set": change})

    def _any_fact(self, number: int) -> int:
        reach = number if self._chance.random() < 0.01 else 1_000
        while True:
            fact = self._chance.randint(max(2, number - reach), number - 1)
            if self._stands[fact]:
                return fact

    def _fact(self, number: int) -> tuple[str, dict[str, Any]]:
        place, person = number - 2, f"Person {self._chance.randint(1, 400)}"
        if place < _AFTER - 2:
            category, film = _CATEGORIES[place // NOMINEES], self._chance.choice(_FILMS)
            return "nomination.announced", {"category": category, "film": film, "people": [person]}
        if number == _AFTER:
            return "ceremony.began", {"venue": "The Dolby Theatre"}
        turn, odd = divmod(number - _AFTER, self._every)
        if odd == 0 and turn <= len(_CATEGORIES):
            film = self._chance.choice(_FILMS)
            return "award.announced", {"category": _CATEGORIES[turn - 1], "film": film, "people": [person]}
        return self._talk(number, person)

    def _talk(self, number: int, person: str) -> tuple[str, dict[str, Any]]:
        film = self._chance.choice(_FILMS)
        match self._chance.randint(0, 9):
            case 0:
                return "speech.given", {"speaker": person, "quote": f"Thank you all, {number} times over."}
            case 1:
                quote = f"I have seen {film} {number} times, and I cried every time."
                return "interview.given", {"person": person, "outlet": "The pool", "quote": quote}
            case _:
                words = f"Report {number} from the hall: {film} is what everybody talks about"
                body = (
                    f"It was {number} o’clock when **{person}** came in, and nobody *sat*. " + "The hall waits. " * 6
                )
                return "update.reported", {"headline": words, "body": body}

    def _line(self, number: int, type_: str, data: dict[str, Any]) -> dict[str, Any]:
        is_late = self._chance.random() < LATE
        late = timedelta(minutes=self._chance.randint(1, 9)) if is_late else timedelta(seconds=2)
        return {
            "id": str(self._id(number)),
            "type": type_,
            "schema": 1,
            "occurred_at": _text(moment_of(number) - late),
            "precision": "second",
            "recorded_at": _text(moment_of(number)),
            "actor": f"Editor {number % 16}",
            "data": data,
            "source": {"name": "The pool", "url": "https://example.org/pool"},
        }

    def _id(self, number: int) -> UUID:
        """Return the id of a line's event, made from its number so that none has to be kept."""
        return UUID(bytes=blake2b(f"{self._seed}/{number}".encode(), digest_size=16).digest(), version=4)


def _text(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
