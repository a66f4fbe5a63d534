"""gunicorn's worker of greenlets, for thousands of streams in one process; with PostgreSQL only."""

import socket
from typing import Any

from gunicorn.workers.ggevent import GeventWorker

from timeline.cli.patience import Patience
from timeline.cli.refusing import Refusing


class GreenWorker(Refusing, GeventWorker):  # type: ignore[misc] # gunicorn has no types.
    """gunicorn's greenlets, of which a client that sends slowly holds one, for a while."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._patience = Patience()

    def handle_request(self, listener_name: Any, req: Any, sock: socket.socket, addr: Any) -> None:
        """Answer a request whose head has arrived: for that alone gunicorn waits two seconds."""
        self._patience.begin(sock)
        try:
            super().handle_request(listener_name, req, sock, addr)
        finally:
            self._patience.end(sock)

    def notify(self) -> None:
        """Lose patience, where it is due; the worker tells every second that it lives."""
        super().notify()
        self._patience.lose()
