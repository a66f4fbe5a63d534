"""A contestant: readers who ask a server for one page again and again, over a few connections that stay open.

`python -m benchmarks.load NAME PORT PATH STATUS [HEADER]…`. Its rounds are of so many milliseconds. Plain sockets in
one process, so that the load is never what limits.
"""

import selectors
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Final

from benchmarks.rounds import play_rounds

CONNECTIONS: Final = 8
CHUNK: Final = 1 << 18
PATIENCE: Final = 60.0


class Reader:
    """A connection that asks, waits for the whole answer, and asks again."""

    def __init__(self, line: socket.socket, request: bytes, status: bytes) -> None:
        self.line = line
        self._request = request
        self._status = status

    def ask(self) -> None:
        """Send the request."""
        self._got, self._whole = b"", 0
        self._asked = time.perf_counter()
        self.line.sendall(self._request)

    def hear(self) -> float | None:
        """Read what has come; return how many seconds the answer took once it is whole."""
        chunk = self.line.recv(CHUNK)
        if not chunk:
            raise SystemExit("the server hung up")
        self._got += chunk
        self._whole = self._whole or self._length()
        return time.perf_counter() - self._asked if 0 < self._whole <= len(self._got) else None

    def _length(self) -> int:
        """Return how long the whole answer will be; 0 while its head is not there."""
        head, end, _ = self._got.partition(b"\r\n\r\n")
        if not end:
            return 0
        if head.split(b" ", 2)[1] != self._status:
            raise SystemExit(f"the server answered {head.splitlines()[0]!r}")
        _, is_there, after = head.lower().partition(b"\r\ncontent-length:")
        if self._status == b"304":
            return len(head) + len(end)
        if not is_there:
            raise SystemExit("the server does not say how long its answer is")
        return len(head) + len(end) + int(after.split(b"\r\n", 1)[0])


def read(port: int, request: bytes, status: bytes, milliseconds: int) -> list[float]:
    """Ask for so long, and return how many seconds each answer took."""
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for _ in range(CONNECTIONS):
            line = stack.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE))
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reader = Reader(line, request, status)
            selector.register(line, selectors.EVENT_READ, reader)
            reader.ask()
        return list(_answers(selector, time.perf_counter() + milliseconds / 1000))


def request_for(port: str, path: str, headers: Sequence[str]) -> bytes:
    """Return a request as it is sent."""
    return "\r\n".join([f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *headers, "", ""]).encode()


def _answers(selector: selectors.BaseSelector, end: float) -> Iterator[float]:
    while time.perf_counter() < end:
        heard = selector.select(PATIENCE)
        if not heard:
            raise SystemExit("the server does not answer")
        for key, _ in heard:
            seconds = key.data.hear()
            if seconds is not None:
                yield seconds
                key.data.ask()


def main(name: str, port: str, path: str, status: str, *headers: str) -> None:
    """Play rounds of reading."""
    request = request_for(port, path, headers)
    play_rounds(lambda size: read(int(port), request, status.encode(), size), name=name)


if __name__ == "__main__":
    main(*sys.argv[1:])
