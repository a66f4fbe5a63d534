"""Imports: how fast `timeline import` takes a long night in, every check made, and how much memory it holds."""

from collections.abc import Iterator

from benchmarks.figures import Figure, Side
from benchmarks.stage import Stage

PER_SECOND = {"SQLite": 15_000.0, "PostgreSQL": 10_000.0}
MEMORY = 300.0


def measure(stage: Stage) -> Iterator[Figure]:
    """Import a night into a new database."""
    for kind, required in PER_SECOND.items():
        done = stage.imported(kind, stage.size(1_000_000, 30_000))
        what = f"import of {done.events:,} events, 3 % corrections"
        often = done.events / done.seconds
        ours = Side(name="timeline import", per_second=often)
        yield Figure(what=what, database=kind, ours=ours, value=often, unit="/s", required=required)
        yield Figure(
            what=f"{what}, memory",
            database=kind,
            ours=ours,
            value=done.memory,
            unit="MiB",
            required=MEMORY,
            at_most=True,
        )
