"""Migrating: a database is made, and moved forward, by Alembic."""

from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from timeline.places import MIGRATIONS
from timeline.store.database import Database
from timeline.store.schema import find_revision, newest, refuse_newer

_LOCK: Final = 0x71E7


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
        return True
