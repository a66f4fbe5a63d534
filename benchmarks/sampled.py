"""A contestant as it is seen while it plays: where its time goes, looked at a thousand times a second.

`python -m benchmarks.sampled SIZE MODULE [ARGUMENT]…` plays one round that warms it and one of this size, and prints
by parts of the program how often each was met, as JSON. Waiting counts for the part that waits.
"""

import io
import json
import runpy
import signal
import sys
from collections import Counter
from types import FrameType
from typing import Final

EVERY: Final = 0.00103
"""Seconds; no round number, so that nothing keeps step with it."""
WARM: Final = 200

_met: Counter[str] = Counter()


def main(size: str, module: str, *arguments: str) -> None:
    """Play, and print what was met in the second round."""
    sys.argv, sys.stdin = [module, *arguments], io.StringIO(f"{WARM}\n{size}\n")
    signal.signal(signal.SIGALRM, _look)
    signal.setitimer(signal.ITIMER_REAL, EVERY, EVERY)
    try:
        runpy.run_module(module, run_name="__main__")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    print(json.dumps(_met))


def _look(_: int, frame: FrameType | None) -> None:
    part = None
    while frame:
        part = part or _part(frame)
        if frame.f_code.co_name == "_seconds" and frame.f_globals.get("__name__") == "benchmarks.rounds":
            _met[part or "the rest"] += 1
        frame = frame.f_back


def _part(frame: FrameType) -> str | None:
    """Return the part of the program that a frame belongs to; None if whoever called it has to say."""
    module, function = frame.f_globals.get("__name__", ""), frame.f_code.co_name
    if module == "timeline.store.prepared":
        return "COMMIT, and what is sent with it" if function == "pipeline" else "statements"
    if module.startswith("sqlalchemy."):
        return "COMMIT" if function == "do_commit" else "SQLAlchemy"
    return module.removeprefix("timeline.").replace(".", "/") if module.startswith("timeline.") else None


if __name__ == "__main__":
    main(*sys.argv[1:])
