"""The web server: gunicorn with threads, set up in code so that an installed copy needs no file beside it."""

import socket
import time
from contextlib import suppress
from typing import Any, Final

import click
from flask import Flask
from gunicorn import util
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import TConn, ThreadWorker

from timeline.domain.errors import Refusal
from timeline.settings import Settings
from timeline.web.app import create_app
from timeline.web.desk.sso import provider_of

SENDING_SECONDS: Final = 20.0
"""For so long a client may send one request; after that nothing more is read from it."""


class PortTaken(Refusal):
    """Somebody else listens where the server should."""

    code = "port-taken"


def refuse_unfit(settings: Settings) -> None:
    """Refuse, before anything is made, what cannot be served as the settings ask. Raises PortTaken, BadSettings."""
    provider_of(settings)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host, settings.port), family=family).close()
    except OSError as error:
        where = _address(settings.host, settings.port)
        raise PortTaken(f"{where} cannot be served ({error.strerror}): set TIMELINE_HOST and TIMELINE_PORT") from None


class Server(BaseApplication):  # type: ignore[misc] # gunicorn has no types.
    """gunicorn over the application; each process opens the database for itself."""

    def __init__(self, settings: Settings, invitation: str | None = None) -> None:
        """`invitation` is the secret that lets the first person of all in."""
        self._settings = settings
        self._invitation = invitation
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": _address(self._settings.host, self._settings.port),
            "workers": self._settings.workers,
            "threads": self._settings.threads,
            "worker_class": _Worker,
            "worker_connections": 2 * self._settings.threads,  # Those beyond the threads wait, and are not refused.
            "graceful_timeout": 3,  # A stream that is open must not hold up a restart.
            "control_socket_disable": True,
            "loglevel": "warning",
            "when_ready": self._announce,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return create_app()

    def _announce(self, arbiter: Any) -> None:
        host, port = arbiter.LISTENERS[0].sock.getsockname()[:2]
        here = f"http://{_address(host, port)}"
        if self._invitation:
            click.echo(f"The first to sign in, once and within a day: {here}/desk/invitations/{self._invitation}")
        click.echo(f"Serving on {here}/ — end with Ctrl-C.")


class _Worker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types.
    """gunicorn's threads, of which a client that sends or hangs up slowly holds one, for a while, and no other."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._deadlines: dict[TConn, float] = {}

    def handle(self, conn: TConn) -> Any:
        """Answer the next request of a connection, in a thread of its own."""
        self._deadlines[conn] = time.monotonic() + SENDING_SECONDS
        try:
            goes_on = super().handle(conn)
        finally:
            del self._deadlines[conn]
        if not goes_on:
            _hang_up(conn.sock)
        return goes_on

    def murder_pending(self) -> None:
        """Stop reading from who is too slow; the loop over all connections comes by here every second.

        A request that has arrived is left alone by that, however long its answer takes: a stream only writes.
        """
        super().murder_pending()
        for conn, deadline in self._deadlines.copy().items():
            if deadline < time.monotonic():
                with suppress(OSError):  # It is gone already.
                    conn.sock.shutdown(socket.SHUT_RD)


def _hang_up(line: socket.socket) -> None:
    """Wait until a client has read its answer to the end; gunicorn would make all other connections wait for that."""
    with suppress(OSError):  # It is gone already.
        util.close_graceful(line.dup())
        line.shutdown(socket.SHUT_RD)


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
