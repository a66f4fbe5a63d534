"""A contestant: single events of an aggregate that is held in memory, each saved by itself.

`python -m benchmarks.peers.appending MODULE URL`. Never reading the aggregate back is more than the library's manual
allows itself, and spares it a repository's `get` for each event.
"""

import sys

from benchmarks.peers.nights import Night, about, application, told
from benchmarks.rounds import play


def main(module: str, url: str) -> None:
    """Play rounds of saves."""
    app, night, lines = application(module, url), Night(), told()
    app.save(night)

    def append() -> None:
        night.report(next(lines))
        app.save(night)

    play(append, **about(module, url))


if __name__ == "__main__":
    main(*sys.argv[1:])
