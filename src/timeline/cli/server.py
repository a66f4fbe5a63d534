"""The web server: gunicorn, set up in code so that an installed copy needs no file beside it."""

import resource
import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import click
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.http.errors import ParseException

from timeline.cli.executor import Threads
from timeline.cli.refusing import refusal
from timeline.cli.threads import STREAM, ThreadedWorker
from timeline.domain.errors import Refusal
from timeline.settings import Settings
from timeline.web.app import create_app
from timeline.web.desk.sso import provider_of
from timeline.web.hatch import Hatch

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

OPENERS: Final = 8
"""So many streams are opened at once; the database lends more connections than that, so that others get one."""
SHARES: Final = 3
"""Of the connections of a process one third is for streams, and one for those kept alive; so pages find one."""


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

    def run(self) -> None:
        """Serve until a signal ends it."""
        _lift_limit()
        super().run()

    def load_config(self) -> None:
        settings = self._settings
        options: dict[str, Any] = {
            "bind": _address(settings.host, settings.port),
            "workers": settings.workers,
            "threads": settings.threads,
            "worker_class": _worker_class(settings),
            # Those beyond them wait, and are not refused.
            "worker_connections": SHARES * settings.streams,
            "graceful_timeout": 3,  # A stream that is open must not hold up a restart.
            "control_socket_disable": True,
            "loglevel": "warning",
            "when_ready": self._announce,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> "_Answering":
        app = create_app()
        # The application is who reads a body; gunicorn tells it there what it cannot read.
        app.register_error_handler(ParseException, lambda error: app.handle_http_exception(refusal(error)))
        return _Answering(app)

    def _announce(self, arbiter: Any) -> None:
        host, port = arbiter.LISTENERS[0].sock.getsockname()[:2]
        here = f"http://{_address(host, port)}"
        if self._invitation:
            click.echo(f"The first to sign in, once and within a day: {here}/desk/invitations/{self._invitation}")
        click.echo(f"Serving on {here}/ — end with Ctrl-C.")


class _Answering:
    """The application; streams are opened by a few threads, so that those which hold them for hours stay small."""

    def __init__(self, app: Flask) -> None:
        self.hatch: Hatch = app.extensions["hatch"]
        self._app = app
        self._openers = Threads(OPENERS)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if not environ["PATH_INFO"].endswith(STREAM):
            return self._app(environ, start_response)
        stream = self._openers.submit(self._app, environ, start_response).result()
        _forget(environ)
        return stream


def _forget(environ: "WSGIEnvironment") -> None:
    """Keep no more of a request than gunicorn will ask for: what streams for hours needs nothing of it."""
    kept = environ["wsgi.file_wrapper"]
    environ.clear()
    environ["wsgi.file_wrapper"] = kept


def _worker_class(settings: Settings) -> type:
    if settings.worker == "threads":
        return ThreadedWorker
    from timeline.cli.greenlets import GreenWorker  # noqa: PLC0415 — an optional extra.

    return GreenWorker


def _lift_limit() -> None:
    """Let this process and its workers open as many files as they may: each stream is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # Some systems name a limit here that they then refuse.
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
