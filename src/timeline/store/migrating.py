"""Migrating: a database is made, and moved forward, by Alembic."""

from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from timeline.places import MIGRATIONS
from timeline.store.database import CUSTOM_PLANS, Database
from timeline.store.rebuilding import fill
from timeline.store.schema import find_revision, newest, refuse_newer

_LOCK: Final = 0x71E7
_UNINDEXED: Final = ("0001", "0002")
"""The revisions without an index of fact versions: their records have one made."""


def migrate(database: Database) -> bool:
    """Bring the database to the newest revision, in one transaction; return whether there was anything to do.

    Raises SchemaMismatch for a database that is newer than this code.
    """
    with database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        revision = find_revision(connection)
        refuse_newer(revision)
        if revision == newest():
            return False
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        command.upgrade(config, "head")
        if revision in _UNINDEXED:
            if not database.is_sqlite:
                connection.execute(text(CUSTOM_PLANS))
            fill(connection)
        return True
