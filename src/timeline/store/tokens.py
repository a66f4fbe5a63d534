"""Tokens: who may append through the API, and as what. Only a hash of each secret is kept."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from timeline.domain.event import check_actor
from timeline.store.acts import COMMAND_LINE, note
from timeline.store.database import Database
from timeline.store.people import ANY, Person, Role, named, read_people, role_of
from timeline.store.secret import hash_secret, make_secret
from timeline.store.tables import person, token

_PREFIX: Final = "timeline"


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret; `name` is the actor of what it appends.

    It is good for one story, or for ANY. `owner` is the person whose it is; None for one that was made at the
    command line, whose makers have the database itself.
    """

    id: int
    name: str
    role: Role
    story: str
    owner: Person | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def role_in(self, story: str) -> Role | None:
        """Return the token's role in a story; never more than its owner has there by now."""
        if self.story not in (ANY, story):
            return None
        if self.owner is None:
            return self.role
        theirs = self.owner.role_in(story)
        return None if theirs is None else min(self.role, theirs)

    def is_in_force(self, now: datetime) -> bool:
        """Whether it opens anything at a moment."""
        is_spent = self.revoked_at is not None or (self.expires_at is not None and self.expires_at <= now)
        return not is_spent and (self.owner is None or self.owner.disabled_at is None)


def create_token(
    database: Database,
    name: str,
    role: Role,
    now: datetime,
    *,
    story: str = ANY,
    owner: Person | None = None,
    expires_at: datetime | None = None,
) -> str:
    """Make a token and return its text, `timeline_<id>_<secret>`: the only time that anybody sees it.

    Raises InvalidEvent for a name that cannot be an actor's.
    """
    secret = make_secret()
    values: dict[str, Any] = {"name": check_actor(name), "role": str(role), "hash": hash_secret(secret)}
    values |= {"story": story, "person": owner.id if owner else None, "created_at": now, "expires_at": expires_at}
    with database.writing() as connection:
        key = connection.execute(insert(token).values(values).returning(token.c.id)).scalar_one()
        note(connection, now, _maker(owner), f"token {key} is made for {name}, {role} in {named(story)}", story)
    return f"{_PREFIX}_{key}_{secret}"


def revoke_token(database: Database, id_: int, now: datetime, owner: Person | None = None) -> bool:
    """Make a token worthless; return False where there is no such token in force, or not of that owner."""
    whose = () if owner is None else (token.c.person == owner.id,)
    with database.writing() as connection:
        in_force = (token.c.id == id_, token.c.revoked_at.is_(None), *whose)
        query = update(token).where(*in_force).values(revoked_at=now).returning(token.c.name)
        name = connection.execute(query).scalar_one_or_none()
        if name is not None:
            note(connection, now, _maker(owner), f"token {id_} of {name} is revoked")
        return name is not None


def tokens(database: Database, owner: Person | None = None) -> list[Token]:
    """Return every token that was ever made, or those of one owner."""
    with database.reading() as connection:
        query = select(token).order_by(token.c.id)
        rows = connection.execute(query if owner is None else query.where(token.c.person == owner.id)).all()
        owners = {each.id: each for each in read_people(connection)}
        return [_token(row, owners) for row in rows]


def find_token(database: Database, text: str, now: datetime) -> Token | None:
    """Return the token in force that a text is; None for any other text, in constant time for a known id."""
    prefix, _, rest = text.partition("_")
    number, _, secret = rest.partition("_")
    if prefix != _PREFIX or not (number.isascii() and number.isdigit() and len(number) <= 9):
        return None
    with database.reading() as connection:
        row = connection.execute(select(token).where(token.c.id == int(number))).one_or_none()
        if row is None or not hmac.compare_digest(row.hash, hash_secret(secret)):
            return None
        found = _token(row, _owner(connection, row.person))
    return found if found.is_in_force(now) else None


def _maker(owner: Person | None) -> str:
    return owner.name if owner else COMMAND_LINE


def _owner(connection: Connection, id_: int | None) -> dict[int, Person]:
    return {} if id_ is None else {each.id: each for each in read_people(connection, person.c.id == id_)}


def _token(row: Any, owners: Mapping[int, Person]) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        role=role_of(row.role),
        story=row.story,
        owner=owners.get(row.person),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
