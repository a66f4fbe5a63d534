"""Lines of a story file: how an event is read from one, and what is wrong with it."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import StringConstraints, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as model

from timeline.domain.errors import Fault, InvalidEvent, MalformedJson
from timeline.domain.event import EDITORIAL, STRICT, Draft, read_draft
from timeline.domain.event import Line as Text
from timeline.domain.ijson import JsonObject, parse
from timeline.domain.moments import Moment, parse_moment
from timeline.store.sealing import Line

_REQUIRED: Final = ("id", "occurred_at", "actor")
_DIGITS: Final = {"salt": 32, "commitment": 64}
_STORE_GIVEN: Final = ("recorded_at", *_DIGITS)


def read_line(raw: bytes) -> Line:
    """Return what a line holds. Raises MalformedJson, InvalidEvent with every fault, NaiveMoment, MalformedMoment."""
    if raw.isspace():
        raise MalformedJson("the line is blank, which is not JSON: every line of a story file holds an event")
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
        raise ill_formed(Fault("", "a line is a JSON object"))
    given = {name: value.pop(name) for name in _STORE_GIVEN if name in value}
    is_erased = "data" in value and value["data"] is None
    faults = list(_faults(value, given, is_erased))
    try:
        draft = read_draft(value | {"data": {}} if is_erased else value)
    except InvalidEvent as refusal:
        faults += refusal.faults
        raise ill_formed(*faults) from None
    if faults:
        raise ill_formed(*faults)
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


def fact_of(draft: Draft) -> UUID | None:
    """Return the fact whose text an event holds: its own id, or what it corrects."""
    if draft.type not in EDITORIAL:
        return draft.id
    if draft.type == "fact.corrected":
        with suppress(KeyError, TypeError, ValueError, AttributeError):  # The rules say what is wrong with it.
            return UUID(draft.data["fact"])
    return None


def ill_formed(*faults: Fault) -> InvalidEvent:
    """Return the refusal of a line."""
    return InvalidEvent("the event is not well formed", faults)
