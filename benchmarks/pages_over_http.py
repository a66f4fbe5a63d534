"""Pages over HTTP: a story’s live page as its readers load it, beside bare servers with the same bytes."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.contest import OURS, ROOT, Contestant, contest
from benchmarks.figures import Figure, versus
from benchmarks.serving import AS_BROWSERS_ASK, answer_of, served
from benchmarks.stage import DATABASES, TIMELINE, Stage, environment_of

SLUG = "97th-academy-awards"
PATH = f"/stories/{SLUG}"
THAN_FLASK = 1.0
UNCHANGED_THAN_FLASK = 2.0
WHILE_LIVE = 0.8


def measure(stage: Stage) -> Iterator[Figure]:
    """Read the page of a story that nobody changes, then of one that changes."""
    for kind in DATABASES:
        environment = environment_of(stage.newsroom(kind))
        file = ROOT / "events" / f"{SLUG}.jsonl"
        subprocess.run([TIMELINE, "import", file], env=environment, stdout=subprocess.DEVNULL, check=True)
        with served([TIMELINE, "serve"], environment) as port:
            yield from _unchanged(stage, kind, port)
            yield from _live(stage, kind, port, _token(environment))


def _unchanged(stage: Stage, kind: str, port: int) -> Iterator[Figure]:
    answer = answer_of(port, PATH)
    tag = next(value for name, value in answer["headers"] if name.lower() == "etag")
    kept = stage.folder / "answer.json"
    kept.write_text(json.dumps(answer), encoding="utf-8")
    with ExitStack() as stack:
        flask, wsgi = (
            stack.enter_context(
                served([*OURS, "benchmarks.bare.serving", how, str(kept)], environment_of("sqlite:///none"))
            )
            for how in ("flask", "wsgi")
        )
        ours, still, by_flask, by_wsgi = contest(
            stage.size(15, 3),
            _readers(stage, "the page", port),
            _readers(stage, "304s", port, "304", f"If-None-Match: {tag}"),
            _readers(stage, "a bare Flask route", flask),
            _readers(stage, "a bare WSGI function", wsgi),
        )
    what = f"the live page ({answer['bytes']:,} bytes) of an unchanged story"
    yield versus(what, kind, ours, by_flask, required=THAN_FLASK)
    yield versus(f"{what}, as 304s", kind, still, by_flask, required=UNCHANGED_THAN_FLASK)
    yield versus(what, kind, ours, by_wsgi)


def _live(stage: Stage, kind: str, port: int, token: str) -> Iterator[Figure]:
    name = "with 5 events a second"
    reading = (*OURS, "benchmarks.ours.reading_live", name, str(port), SLUG, token, *AS_BROWSERS_ASK)
    live, still = contest(
        stage.size(8, 2),
        Contestant(stage.size(4_000, 2_000), [reading]),
        _readers(stage, "the same page unchanged", port),
    )
    yield versus("the live page while its story gets 5 events a second", kind, live, still, required=WHILE_LIVE)


def _readers(stage: Stage, name: str, port: int, status: str = "200", *headers: str) -> Contestant:
    """Return readers who ask for a second and a half in each round."""
    asking = (*OURS, "benchmarks.load", name, str(port), PATH, status, *AS_BROWSERS_ASK, *headers)
    return Contestant(stage.size(1_500, 500), [asking])


def _token(environment: dict[str, str]) -> str:
    command = [TIMELINE, "token", "create", "bench", "--role", "admin"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()
