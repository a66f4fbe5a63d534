"""A contestant: an aggregate at versions in the middle of its events, by `repository.get(id, version=…)`.

`python -m benchmarks.peers.getting MODULE URL EVENTS`. With the library's defaults, which take no snapshots.
"""

import random
import sys
from typing import Final

from benchmarks.peers.nights import Night, about, application, told
from benchmarks.rounds import play

BATCH: Final = 100


def main(module: str, url: str, events: str) -> None:
    """Save the aggregate, and play rounds of reading it."""
    app, night = application(module, url), Night()
    for number, line in enumerate(told(int(events))):
        night.report(line)
        if number % BATCH == 0:  # With ten thousand at once its PostgreSQL module never comes back.
            app.save(night)
    app.save(night)
    last, chance = int(events), random.Random(events)  # noqa: S311 — nobody is to be kept from guessing.

    def get() -> object:
        return app.repository.get(night.id, version=chance.randint(last * 49 // 100, last * 51 // 100))

    play(get, **about(module, url))


if __name__ == "__main__":
    main(*sys.argv[1:])
