"""The audit: whether a record is whole, and whether its hashes still say what its rows say."""

from collections.abc import Iterator
from itertools import zip_longest

from sqlalchemy import Connection, select

from timeline.domain.errors import Refusal
from timeline.domain.event import FactReported, FactTakenDown, Recorded
from timeline.domain.ijson import canonical
from timeline.store import record, tree
from timeline.store.record import Head
from timeline.store.tables import story


def audit(connection: Connection, head: Head) -> Iterator[str]:
    """Yield a sentence for each thing that is wrong with a record; none for a sound one."""
    try:
        yield from _audit(connection, head)
    except (Refusal, ValueError, KeyError, TypeError, OverflowError) as error:  # Rows may hold anything by now.
        yield f"{head.slug}: an event cannot be read: {error}"


def hidden(connection: Connection) -> Iterator[str]:
    """Yield a sentence for each story whose head says that it has no events: such a story is shown to nobody."""
    for slug in connection.execute(select(story.c.slug).where(story.c.version < 1)).scalars():
        yield f"{slug}: the head is before the first event, where no story ever is"


def _audit(connection: Connection, head: Head) -> Iterator[str]:
    version, clock = 0, None
    erased, taken_down = set(), set()
    leaves = list(record.leaves(connection, head))  # To the end, for a cursor that is left halfway stays open.
    for version, (recorded, leaf) in enumerate(zip_longest(record.read(connection, head), leaves), start=1):
        if recorded is None:
            yield f"{head.slug}: there are events beyond version {head.version}, the head"
            return
        if recorded.version != version:
            yield f"{head.slug}: version {version} is missing"
            return
        if clock is not None and recorded.recorded_at < clock:
            yield f"{head.slug}: the record clock runs backwards at version {version}"
        clock = recorded.recorded_at
        yield from _hashes(recorded, leaf)
        if recorded.data is None and isinstance(recorded.event, FactReported):
            erased.add(recorded.id)
        if isinstance(recorded.event, FactTakenDown):
            taken_down.add(recorded.event.fact)
    if version != head.version:
        yield f"{head.slug}: the head is at version {head.version}, the last event is version {version}"
    if clock != head.recorded_at:
        yield f"{head.slug}: the head was recorded at {head.recorded_at}, the last event at {clock}"
    for fact in erased ^ taken_down:
        yield f"{head.slug}: fact {fact} is erased without a takedown, or taken down and not erased"


def _hashes(recorded: Recorded, leaf: bytes) -> Iterator[str]:
    if (
        recorded.data is not None
        and tree.commit(recorded.salt or b"", canonical(recorded.data)) != recorded.commitment
    ):
        yield f"{recorded.story}: version {recorded.version} does not hold the data that was committed to"
    if tree.leaf(recorded) != leaf:
        yield f"{recorded.story}: version {recorded.version} does not hold the envelope that was hashed"
