"""The machine: what figures depend on besides the code. It names no host."""

import os
import platform
import re
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_PAGE: Final = bytes(4096)
_SYNCING: Final = 2.0
"""For so many seconds it is tried how often a file can be made durable."""


def describe(folder: Path) -> dict[str, str]:
    """Return what this machine is, and what its disk under a folder can do."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _commit(),
        "cores": f"{os.cpu_count()}, {_found(Path('/proc/cpuinfo'), 'model name') or platform.machine()}",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}, the files on {_filesystem(folder)}",
        "Python": f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        "busy": f"{os.getloadavg()[0]:.1f} processes before the run",
        "fsync": f"{_syncs(folder):,.0f} a second (4 KiB written and synchronised, one after the other)",
    }


def memory_peak(pid: int) -> float:
    """Return the most memory that a process and its children have held so far, in MiB; 0 when it is gone."""
    return sum(_resident(each) for each in _family(pid)) / 1024


def processor_seconds() -> float:
    """Return how long the processors of this machine have worked so far, taken together."""
    user, nice, system, _, _, irq, softirq, *_ = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return
    for child in children.split():
        yield from _family(int(child))


def _resident(pid: int) -> int:
    try:
        return int((_found(Path(f"/proc/{pid}/status"), "VmHWM") or "0").split()[0])
    except OSError:
        return 0


def _found(file: Path, name: str) -> str | None:
    """Return what a file of the kernel says behind a name."""
    match = re.search(rf"^{name}\s*:\s*(.+)$", file.read_text(), re.MULTILINE)
    return match and match[1]


def _filesystem(folder: Path) -> str:
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    return max((len(point), kind) for point, kind in mounts if folder.is_relative_to(point))[1]


def _syncs(folder: Path) -> float:
    """Return how many times a second a page can be written and made durable."""
    with tempfile.TemporaryFile(dir=folder) as file:
        start, done = time.perf_counter(), 0
        while time.perf_counter() - start < _SYNCING:
            file.write(_PAGE)
            file.flush()
            os.fdatasync(file.fileno())
            done += 1
    return done / _SYNCING


def _commit() -> str:
    git = ("git", "-C", str(Path(__file__).parent))
    try:
        name = subprocess.run((*git, "rev-parse", "--short", "HEAD"), capture_output=True, text=True, check=True)
        changed = subprocess.run((*git, "status", "--porcelain", "--", "../src"), capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return name.stdout.strip() + (" with changes" if changed.stdout else "")
