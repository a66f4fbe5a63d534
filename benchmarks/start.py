"""Starting: how long a command takes from nothing to its answer."""

import subprocess
import time
from collections.abc import Iterator
from statistics import median

from benchmarks.contest import OURS, ROOT, percentile
from benchmarks.figures import Figure, Side
from benchmarks.stage import TIMELINE, Stage, environment_of

SECONDS = 0.6


def measure(stage: Stage) -> Iterator[Figure]:
    """List the stories, each time in a new process, and by turns start Python for nothing."""
    environment = environment_of(stage.database("SQLite"))
    files = sorted((ROOT / "events").glob("*.jsonl"))
    subprocess.run([TIMELINE, "import", *files], env=environment, stdout=subprocess.DEVNULL, check=True)
    ours, bare = [], []
    for _ in range(stage.size(40, 10)):
        ours.append(_seconds([TIMELINE, "stories"], environment))
        bare.append(_seconds([OURS[0], "-c", "pass"], environment))
    yield Figure(
        what="`timeline stories`, in a new process",
        database="SQLite",
        ours=_side("timeline stories", ours),
        other=_side("python -c pass", bare),
        value=median(ours),
        unit="s",
        required=SECONDS,
        at_most=True,
    )


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def _side(name: str, seconds: list[float]) -> Side:
    p50, p95, p99 = (1000 * percentile(seconds, share) for share in (0.5, 0.95, 0.99))
    return Side(name=name, p50=p50, p95=p95, p99=p99)
