"""Sessions: who is signed in, and how often somebody may try."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from timeline.domain.errors import TooManyAttempts, WrongPassword
from timeline.store.database import Database
from timeline.store.passwords import hash_password, is_password
from timeline.store.people import Person, login_of, read_people, replace_password
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

_NETWORK_BITS: Final = 64
_LOCK: Final = 0x10617


@dataclass(frozen=True, slots=True)
class _Attempt:
    """Somebody's attempt to be taken for a person; `address` is where they are."""

    login: str
    address: str


def sign_in(database: Database, name: str, password: str, address: str, clock: Callable[[], datetime]) -> str:
    """Return the secret of a new session. Raises TooManyAttempts and WrongPassword.

    The attempt is counted before the password is looked at, so that many at once are no way around the count.
    """
    made = _attempt(name, address)
    id_, kept = _verify(database, made, password, clock())
    with database.writing() as connection:
        _confirm(connection, made, id_, kept)
        return _begin(connection, id_, clock())


def change_password(
    database: Database, known: Person, present: str, password: str, address: str, clock: Callable[[], datetime]
) -> str:
    """Give a person another password for their present one; they are signed out everywhere but in a new session.

    Return its secret. Raises TooManyAttempts and WrongPassword, as for signing in, and WeakPassword.
    """
    made = _attempt(known.name, address)
    id_, kept = _verify(database, made, present, clock())
    chosen = hash_password(password)
    with database.writing() as connection:
        _confirm(connection, made, id_, kept)
        replace_password(connection, id_, chosen, by=known.name, now=clock())
        return _begin(connection, id_, clock())


def begin_session(database: Database, id_: int, now: datetime) -> str:
    """Sign a person in and return the secret of the session; of it only a hash is kept."""
    with database.writing() as connection:
        return _begin(connection, id_, now)


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


def network_of(address: str) -> str:
    """Return what one household or office has of the internet: one address of version 4, 2^64 of version 6."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is None:
        return str(IPv6Address(int(ip) >> _NETWORK_BITS << _NETWORK_BITS))
    return str(ip.ipv4_mapped if isinstance(ip, IPv6Address) else ip)


def _begin(connection: Connection, id_: int, now: datetime) -> str:
    secret = make_secret()
    connection.execute(delete(session).where(session.c.expires_at < now))
    values = {"hash": hash_secret(secret), "person": id_, "created_at": now, "expires_at": now + SESSION_LASTS}
    connection.execute(insert(session).values(values))
    return secret


def _verify(database: Database, made: _Attempt, password: str, now: datetime) -> tuple[int, str]:
    """Return the id of who has this name and password, and what is kept of it."""
    _charge(database, made, now)
    with database.reading() as connection:
        whose = (person.c.login == made.login, person.c.disabled_at.is_(None))
        row = connection.execute(select(person.c.id, person.c.password).where(*whose)).one_or_none()
    kept = row.password if row else None
    if not is_password(kept, password) or row is None or kept is None:
        raise WrongPassword
    return row.id, kept


def _confirm(connection: Connection, made: _Attempt, id_: int, kept: str) -> None:
    """Forget the failed attempts, unless the person was shown out or changed the password meanwhile."""
    same = select(person.c.id).where(person.c.id == id_, person.c.password == kept, person.c.disabled_at.is_(None))
    if connection.execute(same.with_for_update()).one_or_none() is None:
        raise WrongPassword
    connection.execute(delete(attempt).where(attempt.c.login == made.login, attempt.c.address == made.address))


def _attempt(name: str, address: str) -> _Attempt:
    return _Attempt(login_of(name), network_of(address))


def _charge(database: Database, made: _Attempt, now: datetime) -> None:
    with database.reading() as connection:  # Whoever is over the limit must not cost the others a write.
        _refuse_too_many(connection, made, now)
    with database.writing() as connection:
        if not database.is_sqlite:  # Which has one writer at a time anyway.
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        _refuse_too_many(connection, made, now)
        connection.execute(delete(attempt).where(attempt.c.at <= now - WINDOW))
        connection.execute(insert(attempt).values(login=made.login, address=made.address, at=now))


def _refuse_too_many(connection: Connection, made: _Attempt, now: datetime) -> None:
    by_name, from_here = attempt.c.login == made.login, attempt.c.address == made.address
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
