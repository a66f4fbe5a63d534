"""The audit: whether a record is whole, and whether its hashes still say what its rows say."""

from collections.abc import Iterator
from itertools import zip_longest
from uuid import UUID

from sqlalchemy import Connection, and_, not_, or_, select

from timeline.domain.errors import Refusal
from timeline.domain.event import EDITORIAL, Erased, Recorded, StoryOpened
from timeline.store import record, tree
from timeline.store.rows import Head
from timeline.store.tables import event, story


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
    columns = select(event.c.leaf, event.c.fact).where(event.c.story == head.id).order_by(event.c.version)
    with connection.execute(columns.execution_options(yield_per=record.BATCH)) as rows:
        for version, (recorded, row) in enumerate(zip_longest(record.read(connection, head), rows), start=1):
            if recorded is None:
                yield f"{head.slug}: there are events beyond version {head.version}, the head"
                return
            if recorded.version != version:
                yield f"{head.slug}: version {version} is missing"
                return
            if clock is not None and recorded.recorded_at < clock:
                yield f"{head.slug}: the record clock runs backwards at version {version}"
            clock = recorded.recorded_at
            yield from _hashes(recorded, row.leaf)
            yield from _columns(head, recorded, row.fact)
    if version != head.version:
        yield f"{head.slug}: the head is at version {head.version}, the last event is version {version}"
    if clock != head.recorded_at:
        yield f"{head.slug}: the head was recorded at {head.recorded_at}, the last event at {clock}"
    yield from _erasures(connection, head)


def _erasures(connection: Connection, head: Head) -> Iterator[str]:
    """Yield what is erased and should not be, or should be and is not: no hash tells of either."""
    takedown = event.alias()
    taken = select(takedown.c.fact).where(takedown.c.story == head.id, takedown.c.type == "fact.taken_down")
    # A correction that came erased from a story file does not say which fact it was of.
    is_taken = or_(event.c.fact.in_(taken), and_(event.c.fact.is_(None), taken.exists()))
    may_go = event.c.type.not_in(EDITORIAL.keys() - {"fact.corrected"})
    stays, goes = event.c.data.is_not(None), event.c.data.is_(None)
    for fault, wrong in {
        "is erased without a takedown": and_(goes, not_(and_(may_go, is_taken))),
        "is taken down and not erased": and_(stays, may_go, is_taken),
    }.items():
        query = select(event.c.version).where(event.c.story == head.id, wrong).order_by(event.c.version)
        for version in connection.execute(query).scalars().all():
            yield f"{head.slug}: version {version} {fault}"


def _columns(head: Head, recorded: Recorded, fact: UUID | None) -> Iterator[str]:
    """Yield where a column that views read does not say what the event says; no hash covers such a column."""
    if fact != recorded.fact and not isinstance(recorded.event, Erased):
        yield f"{head.slug}: version {recorded.version} is filed under fact {fact}, and is about {recorded.fact}"
    if isinstance(recorded.event, StoryOpened) and recorded.event.kind != head.kind:
        yield f"{head.slug}: the story opened as a {recorded.event.kind}, its head says {head.kind}"


def _hashes(recorded: Recorded, leaf: bytes) -> Iterator[str]:
    if recorded.text is not None and tree.commit(recorded.salt or b"", recorded.text) != recorded.commitment:
        yield f"{recorded.story}: version {recorded.version} does not hold the data that was committed to"
    if tree.leaf(recorded) != leaf:
        yield f"{recorded.story}: version {recorded.version} does not hold the envelope that was hashed"
