"""Rounds: what each contestant’s program does. Told how large a round is, it plays it and times each operation.

Nothing but the standard library is used here, because peers run this in an environment of their own.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any


def play(operation: Callable[[], object], **about: Any) -> None:
    """Play rounds of an operation until there is nothing more to read; `about` says what plays."""
    play_rounds(lambda times: [_seconds(operation) for _ in range(times)], **about)


def play_rounds(round_: Callable[[int], Sequence[float]], **about: Any) -> None:
    """Play rounds by a function that is told their size, and returns how many seconds each operation took."""
    print(json.dumps(about), flush=True)
    for line in sys.stdin:
        each = round_(int(line))
        print("done", flush=True)  # The round's clock stops here: what each took may be written at leisure.
        print(json.dumps(each), flush=True)


def _seconds(operation: Callable[[], object]) -> float:
    start = time.perf_counter()
    operation()
    return time.perf_counter() - start
