"""A contestant: single events, from a JSON value to durable, by the desk, with all rules.

`python -m benchmarks.ours.appending URL SLUG SEED`; the story is there already.
"""

import sys
from itertools import islice

from benchmarks.records import lines
from benchmarks.rounds import play
from timeline.desk import Desk
from timeline.domain.event import read_draft
from timeline.store.database import connect

ENOUGH = 1_000_000


def main(url: str, slug: str, seed: str) -> None:
    """Play rounds of appends."""
    desk = Desk(connect(url))
    night = islice(lines(ENOUGH, int(seed)), 1, None)

    def append() -> None:
        line = next(night)
        del line["recorded_at"]
        desk.append(slug, [read_draft(line)], actor="desk")

    play(append, name="Desk.append")


if __name__ == "__main__":
    main(*sys.argv[1:])
