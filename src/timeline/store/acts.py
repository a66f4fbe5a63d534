"""Acts: what was done at the desk that is on no story's record, and by whom."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, insert, select

from timeline.store.database import Database
from timeline.store.tables import act

COMMAND_LINE: Final = "the command line"
"""Who did it, where it was done by whoever has the database."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that was done; `story` is the slug of the story that it is about, if it is about one.

    `id` is its number: what was done later has a higher one.
    """

    id: int
    at: datetime
    actor: str
    story: str | None
    what: str


def note(connection: Connection, at: datetime, actor: str, what: str, story: str | None = None) -> None:
    """Note what is done in the same transaction. Say who and what, never a secret or a story's text."""
    connection.execute(insert(act).values(at=at, actor=actor, story=None if story == "*" else story, what=what))


def acts(database: Database, limit: int | None, *conditions: ColumnElement[bool]) -> list[Act]:
    """Return the last acts of which some conditions are true, the latest first."""
    with database.reading() as connection:
        rows = connection.execute(select(act).where(*conditions).order_by(act.c.id.desc()).limit(limit))
        return [Act(row.id, row.at, row.actor, row.story, row.what) for row in rows]
