"""Story files: a record as JSON lines, read into a new story and written out again to the same bytes."""

import gc
import json
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from timeline.desk import Desk
from timeline.domain.errors import Fault, MalformedJson, RecordClockRefused, Refusal
from timeline.domain.event import Recorded, StoryOpened, check_slug, decode
from timeline.domain.ijson import canonical, parse
from timeline.domain.moments import format_moment
from timeline.kinds.kind import find_kind
from timeline.reading_ahead import Reading
from timeline.rules import TOLERANCE, Rules
from timeline.store import record, writer
from timeline.store.rows import Head
from timeline.store.sealing import Line, Sealed
from timeline.store.writer import Past
from timeline.story_lines import ill_formed, read_line

Progress = Callable[[int, int], None]
"""Called every now and then with how many bytes and how many events of a file are read."""

_SELDOM: Final = 100_000


class BadFile(Refusal):
    """A story file is refused for one of its lines, and nothing of it was imported."""

    code = "bad-file"

    def __init__(self, path: Path, number: int, why: Refusal) -> None:
        super().__init__(f"{path}, line {number}: {why}; nothing of the file was imported")


def import_file(desk: Desk, path: Path, progress: Progress = lambda _, __: None) -> Head:
    """Import a story file as a whole new story, named like the file, all or nothing, and return its head.

    Raises InvalidSlug, StoryExists, StoreUnavailable, OSError, and BadFile for whatever a line is refused for.
    """
    slug = check_slug(slug_of(path))
    now = desk.clock()
    try:
        name, taken_down = _first_look(path)
        kind = find_kind(name)
        reading = Reading(path, slug, name, taken_down)
        doubts: list[int] = []
        rules: Rules | None = None

        def judge(past: Past) -> Callable[[Recorded], None]:
            # Anew for every batch: what was read long before is recalled where it is needed, and not held in memory.
            nonlocal rules
            rules = Rules(kind, recall=past.about, erased=taken_down, before=rules, is_checked=not doubts)
            return rules.admit

        with _seldom_collecting(), closing(_lines(reading, now, progress, doubts)) as lines:
            return writer.import_story(desk.database, slug, name, lines, judge=judge, imported_at=now)
    except _LineRefused as refused:
        raise BadFile(path, refused.number, refused.why) from refused.why
    except Refusal as refusal:
        if refusal.version is None:
            raise
        raise BadFile(path, refusal.version, refusal) from refusal


def slug_of(path: Path) -> str:
    """Return the slug after which a story file is named, which may be none that a story can have."""
    return path.name.removesuffix(".jsonl")


def export_lines(desk: Desk, slug: str) -> Iterator[str]:
    """Yield a story's file line by line, without line ends. Raises UnknownStory."""
    after = 0
    while events := desk.record(slug, after, record.BATCH)[1]:
        yield from map(_write_line, events)
        after = events[-1].version


class _LineRefused(Exception):
    def __init__(self, number: int, why: Refusal) -> None:
        self.number = number
        self.why = why
        super().__init__(str(why))


def _first_look(path: Path) -> tuple[str, frozenset[UUID]]:
    """Return the story's kind, and the facts whose text must not enter the database."""
    kind = ""
    found = set()
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            if number == 1:
                kind = _kind(raw)
            if b"fact.taken_down" in raw or b"\\u" in raw:  # JSON may write any letter as its number.
                with suppress(MalformedJson, LookupError, TypeError, ValueError):  # The second reading tells.
                    event = parse(raw)
                    if event["type"] == "fact.taken_down":
                        found.add(UUID(event["data"]["fact"]))
    if not kind:
        raise _LineRefused(1, ill_formed(Fault("", "the file is empty")))
    return kind, frozenset(found)


def _kind(raw: bytes) -> str:
    try:
        draft = read_line(raw).draft
        opened = decode(draft.type, canonical(draft.data), draft.data)
        if not isinstance(opened, StoryOpened):
            raise ill_formed(Fault("type", "line 1 must be story.opened"))
        return find_kind(opened.kind).name
    except Refusal as refusal:
        raise _LineRefused(1, refusal) from refusal


def _lines(reading: Reading, now: datetime, progress: Progress, doubts: list[int]) -> Generator[Line | Sealed]:
    """Yield the lines of a file, none recorded before the one before it; `doubts` takes the numbers of bad ones."""
    last: datetime | None = None
    read = number = 0
    with closing(reading.batches()) as batches:
        for size, lines in batches:
            for given in lines:
                number += 1
                try:
                    if isinstance(given, bytes):
                        doubts.append(number)
                        line: Line | Sealed = reading.line(given)
                    else:
                        line = given
                    _check_clock(line.recorded_at, last, now)
                except Refusal as refusal:
                    raise _LineRefused(number, refusal) from refusal
                last = line.recorded_at
                yield line
            read += size
            progress(read, number)


def _check_clock(recorded_at: datetime, last: datetime | None, now: datetime) -> None:
    if last is not None and recorded_at < last:
        before, after = format_moment(last), format_moment(recorded_at)
        raise RecordClockRefused(f"the record clock runs backwards, from {before} to {after}")
    if recorded_at - now > TOLERANCE:
        raise RecordClockRefused(f"recorded_at {format_moment(recorded_at)} is in the future")


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Have Python look for garbage seldom: of the thousands of objects of each batch hardly one is in a circle."""
    before = gc.get_threshold()
    gc.set_threshold(_SELDOM, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _write_line(recorded: Recorded) -> str:
    """Return an event as a line of a story file: compact JSON, the names in the order of the envelope."""
    value = recorded.envelope()
    del value["story"], value["version"]
    source = value.pop("source", None)
    value["data"] = recorded.data
    if source is not None:
        value["source"] = source
    if recorded.salt is None:
        value["commitment"] = recorded.commitment.hex()
    else:
        value["salt"] = recorded.salt.hex()
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
