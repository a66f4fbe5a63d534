"""Reading ahead: the lines of a story file, sealed for the record; those of a long file by a process of their own.

To read and to seal a line needs nothing of the lines before it: on a second core it costs the writer no time.
"""

import fcntl
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, cast
from uuid import UUID

from timeline.domain.errors import Refusal
from timeline.domain.event import FactReported, Recorded, Source, decode
from timeline.domain.ijson import canonical
from timeline.kinds.kind import find_kind
from timeline.store import tree
from timeline.store.sealing import Line, Sealed, seal
from timeline.story_lines import fact_of, read_line

LONG: Final = 4 * 2**20
"""So many bytes take longer to read than a process to start."""
_LINES: Final = 500
"""So many lines are handed over at a time: the memory that they take is bounded, and progress is seen."""
_AHEAD: Final = 2**20
"""So many bytes may wait in the pipe: the writer takes two batches at once, and then none for a while."""
_CHILD: Final = "from timeline.reading_ahead import serve; serve()"


class Batch(NamedTuple):
    """Some lines of a file, which take so many bytes there.

    A line that must be refused is handed over as it is: whoever reads it again is told why.
    """

    size: int
    lines: list[Sealed | bytes]


@dataclass(frozen=True, slots=True)
class Reading:
    """A story file to be read as the record of a story, without the text of the facts that are taken down in it."""

    path: Path
    slug: str
    kind: str
    taken_down: frozenset[UUID] = frozenset()

    def batches(self) -> Generator[Batch]:
        """Yield all lines in their order; whoever stops before the end closes the iterator.

        Raises OSError; its kind ChildProcessError if the process that reads broke off.
        """
        is_long = self.path.stat().st_size >= LONG
        return self.read_ahead() if is_long and sys.executable else self.read()

    def read(self) -> Generator[Batch]:
        """Yield the lines as they are read here and now."""
        with self.path.open("rb") as file:
            number = 1
            while raw := list(islice(file, _LINES)):
                yield Batch(sum(map(len, raw)), [self._seal(each, at) for at, each in enumerate(raw, number)])
                number += len(raw)

    def read_ahead(self) -> Generator[Batch]:
        """Yield the lines as another process reads them, which waits for us when it is some batches ahead."""
        with _process(self) as process:
            while batch := self._received(process):
                size, lines = batch
                yield Batch(size, [each if isinstance(each, bytes) else _unpacked(self.slug, each) for each in lines])

    def line(self, raw: bytes) -> Line:
        """Return what a line holds, without what is taken down. Raises what `read_line` does."""
        line = read_line(raw)
        if self.taken_down and line.commitment is None and fact_of(line.draft) in self.taken_down:
            salt = line.salt or os.urandom(16)
            return replace(line, salt=None, commitment=tree.commit(salt, canonical(line.draft.data)))
        return line

    def _received(self, process: subprocess.Popen[bytes]) -> tuple[int, list[tuple[Any, ...] | bytes]] | None:
        """Return the next batch that a process hands over; None behind the last one, which it hands over, too."""
        batch: tuple[int, list[tuple[Any, ...] | bytes]] | None
        try:
            batch = pickle.load(cast(IO[bytes], process.stdout))  # noqa: S301 — our own process wrote it.
        except Exception as why:  # What is no pickle may raise anything.
            told = f"{self.path}: the process that reads it broke off; nothing was imported"
            raise ChildProcessError(told) from why
        return batch

    def _seal(self, raw: bytes, number: int) -> Sealed | bytes:
        try:
            sealed = seal(self.slug, number, self.line(raw))
            if isinstance(sealed.recorded.event, FactReported) and sealed.recorded.text is not None:
                find_kind(self.kind).check(sealed.recorded.type, sealed.recorded.text)
        except Refusal:
            return raw
        return sealed


def serve() -> None:
    """Read the file that standard input names, and write its batches to standard output, and None behind the last."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Whoever no longer listens wants to hear nothing of it.
    with suppress(OSError, AttributeError):  # Not every system lets a pipe grow.
        fcntl.fcntl(sys.stdout, fcntl.F_SETPIPE_SZ, _AHEAD)
    with os.fdopen(os.dup(1), "wb") as listener:
        os.dup2(2, 1)  # What a kind may print is no batch.
        reading: Reading = pickle.load(sys.stdin.buffer)  # noqa: S301 — whoever started us wrote it.
        for size, lines in reading.read():
            pickle.dump((size, list(_packed(lines))), listener, pickle.HIGHEST_PROTOCOL)
            listener.flush()
        pickle.dump(None, listener)


@contextmanager
def _process(reading: Reading) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process that reads; it does not outlive us."""
    found = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-P", "-c", _CHILD]
    # In a group of its own it does not hear Ctrl+C, which is for us to answer.
    with subprocess.Popen(  # noqa: S603 — nobody's words are in the command.
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=found, process_group=0
    ) as process:
        try:
            with suppress(BrokenPipeError), cast(IO[bytes], process.stdin) as orders:
                pickle.dump(reading, orders)
            yield process
        finally:
            process.kill()


def _packed(lines: Iterable[Sealed | bytes]) -> Iterator[tuple[Any, ...] | bytes]:
    """Yield lines as plain values, which go from process to process in a fraction of the time of our own types."""
    sources: dict[Source | None, Source | None] = {}
    for line in lines:
        yield line if isinstance(line, bytes) else _plain(line, sources)


def _plain(line: Sealed, sources: dict[Source | None, Source | None]) -> tuple[Any, ...]:
    it = line.recorded
    source = sources.setdefault(it.source, it.source)  # What is the same object is written once.
    envelope = (it.id.bytes, it.version, it.type, it.schema, it.occurred_at, it.precision, it.recorded_at, it.actor)
    return (*envelope, source, it.text, it.data, it.salt, it.commitment, line.leaf)


def _unpacked(slug: str, plain: tuple[Any, ...]) -> Sealed:
    id_, version, type_, schema, occurred_at, precision, recorded_at, actor, source, text, data, *rest = plain
    salt, commitment, leaf = rest
    recorded = Recorded(
        id=UUID(bytes=id_),
        story=slug,
        version=version,
        type=type_,
        schema=schema,
        occurred_at=occurred_at,
        precision=precision,
        recorded_at=recorded_at,
        actor=actor,
        source=source,
        text=text,
        data=data,
        salt=salt,
        commitment=commitment,
        event=decode(type_, text, data),
    )
    return Sealed(recorded, leaf)
