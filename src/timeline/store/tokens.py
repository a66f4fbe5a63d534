"""Tokens: who may append through the API, and as what. Only a hash of each secret is kept."""

import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from hashlib import sha256
from typing import Final

from sqlalchemy import insert, select, update

from timeline.domain.event import check_actor
from timeline.store.database import Database
from timeline.store.tables import token

_PREFIX: Final = "timeline"


class Role(IntEnum):
    """What a person may do; each role may do what those below it may."""

    CONTRIBUTOR = 1
    EDITOR = 2
    STANDARDS = 3
    ADMIN = 4


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret; `name` is the actor of what it appends."""

    id: int
    name: str
    role: Role
    created_at: datetime
    revoked_at: datetime | None


def create_token(database: Database, name: str, role: Role, now: datetime) -> str:
    """Make a token and return its text, `timeline_<id>_<secret>`: the only time that anybody sees it.

    Raises InvalidEvent for a name that cannot be an actor's.
    """
    secret = secrets.token_urlsafe(32)
    values = {"name": check_actor(name), "role": role.name.lower(), "hash": _hash(secret), "created_at": now}
    with database.writing() as connection:
        key = connection.execute(insert(token).values(values).returning(token.c.id)).scalar_one()
    return f"{_PREFIX}_{key}_{secret}"


def revoke_token(database: Database, id_: int, now: datetime) -> bool:
    """Make a token worthless; return False where there is no such token in force."""
    with database.writing() as connection:
        in_force = (token.c.id == id_, token.c.revoked_at.is_(None))
        return connection.execute(update(token).where(*in_force).values(revoked_at=now)).rowcount == 1


def tokens(database: Database) -> Iterator[Token]:
    """Yield every token that was ever made."""
    with database.reading() as connection:
        for row in connection.execute(select(token).order_by(token.c.id)):
            yield Token(row.id, row.name, Role[row.role.upper()], row.created_at, row.revoked_at)


def find_token(database: Database, text: str) -> Token | None:
    """Return the token in force that a text is; None for any other text, in constant time for a known id."""
    prefix, _, rest = text.partition("_")
    number, _, secret = rest.partition("_")
    if prefix != _PREFIX or not (number.isascii() and number.isdigit() and len(number) <= 9) or not secret.isascii():
        return None
    with database.reading() as connection:
        row = connection.execute(select(token).where(token.c.id == int(number))).one_or_none()
    if row is None or not hmac.compare_digest(row.hash, _hash(secret)) or row.revoked_at is not None:
        return None
    return Token(row.id, row.name, Role[row.role.upper()], row.created_at, row.revoked_at)


def _hash(secret: str) -> bytes:
    return sha256(secret.encode("utf-8")).digest()
