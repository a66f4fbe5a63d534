"""How long an append takes to reach every open stream of one process, and what a stream costs in memory.

Run it with `make bench`. It starts a server of its own on 127.0.0.1 and ends it; the client shares its machine.
"""

import asyncio
import json
import os
import platform
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from pathlib import Path
from typing import Any

STREAMS = int(os.environ.get("STREAMS", "1000"))
APPENDS = 10
PAUSE = 1.0


class Server:
    """`timeline serve` over a new database, with its address and a token."""

    def __init__(self, folder: str) -> None:
        settings = {"TIMELINE_DATABASE_URL": f"sqlite:///{folder}/bench.sqlite", "TIMELINE_PORT": "0"}
        program, environment = str(Path(sys.executable).with_name("timeline")), os.environ | settings
        self._process = subprocess.Popen([program, "serve"], env=environment, stdout=subprocess.PIPE, text=True)
        said = next((line for line in self._process.stdout or () if line.startswith("Serving on ")), None)
        if said is None:
            raise SystemExit("the server did not start")
        self.port = int(said.split("/")[2].partition(":")[2])
        made = [program, "token", "create", "bench", "--role", "admin"]
        self.token = subprocess.run(made, env=environment, capture_output=True, text=True, check=True).stdout.strip()

    def post(self, path: str, body: Any) -> Any:
        """Send JSON to the API and return its answer."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def memory(self) -> int:
        """Return the resident memory of the process that answers, in KiB."""
        workers = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return sum(int(re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[0]) for pid in workers)

    def stop(self) -> None:
        """End the server that was started here."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)


async def listen(port: int, slug: str, is_open: asyncio.Semaphore, heard: dict[int, list[float]]) -> None:
    """Hold one stream, and note when each version arrives."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /stories/{slug}/live?after=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    while line := await reader.readline():
        if line.startswith(b"event: beat"):
            is_open.release()
        elif line.startswith(b"id: "):
            heard[int(line[4:])].append(time.perf_counter())


async def measure(server: Server) -> None:
    """Open the streams, append, and print the figures."""
    server.post("/api/stories", {"slug": "bench", "title": "Bench", "kind": "general", "timezone": "UTC"})
    before = server.memory()
    is_open, heard = asyncio.Semaphore(0), defaultdict[int, list[float]](list)
    streams = [asyncio.create_task(listen(server.port, "bench", is_open, heard)) for _ in range(STREAMS)]
    for _ in streams:
        await asyncio.wait_for(is_open.acquire(), 60)
    each = (server.memory() - before) / STREAMS
    delays: list[float] = []
    for number in range(APPENDS):
        data = {"headline": f"Report {number}", "body": "A sentence of some words. " * 12}
        event = {"type": "update.reported", "occurred_at": "2025-03-03T03:45:00Z", "data": data}
        start = time.perf_counter()
        version = (await asyncio.to_thread(server.post, "/api/stories/bench/record", event))["versions"][0]
        await asyncio.sleep(PAUSE)
        delays += (moment - start for moment in heard[version])
    for stream in streams:
        stream.cancel()
    delays.sort()
    p50, p95, p99 = (1000 * delays[int(len(delays) * share)] for share in (0.5, 0.95, 0.99))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, SQLite, fsync on")
    print(f"{STREAMS} streams, {APPENDS} appends, {len(delays)} of {STREAMS * APPENDS} deliveries")
    print(f"append to arrival: p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms; {each:.0f} KiB a stream")


def main() -> None:
    """Run the benchmark once."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (4 * STREAMS + 100,) * 2)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder)
        try:
            asyncio.run(measure(server))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
