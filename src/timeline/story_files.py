"""Story files: a record as JSON lines, read into a new story and written out again to the same bytes."""

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import StringConstraints, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as model

from timeline.desk import Desk
from timeline.domain.errors import (
    Fault,
    InvalidEvent,
    MalformedJson,
    RecordClockRefused,
    Refusal,
)
from timeline.domain.event import EDITORIAL, STRICT, Draft, Recorded, StoryOpened, check_slug, decode, read_draft
from timeline.domain.event import Line as Text
from timeline.domain.ijson import JsonObject, canonical, parse
from timeline.domain.moments import Moment, format_moment, parse_moment
from timeline.kinds.kind import find_kind
from timeline.rules import TOLERANCE, Rules
from timeline.store import record, tree
from timeline.store.record import Past
from timeline.store.rows import Head
from timeline.store.sealing import Line

Progress = Callable[[int, int], None]
"""Called every now and then with how many bytes and how many events of a file are read."""

_NOW_AND_THEN: Final = 500
"""Progress is told every so many events: to tell it takes longer than to read one."""
_REQUIRED: Final = ("id", "occurred_at", "actor")
_DIGITS: Final = {"salt": 32, "commitment": 64}
_STORE_GIVEN: Final = ("recorded_at", *_DIGITS)


class BadFile(Refusal):
    """A story file is refused for one of its lines, and nothing of it was imported."""

    code = "bad-file"

    def __init__(self, path: Path, number: int, why: Refusal) -> None:
        super().__init__(f"{path}, line {number}: {why}; nothing of the file was imported")


def import_file(desk: Desk, path: Path, progress: Progress = lambda _, __: None) -> Head:
    """Import a story file as a whole new story, named like the file, all or nothing, and return its head.

    Raises InvalidSlug, StoryExists, StoreUnavailable, OSError, and BadFile for whatever a line is refused for.
    """
    slug = check_slug(path.name.removesuffix(".jsonl"))
    reader = _Reader(path, desk.clock(), progress)
    try:
        name = reader.first_look()
        kind = find_kind(name)

        rules: Rules | None = None

        def judge(past: Past) -> Callable[[Recorded], None]:
            # Anew for every batch: what was read long before is recalled where it is needed, and not held in memory.
            nonlocal rules
            rules = Rules(kind, recall=past.about, erased=reader.taken_down, before=rules)
            return rules.admit

        return record.import_story(desk.database, slug, name, reader.lines(), judge=judge, imported_at=reader.now)
    except _LineRefused as refused:
        raise BadFile(path, refused.number, refused.why) from refused.why
    except Refusal as refusal:
        if refusal.version is None:
            raise
        raise BadFile(path, refusal.version, refusal) from refusal


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


@dataclass(slots=True)
class _Reader:
    """A story file read twice: once for what it takes down, and once for its events."""

    path: Path
    now: datetime
    progress: Progress
    taken_down: frozenset[UUID] = frozenset()

    def first_look(self) -> str:
        """Find the facts whose text must not enter the database, and return the story's kind."""
        kind = ""
        found = set()
        with self.path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                if number == 1:
                    kind = self._kind(raw)
                if b"fact.taken_down" in raw or b"\\u" in raw:  # JSON may write any letter as its number.
                    with suppress(MalformedJson, LookupError, TypeError, ValueError):  # The second reading tells.
                        event = parse(raw)
                        if event["type"] == "fact.taken_down":
                            found.add(UUID(event["data"]["fact"]))
        self.taken_down = frozenset(found)
        if not kind:
            raise _LineRefused(1, _ill_formed(Fault("", "the file is empty")))
        return kind

    def lines(self) -> Iterator[Line]:
        last: datetime | None = None
        number = read = 0
        with self.path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                try:
                    line = self._line(raw)
                    self._check_clock(line.recorded_at, last)
                except Refusal as refusal:
                    raise _LineRefused(number, refusal) from refusal
                last = line.recorded_at
                yield line
                read += len(raw)
                if number % _NOW_AND_THEN == 0:
                    self.progress(read, number)
        if number % _NOW_AND_THEN:
            self.progress(read, number)

    def _kind(self, raw: bytes) -> str:
        try:
            draft = self._line(raw).draft
            opened = decode(draft.type, canonical(draft.data), draft.data)
            if not isinstance(opened, StoryOpened):
                raise _ill_formed(Fault("type", "line 1 must be story.opened"))
            return find_kind(opened.kind).name
        except Refusal as refusal:
            raise _LineRefused(1, refusal) from refusal

    def _line(self, raw: bytes) -> Line:
        line = _read_line(raw)
        if self.taken_down and line.commitment is None and _fact_of(line.draft) in self.taken_down:
            salt = line.salt or os.urandom(16)
            return replace(line, salt=None, commitment=tree.commit(salt, canonical(line.draft.data)))
        return line

    def _check_clock(self, recorded_at: datetime, last: datetime | None) -> None:
        if last is not None and recorded_at < last:
            before, after = format_moment(last), format_moment(recorded_at)
            raise RecordClockRefused(f"the record clock runs backwards, from {before} to {after}")
        if recorded_at - self.now > TOLERANCE:
            raise RecordClockRefused(f"recorded_at {format_moment(recorded_at)} is in the future")


def _read_line(raw: bytes) -> Line:
    value = parse(raw)
    try:
        written = _WRITTEN.validate_json(raw)
    except ValidationError:
        return _read_closely(value)
    return Line(written, written.recorded_at, bytes.fromhex(written.salt) if written.salt else None)


@model(frozen=True, slots=True, config=STRICT, kw_only=True)
class _Written(Draft):
    """A line as nearly all are, with nothing erased and nothing wrong; any other is read closely."""

    id: UUID
    occurred_at: Moment
    actor: Text
    recorded_at: Moment
    salt: Annotated[str, StringConstraints(pattern=rf"^[0-9a-f]{{{_DIGITS['salt']}}}$")] | None = None
    commitment: None = None


_WRITTEN: Final = TypeAdapter(_Written).validator


def _read_closely(value: Any) -> Line:
    """Return the line of an erased event, or tell every fault of a line."""
    if not isinstance(value, dict):
        raise _ill_formed(Fault("", "a line is a JSON object"))
    given = {name: value.pop(name) for name in _STORE_GIVEN if name in value}
    is_erased = "data" in value and value["data"] is None
    faults = list(_faults(value, given, is_erased))
    try:
        draft = read_draft(value | {"data": {}} if is_erased else value)
    except InvalidEvent as refusal:
        faults += refusal.faults
        raise _ill_formed(*faults) from None
    if faults:
        raise _ill_formed(*faults)
    salt, commitment = (bytes.fromhex(given[name]) if given.get(name) else None for name in _DIGITS)
    return Line(draft, parse_moment(given["recorded_at"]), salt, commitment)


def _faults(value: JsonObject, given: JsonObject, is_erased: bool) -> Iterator[Fault]:
    """Yield what is wrong with a line beyond what makes an event well formed."""
    for name in _REQUIRED:
        if value.get(name) is None:
            yield Fault(name, "is missing")
    if not isinstance(given.get("recorded_at"), str):
        yield Fault("recorded_at", "is missing, or is no text")
    if is_erased != (given.get("commitment") is not None):
        yield Fault("commitment", "stands where data is null, and only there")
    type_ = value.get("type")
    if is_erased and isinstance(type_, str) and type_ in EDITORIAL and type_ != "fact.corrected":
        yield Fault("data", f"a {type_} is never erased")
    for name, digits in _DIGITS.items():
        text = given.get(name)
        if text is not None and not (isinstance(text, str) and re.fullmatch(rf"[0-9a-f]{{{digits}}}", text)):
            yield Fault(name, f"is not {digits} lower-case hexadecimal digits")


def _fact_of(draft: Draft) -> UUID | None:
    """Return the fact whose text an event holds: its own id, or what it corrects."""
    if draft.type not in EDITORIAL:
        return draft.id
    if draft.type == "fact.corrected":
        with suppress(KeyError, TypeError, ValueError, AttributeError):  # The rules say what is wrong with it.
            return UUID(draft.data["fact"])
    return None


def _ill_formed(*faults: Fault) -> InvalidEvent:
    return InvalidEvent("the event is not well formed", faults)


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
