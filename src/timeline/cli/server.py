"""The web server: gunicorn with threads, set up in code so that an installed copy needs no file beside it."""

import socket
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication

from timeline.domain.errors import Refusal
from timeline.settings import Settings
from timeline.web.app import create_app


class PortTaken(Refusal):
    """Somebody else listens where the server should."""

    code = "port-taken"


def refuse_taken(settings: Settings) -> None:
    """Refuse, before anything is made, an address that cannot be listened on. Raises PortTaken."""
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
            "worker_class": "gthread",
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


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
