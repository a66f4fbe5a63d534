"""A real `timeline serve` as a browser meets it, or whoever writes to its lines by hand."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import IO, Any
from urllib.request import Request, urlopen

from commands import Shell
from newsroom import opened
from timeline.desk import utc_now
from timeline.store.people import Role
from timeline.store.tokens import create_token

_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class AlteredShell(Shell):
    """A person at the command line whose server was altered first, by these lines of Python."""

    lines: str

    def program(self) -> list[str]:
        return [sys.executable, "-c", f"from timeline.cli.main import main\n{self.lines}\nmain()"]


@dataclass(frozen=True, slots=True)
class Site:
    """A server that runs: whose it is, what it said until it was ready, a token, and its process."""

    shell: Shell
    said: str
    token: str
    process: subprocess.Popen[str]
    _log: IO[str]

    @property
    def url(self) -> str:
        """Its address, without a slash at its end."""
        return self._told(r"^Serving on (http://\S+)/ ")

    @property
    def invitation(self) -> str:
        """The link with which the first person signs in."""
        return self._told(r"^The first to sign in, once and within a day: (http://\S+)$")

    @property
    def port(self) -> str:
        return self.url.rpartition(":")[2]

    def log(self) -> str:
        """Return what it has written to standard error since this was last asked."""
        return self._log.read()

    def kill(self) -> None:
        """End the server as a crash does."""
        _kill(self.process)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let the server stand still: it takes what it is sent, and answers afterwards."""
        _signal(self.process, signal.SIGSTOP)
        try:
            yield
        finally:
            _signal(self.process, signal.SIGCONT)

    def post(self, path: str, body: Any) -> Any:
        """Send JSON to the API with the desk's token and return its answer, which must be a good one."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = Request(self.url + path, json.dumps(body).encode(), headers)
        with urlopen(request, timeout=_PATIENCE) as answer:
            return json.load(answer)

    @contextmanager
    def connection(self) -> Iterator[HTTPConnection]:
        """Lend a connection that stays open."""
        with closing(HTTPConnection(self.url.removeprefix("http://"), timeout=10)) as connection:
            yield connection

    def line(self, sent: bytes, sender: str = "127.0.0.1") -> socket.socket:
        """Return a connection on which this was sent."""
        host, port = self.url.removeprefix("http://").split(":")
        line = socket.create_connection((host, int(port)), timeout=10, source_address=(sender, 0))
        line.sendall(sent)
        return line

    def _told(self, pattern: str) -> str:
        found = re.search(pattern, self.said, re.MULTILINE)
        assert found is not None, self.said
        return found[1]


def lodged(folder: Path) -> Shell:
    """Return a shell whose database is in a folder."""
    return Shell(f"sqlite:///{folder / 'timeline.sqlite'}")


@contextmanager
def serving(shell: Shell, **settings: str) -> Iterator[Site]:
    """Run a server over the shell's database, a new one with the stories of the package, and end it as a crash does.

    It takes a free port where the settings name none. It may write nothing to standard error that is not asked for.
    """
    with tempfile.NamedTemporaryFile("w") as errors, Path(errors.name).open() as log:
        process = shell.launch(["serve"], {"TIMELINE_PORT": "0"} | settings, errors)
        try:
            yield Site(shell, _said(process, log), _token(shell.url), process, log)
        finally:
            _kill(process)
            process.communicate()
        unasked = log.read()
        assert not unasked, unasked
        assert process.returncode in (0, -signal.SIGKILL)


def _kill(process: "subprocess.Popen[str]") -> None:
    """End a server and its workers, if it still runs; in peace it would take most of a second."""
    if process.poll() is None:
        _signal(process, signal.SIGKILL)
        process.wait(_PATIENCE)


def _signal(process: "subprocess.Popen[str]", number: signal.Signals) -> None:
    """Send a signal to a server and its workers, by their ids."""
    pid = process.pid
    workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for each in (pid, *map(int, workers)):
        os.kill(each, number)


def _said(process: "subprocess.Popen[str]", log: IO[str]) -> str:
    """Return the lines with which a server starts."""
    assert process.stdout is not None
    said: list[str] = []
    while not (said and said[-1].startswith("Serving on ")):
        said.append(process.stdout.readline())
        assert said[-1], (said, log.read())
    return "".join(said)


def _token(url: str) -> str:
    """Return a new token of the desk, made as whoever has the database makes one."""
    with opened(url) as database:
        return create_token(database, "desk", Role.ADMIN, utc_now())
