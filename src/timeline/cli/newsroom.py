"""What the commands share: the desk of the settings' database, and options that read moments."""

from datetime import datetime
from zoneinfo import ZoneInfo

import click

from timeline.desk import Desk
from timeline.domain.errors import NaiveMoment
from timeline.domain.moments import parse_local
from timeline.domain.vantage import Vantage, read_as_of
from timeline.settings import read_settings
from timeline.store.database import Database, connect
from timeline.store.schema import prepare


def open_desk() -> Desk:
    """Return the desk of the settings' database, migrated if it is new. Raises SchemaMismatch if it is old."""
    database = open_database()
    prepare(database)
    return Desk(database)


def open_database() -> Database:
    """Return the settings' database as it is; its connections are closed when the command ends."""
    database = connect(read_settings().database_url)
    click.get_current_context().call_on_close(database.engine.dispose)
    return database


def zone_of(desk: Desk, slug: str) -> ZoneInfo:
    """Return the time zone of a story. Raises UnknownStory."""
    return ZoneInfo(desk.story(slug).timezone)


def vantage_of(desk: Desk, slug: str, at: str | None, as_of: str | None) -> Vantage:
    """Return the vantage that two options name: moments with a zone, or in the story's; a number is a version."""
    zone = zone_of(desk, slug)
    return Vantage(
        at=parse_local(at, zone) if at is not None else None,
        as_of=_place(as_of, zone) if as_of is not None else None,
    )


def _place(text: str, zone: ZoneInfo) -> datetime | int:
    try:
        return read_as_of(text)
    except NaiveMoment:
        return parse_local(text, zone)
