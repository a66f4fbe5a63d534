"""A real `timeline serve` over a database of its own, as a browser meets it."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from commands import PROGRAM
from newsroom import opened
from timeline.desk import utc_now
from timeline.store.people import Role
from timeline.store.tokens import create_token

_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Site:
    """A server that runs: its address without a slash at its end, a token, and its process.

    `invitation` is the link with which the first person signs in, empty where somebody has.
    """

    url: str
    token: str
    invitation: str
    process: subprocess.Popen[str]
    settings: dict[str, str]

    @property
    def port(self) -> str:
        return self.url.rpartition(":")[2]

    def kill(self) -> None:
        """End the server as a crash does: its workers and itself, by their ids."""
        pid = self.process.pid
        workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in (pid, *map(int, workers)):
            os.kill(each, signal.SIGKILL)
        self.process.wait(_PATIENCE)

    def post(self, path: str, body: Any) -> Any:
        """Send JSON to the API with the desk's token and return its answer, which must be a good one."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = Request(self.url + path, json.dumps(body).encode(), headers)
        with urlopen(request, timeout=_PATIENCE) as answer:
            return json.load(answer)


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Site]:
    """Run a server over the database in a folder, a new one with the stories of the package, and end it by its pid.

    It takes a free port where the settings name none.
    """
    database = f"sqlite:///{folder / 'timeline.sqlite'}"
    settings = {"TIMELINE_DATABASE_URL": database, "TIMELINE_PORT": "0"} | settings
    with (folder / "stderr").open("a") as errors:
        process = subprocess.Popen(
            [PROGRAM, "serve"], env=os.environ | settings, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    try:
        url, invitation = _announced(process, folder)
        yield Site(url, _token(settings["TIMELINE_DATABASE_URL"]), invitation, process, settings)
    finally:
        process.send_signal(signal.SIGQUIT)  # At once: whoever is still connected is not waited for.
        process.communicate(timeout=_PATIENCE)


def _token(url: str) -> str:
    """Return a new token of the desk, made as whoever has the database makes one."""
    with opened(url) as database:
        return create_token(database, "desk", Role.ADMIN, utc_now())


def _announced(process: "subprocess.Popen[str]", folder: Path) -> tuple[str, str]:
    """Return the address and the invitation from the lines with which a server starts."""
    assert process.stdout
    invitation = ""
    for line in process.stdout:
        if line.startswith("The first to sign in"):
            invitation = line.split()[-1]
        if line.startswith("Serving on"):
            return line.split()[2].rstrip("/"), invitation
    raise AssertionError(f"the server did not start: {(folder / 'stderr').read_text()}")
