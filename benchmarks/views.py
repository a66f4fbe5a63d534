"""Views: a page of facts and the board at random pairs of moments, and the state at a version, beside a peer's."""

from collections.abc import Iterator

from benchmarks.appends import MODULES
from benchmarks.contest import OURS, PEERS, Contestant, Score, contest
from benchmarks.figures import Figure, side, versus
from benchmarks.stage import DATABASES, Stage

MILLISECONDS = {
    "page": {"SQLite": 5.0, "PostgreSQL": 10.0},
    "board": {"SQLite": 20.0, "PostgreSQL": 20.0},
}
CALLED = {"page": "a page of 50 facts at random (at, as_of)", "board": "the board at random (at, as_of)"}
GROWTH = 2.0
THAN_PEERS = 50.0
SHORT = 10_000


def measure(stage: Stage) -> Iterator[Figure]:
    """Look into a long and a short record by turns; then look at the short one beside a peer's."""
    long = stage.size(1_000_000, 30_000)
    for kind in DATABASES:
        for events in (long, SHORT):  # The long one first: a new database takes it in.
            stage.imported(kind, events)
        stage.settle(kind)
        for what in MILLISECONDS:
            yield from _at_random(stage, kind, what, (long, SHORT))
        yield from _in_the_middle(stage, kind)


def _at_random(stage: Stage, kind: str, what: str, events: tuple[int, int]) -> Iterator[Figure]:
    stage.read_through(kind)
    long, short = contest(
        stage.size(20, 4), *(Contestant(100, [_looking(stage, kind, size, what)]) for size in events)
    )
    for score, size in zip((long, short), events, strict=True):
        score.about["name"] += f", {size:,} events"
    called = f"{CALLED[what]}, {events[0]:,} events"
    yield Figure(
        what=f"{called}, p99",
        database=kind,
        ours=side(long),
        value=long.milliseconds(0.99),
        unit="ms",
        required=MILLISECONDS[what][kind],
        at_most=True,
    )
    yield Figure(
        what=f"{called}, as multiple of a short record’s",
        database=kind,
        ours=side(long),
        other=side(short),
        value=_growth(long, short),
        required=GROWTH,
        at_most=True,
    )


def _growth(long: Score, short: Score) -> float:
    """Return how many times as long it takes in the long record, at p50 or at p99, whichever has grown more."""
    return max(long.milliseconds(share) / short.milliseconds(share) for share in (0.5, 0.99))


def _in_the_middle(stage: Stage, kind: str) -> Iterator[Figure]:
    stage.read_through(kind)
    view, board, peer = contest(
        stage.size(10, 3),
        Contestant(50, [_looking(stage, kind, SHORT, "view in the middle")]),
        Contestant(50, [_looking(stage, kind, SHORT, "board in the middle")]),
        Contestant(
            stage.size(4, 2), [(*PEERS, "benchmarks.peers.getting", MODULES[kind], stage.database(kind), str(SHORT))]
        ),
    )
    peer.about["name"] += ", repository.get(id, version=…)"
    what = f"at a version in the middle of {SHORT:,}"
    yield versus(f"the view (story, board, 50 facts) {what}", kind, view, peer, required=THAN_PEERS)
    yield versus(f"the board {what}", kind, board, peer)
    stage.profile(
        f"the view {what}", kind, stage.size(1_000, 100), _looking(stage, kind, SHORT, "view in the middle")
    )


def _looking(stage: Stage, kind: str, events: int, what: str) -> tuple[str, ...]:
    done = stage.imported(kind, events)
    return (*OURS, "benchmarks.ours.viewing", stage.archive(kind), done.slug, str(events), what)
