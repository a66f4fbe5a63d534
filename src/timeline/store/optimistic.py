"""Optimistic appends: a report is written behind where this process left the record, if the record still ends there.

It takes one message. Whoever locks a story needs two: one to hear where the record ends, and one to write. Where
nobody else writes, that is known, and a compare-and-swap of the story's row does what the lock does (Kung and
Robinson, “On Optimistic Methods for Concurrency Control”, 1981).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import CTE, Connection, Insert, Table, bindparam, insert, select, update
from sqlalchemy.exc import OperationalError

from timeline.store.fact_versions import first_state
from timeline.store.prepared import Prepared
from timeline.store.rows import MOVED, Head, row_of
from timeline.store.sealing import Sealed
from timeline.store.tables import event, fact_version, story

_COMPARED: Final = ("id", "slug", "kind", "version", "recorded_at", "horizon")
"""All that an event is written by: a backup that was put in its place may be as long as the record was."""
_SERIALIZATION_FAILURE: Final = "40001"
"""How a server says that a row has moved whose transactions are stricter by default."""


def write_report(connection: Connection, head: Head, sealed: Sealed) -> Head | None:
    """Write a report behind a head, and return the head that it makes; None if that is not the record's end any more.

    Nothing is written then, nor while somebody holds the story's lock: what waited would be recorded as of before.
    Nor is what happened before other facts: it ends digests, and a statement does not see those that were kept since
    it began. For PostgreSQL, where one statement can do all this, as a transaction. Raises as SQLAlchemy does.
    """
    recorded = sealed.recorded
    if recorded.occurred_at < head.horizon:
        return None
    after = replace(head, version=recorded.version, recorded_at=recorded.recorded_at, horizon=recorded.occurred_at)
    values = {
        **{f"from_{name}": getattr(head, name) for name in _COMPARED},
        **{f"to_{name}": getattr(after, name) for name in MOVED},
        **_named(event, row_of(head.id, recorded, sealed.leaf)),
        **_named(fact_version, first_state(recorded).as_row(head.id, after.horizon)),
    }
    try:
        return after if _REPORT.count(connection, values) else None
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") == _SERIALIZATION_FAILURE:
            return None
        raise


def _named(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{table.name}_{name}": value for name, value in row.items()}


def _insert_behind(moved: CTE, table: Table) -> Insert:
    """Insert a row if the story's head was moved."""
    values = [bindparam(name, type_=column.type) for name, column in _named(table, dict(table.c)).items()]
    return insert(table).from_select(table.c.keys(), select(*values).select_from(moved))


_END: Final = (
    select(story.c.id)
    .where(*(story.c[name] == bindparam(f"from_{name}") for name in _COMPARED))
    .with_for_update(key_share=True, skip_locked=True)
    .scalar_subquery()
)
_MOVE: Final = (
    update(story)
    .where(story.c.id == _END)
    .values({name: bindparam(f"to_{name}") for name in MOVED})
    .returning(story.c.id)
    .cte("moved")
)
_REPORT: Final = Prepared(_insert_behind(_MOVE, fact_version).add_cte(_insert_behind(_MOVE, event).cte("told")))
