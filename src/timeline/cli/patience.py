"""Patience with clients: one that sends a request slowly is heard for a while, and holds up no other."""

import socket
import time
from contextlib import suppress
from typing import Final

SENDING_SECONDS: Final = 20.0
"""For so long a client may send one request; after that nothing more is read from it."""


class Patience:
    """The connections on which a request is being answered, each with the moment until which it is read from."""

    def __init__(self) -> None:
        self._deadlines: dict[socket.socket, float] = {}

    def begin(self, line: socket.socket) -> None:
        """Be patient with a connection from now on."""
        self._deadlines[line] = time.monotonic() + SENDING_SECONDS

    def end(self, line: socket.socket) -> None:
        """Be patient no more: the request is answered."""
        del self._deadlines[line]

    def lose(self) -> None:
        """Stop reading from who is too slow.

        A request that has arrived is left alone by that, however long its answer takes: a stream only writes.
        """
        for line, deadline in self._deadlines.copy().items():
            if deadline < time.monotonic():
                with suppress(OSError):  # It is gone already.
                    line.shutdown(socket.SHUT_RD)
