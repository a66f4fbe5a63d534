"""Identity: an event that comes twice is on record once, and one id never names two events of a story."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, select

from timeline.domain.errors import AlreadyTakenDown, Fault, IdAlreadyUsed, InvalidEvent
from timeline.domain.event import Draft, Recorded
from timeline.domain.ijson import canonical
from timeline.store.rows import Head, select_identified
from timeline.store.sealing import Line, Sealed
from timeline.store.tables import event


def refuse_twins(drafts: Sequence[Draft]) -> None:
    """Refuse a batch in which an id stands twice. Raises InvalidEvent."""
    ids = [draft.id for draft in drafts]
    faults = [
        Fault(f"{place}.id", "stands twice in one batch")
        for place, id_ in enumerate(ids)
        if id_ and id_ in ids[:place]
    ]
    if faults:
        raise InvalidEvent("the batch is not well formed", faults)


def find_known(connection: Connection, head: Head, drafts: Sequence[Draft]) -> dict[UUID | None, Recorded]:
    """Return those of the drafts that are on record already, by id.

    Raises IdAlreadyUsed if it says something else there, and AlreadyTakenDown.
    """
    ids = [draft.id for draft in drafts if draft.id]
    found = select_identified(connection, head, ids) if ids else []
    known: dict[UUID | None, Recorded] = {recorded.id: recorded for recorded in found}
    for draft in drafts:
        recorded = known.get(draft.id)
        if recorded and recorded.data is None:
            raise AlreadyTakenDown(recorded.id)
        if recorded and (differing := _differing(draft, recorded)):
            raise IdAlreadyUsed(recorded.id, recorded.version, differing)
    return known


def refuse_known(connection: Connection, head: Head, lines: Sequence[Line | Sealed]) -> None:
    """Refuse lines of a story file whose id stands on an earlier line. Raises InvalidEvent."""
    ids = [line.recorded.id if isinstance(line, Sealed) else line.draft.id for line in lines]
    earlier = (event.c.story == head.id, event.c.version <= head.version)
    query = select(event.c.id, event.c.version).where(*earlier, event.c.id.in_(ids))
    known: dict[UUID | None, int] = {row.id: row.version for row in connection.execute(query)}
    for version, id_ in enumerate(ids, head.version + 1):
        if id_ in known:
            fault = Fault("id", f"{id_} is that of version {known[id_]} already")
            refusal = InvalidEvent("the event is not well formed", [fault])
            refusal.version = version
            raise refusal
        known[id_] = version


def _differing(draft: Draft, recorded: Recorded) -> list[str]:
    """Return the names of what a draft has otherwise than the event of its id."""
    same = {
        "type": draft.type == recorded.type,
        "occurred_at": draft.occurred_at in (None, recorded.occurred_at),
        "precision": draft.precision == recorded.precision,
        "actor": draft.actor == recorded.actor,
        "source": draft.source == recorded.source,
        "data": canonical(draft.data) == recorded.text,
    }
    return [name for name, is_same in same.items() if not is_same]
