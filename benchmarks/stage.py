"""The stage: a folder on a real disk, a PostgreSQL of our own, and the records that several parts look into."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import create_engine, text

from benchmarks.contest import ROOT
from benchmarks.figures import Profile
from benchmarks.machine import memory_peak
from benchmarks.records import OPENED, write_file
from databases import PostgresServer, postgres_server
from timeline.desk import Desk
from timeline.domain.event import Draft
from timeline.store.database import connect
from timeline.store.schema import prepare

DISK: Final = Path("/var/tmp")  # noqa: S108 — unlike /tmp this is a disk everywhere.
TIMELINE: Final = str(Path(sys.executable).with_name("timeline"))
_MUCH: Final = 1 << 20
DATABASES: Final = ("SQLite", "PostgreSQL")


@dataclass(frozen=True, slots=True)
class Import:
    """A record that was imported, and what that took."""

    slug: str
    events: int
    seconds: float
    memory: float
    """The most that was held at a time, in MiB."""


@dataclass(slots=True)
class Stage:
    """What a run has at hand. `quick` is for a look at small sizes; `notes` and `profiles` go beside the figures."""

    folder: Path
    postgres: PostgresServer
    stack: ExitStack
    quick: bool
    notes: dict[str, str] = field(default_factory=dict)
    profiles: list[Profile] = field(default_factory=list)
    _archives: dict[str, str] = field(default_factory=dict)
    _imports: dict[tuple[str, int], Import] = field(default_factory=dict)

    def size(self, full: int, quick: int) -> int:
        """Return how large something is in this run."""
        return quick if self.quick else full

    def database(self, kind: str) -> str:
        """Return the URL of a new, empty database, which is removed after the run."""
        if kind == "SQLite":
            return f"sqlite:///{self.folder / secrets.token_hex(4)}.sqlite"
        return self.stack.enter_context(self.postgres.database())

    def newsroom(self, kind: str, *slugs: str) -> str:
        """Return the URL of a new database in which these stories have just been opened."""
        url = self.database(kind)
        database = connect(url)
        prepare(database)
        for slug in slugs:
            Desk(database).open(slug, Draft(type="story.opened", data=OPENED), actor="desk")
        database.engine.dispose()
        return url

    def archive(self, kind: str) -> str:
        """Return the URL of the one database that holds what `imported` imports."""
        if kind not in self._archives:
            self._archives[kind] = self.newsroom(kind)
        return self._archives[kind]

    def imported(self, kind: str, events: int) -> Import:
        """Return a record of so many events in the archive; it is imported when it is asked for first."""
        known = self._imports.get((kind, events))
        if known is None:
            known = self._imports[kind, events] = self._import(kind, events)
        return known

    def profile(self, what: str, kind: str, size: int, command: Sequence[str]) -> None:
        """Look at a contestant of ours while it plays a round by itself."""
        python, option, *contestant = command
        sampled = [python, option, "benchmarks.sampled", str(size), *contestant]
        said = subprocess.run(sampled, capture_output=True, text=True, check=True, cwd=ROOT).stdout
        met: dict[str, int] = json.loads(said.splitlines()[-1])
        shares = {part: times / sum(met.values()) for part, times in met.items()}
        self.profiles.append(Profile(what=what, database=kind, shares=shares))

    def settle(self, kind: str) -> None:
        """Have the archive looked through, as PostgreSQL does by itself some time after so much was written.

        Nor does the system still write behind those who read then.
        """
        if kind == "PostgreSQL":
            engine = create_engine(self.archive(kind), isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.execute(text("VACUUM ANALYZE"))
                connection.execute(text("CHECKPOINT"))
            engine.dispose()
        os.sync()

    def read_through(self, kind: str) -> None:
        """Have the system hold the archive in memory, as it would that of a server that is in use.

        Machines that take from memory what has rested for some seconds would have a disk measured.
        """
        self.notes["files"] = "read once before each look into a long record, so that they are in the system's memory"
        for file in self._files(kind):
            with suppress(FileNotFoundError), file.open("rb") as opened:
                while opened.read(_MUCH):
                    pass

    def _files(self, kind: str) -> Iterable[Path]:
        if kind == "PostgreSQL":
            return (self.postgres.folder / "data" / "base").glob("*/*")
        return self.folder.glob("*.sqlite")

    def durability(self) -> dict[str, str]:
        """Return how durable an acknowledged event is in our databases, as they say themselves."""
        asked = {
            "SQLite": ("PRAGMA journal_mode", "PRAGMA synchronous", "PRAGMA foreign_keys"),
            "PostgreSQL": ("SHOW server_version", "SHOW fsync", "SHOW synchronous_commit", "SHOW shared_buffers"),
        }
        return {kind: self._answers(kind, questions) for kind, questions in asked.items()}

    def _answers(self, kind: str, questions: tuple[str, ...]) -> str:
        database = connect(self.newsroom(kind))
        with database.reading() as connection:
            told = [f"{each.split()[1]}={connection.execute(text(each)).scalar()}" for each in questions]
        database.engine.dispose()
        return ", ".join(told)

    def _import(self, kind: str, events: int) -> Import:
        file = self.folder / f"long-{events}.jsonl"
        if not file.exists():
            write_file(file, events)
        start, memory = time.perf_counter(), 0.0
        program = subprocess.Popen(
            [TIMELINE, "import", file], env=environment_of(self.archive(kind)), stdout=subprocess.DEVNULL
        )
        while program.poll() is None:
            memory = max(memory, memory_peak(program.pid))
            time.sleep(0.02)
        if program.returncode:
            raise SystemExit(f"the import of {events} events into {kind} failed")
        return Import(file.stem, events, time.perf_counter() - start, memory)


@contextmanager
def staged(*, quick: bool) -> Iterator[Stage]:
    """Set the stage, and leave nothing of it behind."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="timeline-", dir=DISK)))
        yield Stage(folder, stack.enter_context(postgres_server(within=DISK)), stack, quick)


def environment_of(url: str) -> dict[str, str]:
    """Return the environment of a command that uses a database, and has no other setting; it may keep bytecode."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(("TIMELINE_", "PYTHONDONT"))}
    return others | {"TIMELINE_DATABASE_URL": url}
