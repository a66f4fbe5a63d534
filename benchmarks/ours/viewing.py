"""A contestant: a long record as seen from one vantage after the other.

`python -m benchmarks.ours.viewing URL SLUG EVENTS WHAT`: a `page` of 50 facts or the `board` at random pairs of
moments, on the story clock and on the record clock, or the board or the whole `view` at versions in the middle.
"""

import random
import sys
from collections.abc import Callable
from typing import Final

from benchmarks.records import START, moment_of
from benchmarks.rounds import play
from timeline.desk import Desk
from timeline.domain.vantage import Vantage, Window
from timeline.store.database import connect

PAGE: Final = Window(limit=50, order="desc")


def main(url: str, slug: str, events: str, what: str) -> None:
    """Play rounds of looking."""
    desk, last = Desk(connect(url)), int(events)
    chance = random.Random(last)  # noqa: S311 — nobody is to be kept from guessing.

    def somewhere() -> Vantage:
        as_of = chance.randint(1, last)
        return Vantage(at=START + chance.random() * (moment_of(as_of) - START), as_of=as_of)

    def middle() -> Vantage:
        return Vantage(as_of=chance.randint(last * 49 // 100, last * 51 // 100))

    looks: dict[str, Callable[[], object]] = {
        "page": lambda: desk.page(slug, somewhere(), PAGE),
        "board": lambda: desk.board(slug, somewhere()),
        "board in the middle": lambda: desk.board(slug, middle()),
        "view in the middle": lambda: desk.view(slug, middle(), PAGE),
    }
    play(looks[what], name=f"Desk.{what.partition(' ')[0]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
