"""Shredding: text that is erased leaves the files of the database too, as far as that is in our power."""

import logging
import time
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from timeline.store.prepared import execute

READERS_SECONDS: Final = 10
"""How long is waited on PostgreSQL for transactions that began before the erasure, and still see the old text."""
LOCK_SECONDS: Final = 5
"""How long a rewriting waits for its turn; whoever wants to read meanwhile waits with it."""
REWRITTEN: Final = 64 * 2**20
"""The largest table of events, in bytes, that is rewritten while it is in use: it stands still for about a second."""

_LOG: Final = logging.getLogger(__name__)


def shred(engine: Engine) -> None:
    """Leave no erased text behind in the files; say so in the log where some is. Nothing is ever raised.

    The erasure itself is committed: a failure here must not make it look undone.

    SQLite has overwritten the text where it was (`secure_delete`); its write-ahead log is emptied here, once nobody
    reads from it any more. PostgreSQL keeps the old rows, and what a plain VACUUM lets go of keeps its bytes until
    something else is written in its place. So drafts, digests, and events where they are few, are rewritten to new
    files by VACUUM FULL; a larger table of events is only vacuumed: no query finds the text, the file's bytes still
    do. Beyond our reach are PostgreSQL's own write-ahead log, until its segments are used again, and archives and
    backups.
    """
    try:
        with engine.connect() as connection:
            left = _empty_log(connection) if engine.dialect.name == "sqlite" else _rewrite(connection)
    except SQLAlchemyError as error:
        left = f"{error.orig if isinstance(error, DBAPIError) else error}: run `timeline doctor --shred` to remove it"
    if left:
        _LOG.warning("erased text is still in the files of the database: %s", left)


def is_left_to_others(connection: Connection) -> bool:
    """Whether anything was taken down, and the tables are too large to be rewritten while others wait."""
    if connection.dialect.name == "sqlite":
        return False
    large = f"pg_total_relation_size('event') > {REWRITTEN}"
    taken = "EXISTS (SELECT 1 FROM event WHERE type = 'fact.taken_down')"
    return bool(connection.exec_driver_sql(f"SELECT {large} AND {taken}").scalar_one())


def _empty_log(connection: Connection) -> str:
    is_busy, *_ = execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return "the write-ahead log is being read: run `timeline doctor --shred` to remove it" if is_busy else ""


def _rewrite(connection: Connection) -> str:
    query = "SELECT now(), pg_total_relation_size('event')"
    erased_at, size = execute(connection, query).fetchone()
    is_seen = not _await_readers(connection, erased_at)
    execute(connection, f"SET lock_timeout = '{LOCK_SECONDS}s'")
    try:
        if size > REWRITTEN:
            execute(connection, "VACUUM event")
            execute(connection, "VACUUM (FULL) draft, digest")
            return f"events have {size} bytes, too many to stand still for: run `VACUUM FULL event` in a quiet hour"
        execute(connection, "VACUUM (FULL) draft, digest, event")
    finally:
        execute(connection, "RESET lock_timeout")
    return "a transaction from before still sees it: end it, and run `timeline doctor --shred`" if is_seen else ""


def _await_readers(connection: Connection, erased_at: datetime) -> bool:
    """Wait for the transactions that were under way then to end; return whether they have."""
    older = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend' AND xact_start < %s"
    )
    deadline = time.monotonic() + READERS_SECONDS
    while execute(connection, older, (erased_at,)).fetchone() != (0,):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
