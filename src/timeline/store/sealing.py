"""Sealing: an event as it will stand on record, with the salt, the commitment and the leaf hash that hold it."""

import os
from dataclasses import dataclass
from datetime import datetime

from uuid_utils.compat import uuid7

from timeline.domain.errors import Fault, InvalidEvent
from timeline.domain.event import NOBODY, Draft, FactReported, Recorded, decode
from timeline.domain.ijson import canonical
from timeline.store import tree


@dataclass(frozen=True, slots=True)
class Line:
    """An event with what a story file brings beside it; `commitment` stands where the data was erased."""

    draft: Draft
    recorded_at: datetime
    salt: bytes | None = None
    commitment: bytes | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """An event as it will stand on record, and its leaf hash."""

    recorded: Recorded
    leaf: bytes

    @property
    def recorded_at(self) -> datetime:
        return self.recorded.recorded_at


def seal(slug: str, version: int, line: Line) -> Sealed:
    """Return a line as it will stand on record. Raises InvalidData, InvalidEvent."""
    draft = line.draft
    erased = line.commitment is not None
    text = None if erased else canonical(draft.data)
    said = decode(draft.type, text, None if erased else draft.data)
    if draft.occurred_at is None and isinstance(said, FactReported):
        raise InvalidEvent("the event is not well formed", [Fault("occurred_at", "a fact needs its moment")])
    salt = None if erased else line.salt or os.urandom(16)
    recorded = Recorded(
        id=draft.id or uuid7(),
        story=slug,
        version=version,
        type=draft.type,
        schema=draft.schema,
        occurred_at=draft.occurred_at or line.recorded_at,
        precision=draft.precision,
        recorded_at=line.recorded_at,
        actor=draft.actor or NOBODY,
        source=draft.source,
        text=text,
        data=None if erased else draft.data,
        salt=salt,
        commitment=line.commitment or tree.commit(salt or b"", text or ""),
        event=said,
    )
    return Sealed(recorded, tree.leaf(recorded))
