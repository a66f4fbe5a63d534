"""A contestant: the readers of one page, while somebody reports five times a second over the API of the same server.

`python -m benchmarks.ours.reading_live NAME PORT SLUG TOKEN [HEADER]…`. Its rounds are of so many milliseconds.
"""

import json
import sys
import threading
import time
import urllib.request
from datetime import UTC, datetime
from typing import Final

from benchmarks.load import read, request_for
from benchmarks.rounds import play_rounds

EVERY: Final = 0.2


def main(name: str, port: str, slug: str, token: str, *headers: str) -> None:
    """Play rounds of reading."""
    request = request_for(port, f"/stories/{slug}", headers)

    def round_(milliseconds: int) -> list[float]:
        desk = threading.Thread(target=_report, args=(f"{port}/api/stories/{slug}", token, milliseconds / 1000))
        desk.start()
        try:
            return read(int(port), request, b"200", milliseconds)
        finally:
            desk.join()

    play_rounds(round_, name=name)


def _report(story: str, token: str, seconds: float) -> None:
    """Report on time, however long the last report took."""
    start = time.perf_counter()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for number in range(int(seconds / EVERY)):
        time.sleep(max(0.0, start + number * EVERY - time.perf_counter()))
        now = datetime.now(UTC)
        data = {"headline": f"It is {now:%H:%M:%S.%f}", "body": "The hall *waits*. " * 10}
        event = {"type": "update.reported", "occurred_at": now.isoformat(), "data": data}
        request = urllib.request.Request(f"http://127.0.0.1:{story}/record", json.dumps(event).encode(), headers)
        urllib.request.urlopen(request, timeout=60).close()


if __name__ == "__main__":
    main(*sys.argv[1:])
