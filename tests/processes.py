"""Other processes for tests: a program in Python that can speak the tests' words, and be let go at one word."""

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_TESTS = Path(__file__).parent
_PATIENCE = 120.0


def start(program: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a program that finds the tests' modules; its standard streams are text pipes but for errors."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        env=os.environ | {"PYTHONPATH": str(_TESTS)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def race(programs: Sequence[subprocess.Popen[str]]) -> list[list[str]]:
    """Say the word to all programs at once, and return the lines that each wrote; none may fail."""
    with ThreadPoolExecutor(len(programs)) as pool:
        written = list(pool.map(lambda program: program.communicate("go\n", timeout=_PATIENCE)[0], programs))
    assert [program.returncode for program in programs] == [0] * len(programs)
    return [lines.splitlines() for lines in written]


def finish(program: subprocess.Popen[str]) -> list[str]:
    """Return the lines that a program writes until it ends, as it must, without an error."""
    return race([program])[0]
