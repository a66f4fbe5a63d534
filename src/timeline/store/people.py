"""People: who may sign in at the desk, and what each may do there, in one story or in all."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Final, Protocol

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from timeline.domain.errors import InvitationWorthless, NameTaken
from timeline.domain.event import check_actor
from timeline.store import tables
from timeline.store.acts import note
from timeline.store.database import Database
from timeline.store.secret import hash_secret, make_secret
from timeline.store.tables import invitation, person

ANY: Final = "*"
"""Stands for all stories where a story's slug is asked for; no slug is written so."""
INVITATION_LASTS: Final = timedelta(days=1)


class Role(IntEnum):
    """What a person may do; each role may do what those below it may."""

    CONTRIBUTOR = 1
    EDITOR = 2
    STANDARDS = 3
    ADMIN = 4

    def __str__(self) -> str:
        return self.name.lower()


class Rights(Protocol):
    """Somebody who may do something: a person, or a token."""

    @property
    def name(self) -> str: ...

    def role_in(self, story: str) -> Role | None: ...


def may(rights: Rights, least: Role, story: str) -> bool:
    """Whether somebody has at least a role in a story, or in all of them for ANY."""
    return (rights.role_in(story) or 0) >= least


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in; `roles` are by slug, or by ANY. `name` is the actor of what they append."""

    id: int
    name: str
    roles: Mapping[str, Role]
    created_at: datetime
    disabled_at: datetime | None

    def role_in(self, story: str) -> Role | None:
        """Return the highest role in a story, or in all of them for ANY; None for somebody with none."""
        return max((self.roles[each] for each in {story, ANY} & set(self.roles)), default=None)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that was handed to somebody: whoever opens it first becomes that person. Only the first names nobody."""

    name: str | None
    story: str
    role: Role
    expires_at: datetime


def create_person(
    database: Database, name: str, story: str, role: Role, *, by: str, now: datetime, password: str | None = None
) -> Person:
    """Make a person with a role and, as `hash_password` returns it, a password. Raises InvalidEvent, NameTaken."""
    with database.writing() as connection:
        return _create(connection, name, story, role, by=by, now=now, password=password)


def people(database: Database) -> list[Person]:
    """Return everybody who ever was let in, by name."""
    with database.reading() as connection:
        return read_people(connection)


def find_person(database: Database, name: str) -> Person | None:
    """Return the person of a name, written in capitals or not."""
    with database.reading() as connection:
        return next(iter(read_people(connection, person.c.login == login_of(name))), None)


def find_subject(database: Database, subject: str) -> Person | None:
    """Return the person whom the single sign-on knows as this subject."""
    with database.reading() as connection:
        return next(iter(read_people(connection, person.c.subject == subject)), None)


def grant(database: Database, id_: int, story: str, role: Role | None, *, by: str, now: datetime) -> None:
    """Give a person a role in a story, or in all, instead of the one they had there; None takes it away."""
    with database.writing() as connection:
        name = connection.execute(select(person.c.name).where(person.c.id == id_)).scalar_one()
        _grant(connection, id_, story, role)
        note(connection, now, by, f"{name} is {role or 'nothing'} in {_named(story)} from now on", story)


def disable(database: Database, id_: int, *, by: str, now: datetime) -> None:
    """Let a person in no more: their sessions end, and their tokens are worthless."""
    with database.writing() as connection:
        query = update(person).where(person.c.id == id_).values(disabled_at=now).returning(person.c.name)
        name = connection.execute(query).scalar_one()
        connection.execute(delete(tables.session).where(tables.session.c.person == id_))
        note(connection, now, by, f"{name} is let in no more")


def set_password(database: Database, id_: int, password: str, *, by: str, now: datetime) -> None:
    """Give a person another password, as `hash_password` returns it; they are signed out everywhere."""
    with database.writing() as connection:
        _set_password(connection, id_, password, by=by, now=now)


def invite(database: Database, name: str | None, story: str, role: Role, *, by: str, now: datetime) -> str:
    """Make an invitation and return its secret, which nobody sees again. Raises InvalidEvent for a bad name.

    For the name of a person who is there it lets them choose another password. Without a name it is for the first
    person of all, and takes the place of every such invitation before it.
    """
    secret = make_secret()
    values = {"hash": hash_secret(secret), "story": story, "role": str(role), "expires_at": now + INVITATION_LASTS}
    with database.writing() as connection:
        connection.execute(delete(invitation).where((invitation.c.expires_at < now) | (invitation.c.name == name)))
        connection.execute(insert(invitation).values(name=name and check_actor(name), **values))
        if name is not None:
            note(connection, now, by, f"{name} is invited as {role} in {_named(story)}", story)
    return secret


def find_invitation(database: Database, secret: str, now: datetime) -> Invitation:
    """Return the invitation that a secret opens. Raises InvitationWorthless."""
    with database.reading() as connection:
        return _find_invitation(connection, secret, now)


def accept(
    database: Database,
    secret: str,
    name: str,
    *,
    now: datetime,
    password: str | None = None,
    subject: str | None = None,
) -> Person:
    """Let somebody in by their invitation, which is used up: with a password, or known to the single sign-on.

    `name` is heard where the invitation names nobody. Raises InvitationWorthless, InvalidEvent, NameTaken.
    """
    with database.writing() as connection:
        found = _find_invitation(connection, secret, now)
        connection.execute(delete(invitation).where(invitation.c.hash == hash_secret(secret)))
        name = found.name or name
        known = next(iter(read_people(connection, person.c.login == login_of(name))), None)
        if known is None or found.name is None:
            known = _create(connection, name, found.story, found.role, by=name, now=now)
        if password is not None:
            _set_password(connection, known.id, password, by=name, now=now)
        if subject is not None:
            _bind(connection, known, subject)
        return known


def read_people(connection: Connection, *conditions: Any) -> list[Person]:
    """Return the people of whom some conditions are true, by name."""
    query = select(person, tables.role.c.story, tables.role.c.role).outerjoin(tables.role).where(*conditions)
    rows = connection.execute(query.order_by(person.c.login, tables.role.c.story)).all()
    roles: dict[int, dict[str, Role]] = {}
    for row in rows:
        held = roles.setdefault(row.id, {})
        if row.story is not None:
            held[row.story] = role_of(row.role)
    return [
        Person(row.id, row.name, roles[row.id], row.created_at, row.disabled_at)
        for row in {row.id: row for row in rows}.values()
    ]


def role_of(name: str) -> Role:
    """Return the role of a name."""
    return Role[name.upper()]


def login_of(name: str) -> str:
    """Return a name as it is compared: two people must not differ by capitals, or by look-alike letters, alone."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _create(
    connection: Connection, name: str, story: str, role: Role, *, by: str, now: datetime, password: str | None = None
) -> Person:
    values = {"name": check_actor(name), "login": login_of(name), "password": password, "created_at": now}
    try:
        with connection.begin_nested():
            id_ = connection.execute(insert(person).values(values).returning(person.c.id)).scalar_one()
    except IntegrityError:
        raise NameTaken(name) from None
    _grant(connection, id_, story, role)
    note(connection, now, by, f"{name} is let in as {role} in {_named(story)}", story)
    return Person(id_, name, {story: role}, now, None)


def _grant(connection: Connection, id_: int, story: str, role: Role | None) -> None:
    held = tables.role.c
    connection.execute(delete(tables.role).where(held.person == id_, held.story == story))
    if role is not None:
        connection.execute(insert(tables.role).values(person=id_, story=story, role=str(role)))


def _set_password(connection: Connection, id_: int, password: str, *, by: str, now: datetime) -> None:
    query = update(person).where(person.c.id == id_).values(password=password).returning(person.c.name)
    name = connection.execute(query).scalar_one()
    connection.execute(delete(tables.session).where(tables.session.c.person == id_))
    note(connection, now, by, f"{name} has another password")


def _bind(connection: Connection, known: Person, subject: str) -> None:
    try:
        with connection.begin_nested():
            connection.execute(update(person).where(person.c.id == known.id).values(subject=subject))
    except IntegrityError:
        raise NameTaken(subject) from None


def _find_invitation(connection: Connection, secret: str, now: datetime) -> Invitation:
    query = select(invitation).where(invitation.c.hash == hash_secret(secret), invitation.c.expires_at > now)
    row = connection.execute(query).one_or_none()
    # The first invitation is worth nothing once anybody is there, or an old start's output would be a back door.
    if row is None or (row.name is None and connection.execute(select(person.c.id).limit(1)).first()):
        raise InvitationWorthless
    return Invitation(row.name, row.story, role_of(row.role), row.expires_at)


def _named(story: str) -> str:
    return "all stories" if story == ANY else story
