"""Sessions: who is signed in, and how often somebody may try."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from timeline.domain.errors import TooManyAttempts, WrongPassword
from timeline.store.database import Database
from timeline.store.passwords import is_password
from timeline.store.people import Person, login_of, read_people
from timeline.store.secret import hash_secret, make_secret
from timeline.store.tables import attempt, person, session

SESSION_LASTS: Final = timedelta(days=7)
WINDOW: Final = timedelta(minutes=15)
"""For so long an attempt that failed is held against whoever made it."""
MOST_AS_ONE: Final = 5
"""So many attempts at one name from one address; few, as it is either forgetfulness or guessing."""
MOST: Final = 50
"""So many attempts at one name from anywhere, or at any name from one address; more, or a stranger could lock out
an editor on the night, or one colleague a whole office."""


def sign_in(database: Database, name: str, password: str, address: str, clock: Callable[[], datetime]) -> str:
    """Return the secret of a new session. Raises TooManyAttempts and WrongPassword.

    The attempt is counted before the password is looked at, so that many at once are no way around the count.
    """
    login = login_of(name)
    _charge(database, login, address, clock())
    with database.reading() as connection:
        query = select(person.c.id, person.c.password).where(person.c.login == login, person.c.disabled_at.is_(None))
        row = connection.execute(query).one_or_none()
    if not is_password(row.password if row else None, password) or row is None:
        raise WrongPassword
    with database.writing() as connection:
        connection.execute(delete(attempt).where(attempt.c.login == login, attempt.c.address == address))
    return begin_session(database, row.id, clock())


def begin_session(database: Database, id_: int, now: datetime) -> str:
    """Sign a person in and return the secret of the session; of it only a hash is kept."""
    secret = make_secret()
    with database.writing() as connection:
        connection.execute(delete(session).where(session.c.expires_at < now))
        values = {"hash": hash_secret(secret), "person": id_, "created_at": now, "expires_at": now + SESSION_LASTS}
        connection.execute(insert(session).values(values))
    return secret


def find_session(database: Database, secret: str, now: datetime) -> Person | None:
    """Return who is signed in by a secret; None if nobody is."""
    signed_in = select(session.c.person).where(session.c.hash == hash_secret(secret), session.c.expires_at > now)
    with database.reading() as connection:
        found = read_people(connection, person.c.id.in_(signed_in), person.c.disabled_at.is_(None))
    return found[0] if found else None


def sign_out(database: Database, secret: str) -> None:
    """End one session."""
    with database.writing() as connection:
        connection.execute(delete(session).where(session.c.hash == hash_secret(secret)))


def sign_out_everywhere(database: Database, id_: int) -> None:
    """End every session of a person."""
    with database.writing() as connection:
        connection.execute(delete(session).where(session.c.person == id_))


def _charge(database: Database, login: str, address: str, now: datetime) -> None:
    with database.reading() as connection:  # Whoever is over the limit must not cost the others a write.
        _refuse_too_many(connection, login, address, now)
    with database.writing() as connection:
        _refuse_too_many(connection, login, address, now)
        connection.execute(delete(attempt).where(attempt.c.at < now - WINDOW))
        connection.execute(insert(attempt).values(login=login[:200], address=address, at=now))


def _refuse_too_many(connection: Connection, login: str, address: str, now: datetime) -> None:
    by_name, from_here = attempt.c.login == login[:200], attempt.c.address == address
    limits: list[tuple[int, list[ColumnElement[bool]]]] = [
        (MOST_AS_ONE, [by_name, from_here]),
        (MOST, [by_name]),
        (MOST, [from_here]),
    ]
    for most, whose in limits:
        recent = attempt.c.at > now - WINDOW
        count, first = connection.execute(select(func.count(), func.min(attempt.c.at)).where(recent, *whose)).one()
        if count >= most:
            raise TooManyAttempts(first + WINDOW - now)
