"""`timeline serve` as a process of its own, and lines to it."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection

from commands import Shell


@dataclass(frozen=True, slots=True)
class AlteredShell(Shell):
    """A person at the command line whose server was altered first, by these lines of Python."""

    lines: str

    def start(self, *words: str, **settings: str) -> "subprocess.Popen[str]":
        pipe = subprocess.PIPE
        environment = os.environ | self.settings() | settings
        program = [sys.executable, "-c", f"from timeline.cli.main import main\n{self.lines}\nmain()"]
        return subprocess.Popen([*program, *words], env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: what it said until it was ready, and where it is."""

    said: str
    address: str

    @property
    def invitation(self) -> str:
        found = re.search(r"^The first to sign in, once and within a day: (http://\S+)$", self.said, re.MULTILINE)
        assert found is not None, self.said
        return found[1]

    @contextmanager
    def connection(self) -> Iterator[HTTPConnection]:
        """Lend a connection that stays open."""
        with closing(HTTPConnection(self.address.removeprefix("http://"), timeout=10)) as connection:
            yield connection

    def line(self, sent: bytes, sender: str = "127.0.0.1") -> socket.socket:
        """Return a connection on which this was sent."""
        host, port = self.address.removeprefix("http://").split(":")
        line = socket.create_connection((host, int(port)), timeout=10, source_address=(sender, 0))
        line.sendall(sent)
        return line


@contextmanager
def serving(shell: Shell, **settings: str) -> Iterator[Served]:
    """Run `timeline serve` on a free port, and end it by its id; it may write nothing to standard error."""
    process = shell.start("serve", TIMELINE_PORT="0", **settings)
    assert process.stdout is not None
    try:
        said: list[str] = []
        while not (said and said[-1].startswith("Serving on ")):
            line = process.stdout.readline()
            assert line, (said, process.stderr and process.stderr.read())
            said.append(line)
        yield Served("".join(said), said[-1].split()[2].rstrip("/"))
    finally:
        process.terminate()
        _, err = process.communicate(timeout=20)
    assert err == ""
    assert process.returncode == 0
