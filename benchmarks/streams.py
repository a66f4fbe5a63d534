"""Open streams: how long an append takes to reach all of one process, and what each costs in memory.

`PYTHONPATH=tests python -m benchmarks.streams` measures them alone. The readers are a process of their own, on the
same machine; they read plain sockets, so that the load is not what limits.
"""

import json
import multiprocessing
import os
import re
import resource
import select
import socket
import subprocess
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from benchmarks.contest import percentile
from benchmarks.figures import Figure, Side
from benchmarks.stage import TIMELINE, Stage, staged

APPENDS: Final = 10
PAUSE: Final = 1.0
MILLISECONDS: Final = {"threads": 250.0}
"""Asked for where a thousand streams are open; with five thousand it is told for what it is."""
KIBIBYTES: Final = {"threads": 45.0, "gevent": 25.0}
_PATIENCE: Final = 120.0
_DATABASES: Final = {"threads": "SQLite", "gevent": "PostgreSQL"}

Arrivals = dict[int, list[float]]
"""When each version arrived, once for every stream, by the clock that all processes share."""


@dataclass(frozen=True, slots=True)
class Streams:
    """What was measured of one worker: milliseconds from the append to the arrival, and KiB of memory a stream."""

    name: str
    database: str
    streams: int
    deliveries: int
    p50: float
    p95: float
    p99: float
    memory: float

    def __str__(self) -> str:
        return (
            f"{self.name}, {self.database}: {self.streams} streams, {APPENDS} appends, {self.deliveries} of"
            f" {self.streams * APPENDS} deliveries\nappend to arrival: p50 {self.p50:.0f} ms, p95 {self.p95:.0f} ms,"
            f" p99 {self.p99:.0f} ms; {self.memory:.1f} KiB a stream"
        )


def measure(stage: Stage) -> Iterator[Figure]:
    """Measure a thousand streams with threads, and five thousand with greenlets."""
    for found in (measure_threads(stage), measure_gevent(stage)):
        print(found, flush=True)
        side = Side(name=found.name, p50=found.p50, p95=found.p95, p99=found.p99)
        yield Figure(
            what=f"an append to {found.streams:,} open streams, p99",
            database=found.database,
            ours=side,
            value=found.p99,
            unit="ms",
            required=MILLISECONDS.get(found.name),
            at_most=True,
        )
        yield Figure(
            what=f"memory of each of {found.streams:,} open streams",
            database=found.database,
            ours=Side(name=found.name),
            value=found.memory,
            unit="KiB",
            required=KIBIBYTES[found.name],
            at_most=True,
        )


def measure_threads(stage: Stage) -> Streams:
    """Measure streams that are held by a thread each, over SQLite."""
    return _measure(stage, "threads", stage.size(1_000, 200))


def measure_gevent(stage: Stage) -> Streams:
    """Measure streams that are held by greenlets, over PostgreSQL."""
    return _measure(stage, "gevent", stage.size(5_000, 500))


def _measure(stage: Stage, worker: str, streams: int) -> Streams:
    database = _DATABASES[worker]
    with _served(stage.newsroom(database, "bench"), worker, streams) as server:
        with _readers(server.port, 1, 1):  # What the first of all streams and deliveries take is not counted to each.
            version, _ = server.append(0)
            before = server.memory()
        with _readers(server.port, version, streams) as readers:
            opened = server.memory()
            appended = dict(server.append(number) for number in range(1, APPENDS + 1))
            memory = max(opened, server.memory()) - before
            readers.send("enough")
            arrivals: Arrivals = readers.recv()
    delays = [1_000 * (moment - appended[version]) for version in appended for moment in arrivals.get(version, ())]
    p50, p95, p99 = (percentile(delays, share) for share in (0.5, 0.95, 0.99))
    return Streams(worker, database, streams, len(delays), p50, p95, p99, memory / streams)


@dataclass(frozen=True, slots=True)
class _Server:
    process: subprocess.Popen[str]
    port: int
    token: str

    def append(self, number: int) -> tuple[int, float]:
        """Append a report, give it the time to arrive everywhere, and return its version and when it was sent."""
        data = {"headline": f"Report {number}", "body": "A sentence of some words. " * 12}
        event = {"type": "update.reported", "occurred_at": "2025-03-03T03:45:00Z", "data": data}
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        url = f"http://127.0.0.1:{self.port}/api/stories/bench/record"
        start = time.perf_counter()
        with urllib.request.urlopen(
            urllib.request.Request(url, json.dumps(event).encode(), headers), timeout=_PATIENCE
        ) as answer:
            version = json.load(answer)["versions"][0]
        time.sleep(PAUSE)
        return version, start

    def memory(self) -> int:
        """Return the resident memory of the processes that answer, in KiB."""
        pid = self.process.pid
        workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return sum(
            int(re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{each}/status").read_text())[0]) for each in workers
        )


@contextmanager
def _served(url: str, worker: str, streams: int) -> Iterator[_Server]:
    settings = {"TIMELINE_DATABASE_URL": url, "TIMELINE_WORKER": worker, "TIMELINE_THREADS": str(streams + 100)}
    environment = os.environ | settings | {"TIMELINE_HOST": "127.0.0.1", "TIMELINE_PORT": "0"}
    process = subprocess.Popen([TIMELINE, "serve"], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        said = next((line for line in process.stdout or () if line.startswith("Serving on ")), None)
        if said is None:
            raise SystemExit("the server did not start")
        made = [TIMELINE, "token", "create", "bench", "--role", "admin"]
        token = subprocess.run(made, env=environment, capture_output=True, text=True, check=True).stdout.strip()
        yield _Server(process, int(said.split("/")[2].partition(":")[2]), token)
    finally:
        process.terminate()
        process.communicate(timeout=_PATIENCE)


@contextmanager
def _readers(port: int, after: int, streams: int) -> Iterator[Connection]:
    """Hold so many streams in another process, and lend the line on which it tells what arrived when."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_read, args=(theirs, port, after, streams), daemon=True
    )
    process.start()
    try:
        if not ours.poll(_PATIENCE):
            raise SystemExit("not every stream was opened")
        ours.recv()
        yield ours
    finally:
        process.terminate()
        process.join()


def _read(line: Connection, port: int, after: int, streams: int) -> None:
    """Open streams, say when each has sent its first, and note what arrives until that is asked for."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    lines = {each.fileno(): each for each in (_open(port, after) for _ in range(streams))}
    poll, silent, arrivals = select.epoll(), set(lines), defaultdict[int, list[float]](list)
    for number in (line.fileno(), *lines):
        poll.register(number, select.EPOLLIN)
    while True:
        for number, _ in poll.poll():
            if number == line.fileno():
                return line.send(dict(arrivals))
            heard, now = lines[number].recv(65_536), time.perf_counter()
            if not heard:
                poll.unregister(number)
            for version in re.findall(rb"^id: (\d+)", heard, re.MULTILINE):
                arrivals[int(version)].append(now)
            if number in silent and b"event: beat" in heard:
                silent.remove(number)
                if not silent:
                    line.send("open")


def _open(port: int, after: int) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE)
    opened.sendall(f"GET /stories/bench/live?after={after} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    return opened


def main() -> None:
    """Measure the streams alone."""
    with staged(quick=False) as stage:
        for _ in measure(stage):
            pass


if __name__ == "__main__":
    main()
