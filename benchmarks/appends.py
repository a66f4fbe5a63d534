"""Single appends: how long until an event is durable, with rules and hashes, beside peers and a bare loop."""

from collections.abc import Iterator

from benchmarks.contest import OURS, PEERS, Contestant, contest
from benchmarks.figures import Figure, versus
from benchmarks.stage import DATABASES, Stage

THAN_PEERS = 1.5
THAN_BARE = 0.5
MODULES = {"SQLite": "sqlite", "PostgreSQL": "postgres"}
"""The peer's own modules, by database."""


def measure(stage: Stage) -> Iterator[Figure]:
    """Append to one story by one writer, a hundred events by turns."""
    for kind in DATABASES:
        url = stage.newsroom(kind, "night")
        commands = (
            (*OURS, "benchmarks.ours.appending", url, "night", "0"),
            (*PEERS, "benchmarks.peers.appending", "sqlalchemy", stage.database(kind)),
            (*PEERS, "benchmarks.peers.appending", MODULES[kind], stage.database(kind)),
            (*OURS, "benchmarks.bare.inserting", stage.database(kind)),
        )
        contestants = (Contestant(100, [command]) for command in commands)
        ours, alchemy, own, bare = contest(stage.size(60, 10), *contestants)
        for peer in (alchemy, own):
            stage.notes[f"durability of {peer.about['name']}"] = peer.about["durability"]
        what = "a durable append, one writer"
        yield versus(what, kind, ours, alchemy, required=THAN_PEERS)
        yield versus(what, kind, ours, bare, required=THAN_BARE)
        yield versus(what, kind, ours, own)
        stage.profile(what, kind, stage.size(3_000, 500), (*OURS, "benchmarks.ours.appending", url, "night", "1"))
