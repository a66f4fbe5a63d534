"""Serving: servers on 127.0.0.1 that a part starts and ends, and one question to them."""

import subprocess
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any, Final

from benchmarks.contest import ROOT

AS_BROWSERS_ASK: Final = ("Accept-Encoding: gzip, deflate, br, zstd", "Accept: text/html")
_OF_THE_SERVER: Final = ("server", "date", "connection", "transfer-encoding")
_PATIENCE: Final = 30.0


@contextmanager
def served(command: Sequence[str], environment: dict[str, str]) -> Iterator[int]:
    """Run a server that says “Serving on …”, and lend its port."""
    environment = environment | {"TIMELINE_HOST": "127.0.0.1", "TIMELINE_PORT": "0"}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        said = next((line for line in server.stdout or () if line.startswith("Serving on ")), None)
        if said is None:
            raise SystemExit(f"a server did not start: {command!r}")
        yield int(said.split("/")[2].partition(":")[2])
    finally:
        server.terminate()
        server.communicate(timeout=_PATIENCE)


def answer_of(port: int, path: str) -> dict[str, Any]:
    """Return an answer as `benchmarks.bare.serving` gives it again: headers as pairs, the body in base64."""
    connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    connection.request("GET", path, headers=dict(header.split(": ") for header in AS_BROWSERS_ASK))
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    headers = [pair for pair in answer.getheaders() if pair[0].lower() not in _OF_THE_SERVER]
    return {"headers": headers, "body": b64encode(body).decode(), "bytes": len(body)}
