"""Many writers: sixteen processes that append at the same time, to a story each or all to one."""

from collections.abc import Iterator

from benchmarks.contest import OURS, Contestant, Score, contest
from benchmarks.figures import Figure, side, versus
from benchmarks.stage import DATABASES, Stage

WRITERS = 16
NO_LESS = 1.0
SPREAD = 10.0
"""So many times as long as most appends the slowest in a hundred may take."""


def measure(stage: Stage) -> Iterator[Figure]:
    """Append by one writer, by sixteen to sixteen stories, and by sixteen to one, by turns."""
    for kind in DATABASES:
        slugs = [f"night-{number}" for number in range(WRITERS)]
        url = stage.newsroom(kind, "alone", "together", *slugs)
        each = stage.size(25, 10)
        alone, apart, together = contest(
            stage.size(20, 2),
            Contestant(each * WRITERS, [_writer(url, "alone", 0)]),
            Contestant(each, [_writer(url, slug, seed) for seed, slug in enumerate(slugs)]),
            Contestant(each, [_writer(url, "together", seed) for seed in range(WRITERS)]),
        )
        # SQLite has one lock for all stories and lets nobody queue for it: its figures are for comparison.
        is_required = kind == "PostgreSQL"
        yield from _figures(f"{WRITERS} writers on {WRITERS} stories", kind, apart, alone, is_required=is_required)
        yield from _figures(f"{WRITERS} writers on one story", kind, together, alone, is_required=is_required)


def _writer(url: str, slug: str, seed: int) -> tuple[str, ...]:
    return (*OURS, "benchmarks.ours.appending", url, slug, str(seed))


def _figures(what: str, kind: str, many: Score, alone: Score, *, is_required: bool) -> Iterator[Figure]:
    many.about["name"], alone.about["name"] = "all of them", "one writer on one story"
    yield versus(f"{what}, in sum", kind, many, alone, required=NO_LESS if is_required else None)
    yield Figure(
        what=f"{what}, p99 as multiple of p50",
        database=kind,
        ours=side(many),
        value=many.milliseconds(0.99) / many.milliseconds(0.5),
        required=SPREAD if is_required else None,
        at_most=True,
    )
