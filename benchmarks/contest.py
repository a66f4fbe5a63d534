"""Contests: ours and others take turns in small rounds, so that the noise of the machine meets all alike."""

import json
import math
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from threading import Timer
from typing import Any, Final

from benchmarks.machine import processor_seconds

ROOT: Final = Path(__file__).parents[1]
OURS: Final = (sys.executable, "-m")
PEERS: Final = (str(ROOT / ".venv" / "bench" / "bin" / "python"), "-m")
"""The peers' interpreter, whose environment the Makefile makes."""

ENOUGH: Final = 120.0
"""Seconds after which a contest ends with the rounds that it has, so that the whole run ends in time."""
PATIENCE: Final = 900.0
"""Seconds after which it is given up."""

Program = subprocess.Popen[str]
Commands = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Round:
    """So many seconds by the clock on the wall, and how many each operation took.

    `processor` are the seconds that all of the machine worked meanwhile: contestants, their servers and the system.
    """

    seconds: float
    each: Sequence[float]
    processor: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.each) / self.seconds


@dataclass(slots=True)
class Score:
    """What a contestant said of itself, and the rounds that it played."""

    about: dict[str, Any]
    rounds: list[Round] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return sum(len(each.each) for each in self.rounds) / sum(each.seconds for each in self.rounds)

    def milliseconds(self, share: float) -> float:
        """Return how long this share of all operations took at most."""
        return 1000 * percentile([each for round_ in self.rounds for each in round_.each], share)

    @property
    def processor_milliseconds(self) -> float:
        """Return how long all processors together worked for one operation."""
        return 1000 * sum(each.processor for each in self.rounds) / sum(len(each.each) for each in self.rounds)

    def times(self, other: "Score") -> float:
        """Return how many times as much was done as by another: the median of what the rounds say, pair by pair."""
        pairs = zip(self.rounds, other.rounds, strict=True)
        return median(mine.per_second / theirs.per_second for mine, theirs in pairs)


@dataclass(frozen=True, slots=True)
class Contestant:
    """A program that is told how large a round is, as a number; several commands play at the same time.

    Most count their operations by it; the load on a server counts milliseconds.
    """

    size: int
    commands: Commands


def contest(rounds: int, *contestants: Contestant) -> list[Score]:
    """Let the contestants play up to so many rounds, turn about, after one that does not count."""
    with ExitStack() as stack:
        programs = [stack.enter_context(_running(contestant.commands)) for contestant in contestants]
        scores = [Score([json.loads(_said(program)) for program in each].pop()) for each in programs]
        turns = list(zip(contestants, programs, scores, strict=True))
        start = time.perf_counter()
        for number in range(rounds + 1):
            if number > 2 and time.perf_counter() - start > ENOUGH:
                break
            for contestant, each, score in turns if number % 2 else reversed(turns):
                played = _play(each, contestant.size)
                score.rounds += [played] if number else []
    return scores


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of the values does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


@contextmanager
def _running(commands: Commands) -> Iterator[list[Program]]:
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    programs = [subprocess.Popen(command, **pipes) for command in commands]
    watchdog = Timer(PATIENCE, _kill, [programs])
    watchdog.start()
    try:
        yield programs
    finally:
        for program in programs:
            program.communicate()  # There is nothing more to read, at which each ends by itself.
        watchdog.cancel()


def _kill(programs: Sequence[Program]) -> None:
    for program in programs:
        program.kill()


def _play(programs: Sequence[Program], size: int) -> Round:
    start, worked = time.perf_counter(), processor_seconds()
    for program in programs:
        _tell(program, size)
    for program in programs:
        _said(program)
    seconds, processor = time.perf_counter() - start, processor_seconds() - worked
    return Round(seconds, [each for program in programs for each in json.loads(_said(program))], processor)


def _tell(program: Program, size: int) -> None:
    assert program.stdin
    program.stdin.write(f"{size}\n")
    program.stdin.flush()


def _said(program: Program) -> str:
    assert program.stdout
    line = program.stdout.readline()
    if not line:
        raise SystemExit(f"a contestant failed: {program.args!r}")
    return line
