"""People: who may sign in at the desk, and what each may do there, in one story or in all."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Final, Protocol

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from timeline.domain.errors import Fault, InvalidEvent, LastAdmin, NameTaken, SubjectTaken, UnknownPerson
from timeline.domain.event import NOBODY, check_actor
from timeline.store import tables
from timeline.store.acts import COMMAND_LINE, note
from timeline.store.database import Database
from timeline.store.tables import invitation, person, session, token

ANY: Final = "*"
"""Stands for all stories where a story's slug is asked for; no slug is written so."""

_LONGEST_LOGIN: Final = 500
_JOINERS: Final = "\u200c\u200d"
"""Nobody sees them, and some scripts need them within a name."""
# What Cyrillic and Greek share with Latin to the eye, small or capital: the commonest of Unicode's UTS 39.
_CYRILLIC: Final = "авеһніјкморԛсѕтухԝԁ"
_GREEK: Final = "αβεζηικμνορτυχ"
_ALIKE: Final = str.maketrans(_CYRILLIC + _GREEK, "abehhijkmopqcstyxwd" + "abezhikmnoptyx")


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

    @property
    def administers(self) -> frozenset[str]:
        """The slugs of the stories whose admin they are, with ANY among them for an admin of all."""
        return frozenset(story for story, role in self.roles.items() if role == Role.ADMIN)


def create_person(
    database: Database, name: str, story: str, role: Role, *, by: str, now: datetime, password: str | None = None
) -> Person:
    """Make a person with a role and, as `hash_password` returns it, a password. Raises InvalidEvent, NameTaken."""
    with database.writing() as connection:
        return insert_person(connection, name, story, role, by=by, now=now, password=password)


def people(database: Database) -> list[Person]:
    """Return everybody who ever was let in, by name."""
    with database.reading() as connection:
        return read_people(connection)


def find_person(database: Database, name: str) -> Person | None:
    """Return the person of a name, written in capitals or not."""
    with database.reading() as connection:
        return next(iter(read_people(connection, person.c.login == login_of(name))), None)


def person_called(database: Database, name: str) -> Person:
    """Return the person of a name, written in capitals or not. Raises InvalidEvent, UnknownPerson."""
    found = find_person(database, check_name(name))
    if found is None:
        raise UnknownPerson(name)
    return found


def find_subject(database: Database, subject: str) -> Person | None:
    """Return the person whom the single sign-on knows as this subject."""
    with database.reading() as connection:
        return next(iter(read_people(connection, person.c.subject == subject)), None)


def bind(database: Database, id_: int, subject: str, now: datetime) -> None:
    """Let a person sign in by an account that they have at the single sign-on. Raises SubjectTaken."""
    with database.writing() as connection:
        bind_subject(connection, id_, subject, now)


def grant(database: Database, id_: int, story: str, role: Role | None, *, by: str, now: datetime) -> None:
    """Give a person a role in a story, or in all, instead of the one they had there; None takes it away.

    Raises LastAdmin.
    """
    with database.writing() as connection:
        if story == ANY and role != Role.ADMIN:
            _leave_an_admin(connection, id_)
        name = connection.execute(select(person.c.name).where(person.c.id == id_).with_for_update()).scalar_one()
        _grant(connection, id_, story, role)
        present = f"is {role}" if role else "has no role"
        note(connection, now, by, f"{name} {present} in {named(story)} from now on", story)


def disable(database: Database, id_: int, *, by: str, now: datetime) -> None:
    """Let a person in no more: their sessions end, their tokens and links are worthless. Raises LastAdmin.

    Tokens that were made at the command line for somebody of that name are revoked.
    """
    with database.writing() as connection:
        _leave_an_admin(connection, id_)
        query = update(person).where(person.c.id == id_).values(disabled_at=now).returning(person.c.name)
        name = connection.execute(query).scalar_one()
        connection.execute(delete(session).where(session.c.person == id_))
        connection.execute(delete(invitation).where(invitation.c.person == id_))
        _revoke_unowned(connection, name, now)
        note(connection, now, by, f"{name} is let in no more")


def enable(database: Database, id_: int, *, by: str, now: datetime) -> None:
    """Let a person in again who was shown out, with the roles and tokens that they have."""
    with database.writing() as connection:
        query = update(person).where(person.c.id == id_).values(disabled_at=None).returning(person.c.name)
        note(connection, now, by, f"{connection.execute(query).scalar_one()} is let in again")


def set_password(database: Database, id_: int, password: str, *, by: str, now: datetime) -> None:
    """Give a person another password, as `hash_password` returns it; they are signed out everywhere."""
    with database.writing() as connection:
        replace_password(connection, id_, password, by=by, now=now)


def insert_person(
    connection: Connection, name: str, story: str, role: Role, *, by: str, now: datetime, password: str | None = None
) -> Person:
    """Make a person as `create_person` does, within a transaction."""
    name = check_new_name(name)
    values = {"name": name, "login": login_of(name), "password": password, "created_at": now}
    try:
        with connection.begin_nested():
            id_ = connection.execute(insert(person).values(values).returning(person.c.id)).scalar_one()
    except IntegrityError:
        raise NameTaken(name) from None
    _grant(connection, id_, story, role)
    note(connection, now, by, f"{name} is let in as {role} in {named(story)}", story)
    return Person(id_, name, {story: role}, now, None)


def replace_password(connection: Connection, id_: int, password: str, *, by: str, now: datetime) -> None:
    """Give a person another password as `set_password` does, within a transaction."""
    query = update(person).where(person.c.id == id_).values(password=password).returning(person.c.name)
    name = connection.execute(query).scalar_one()
    connection.execute(delete(session).where(session.c.person == id_))
    note(connection, now, by, f"{name} has another password")


def bind_subject(connection: Connection, id_: int, subject: str, now: datetime) -> None:
    """Let a person sign in by another account as `bind` does, within a transaction."""
    query = update(person).where(person.c.id == id_).values(subject=subject).returning(person.c.name)
    try:
        with connection.begin_nested():
            name = connection.execute(query).scalar_one()
    except IntegrityError:
        raise SubjectTaken from None
    note(connection, now, name, f"{name} signs in by another account of the single sign-on")


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


def check_name(name: str) -> str:
    """Return a person's name as it is kept, single spaces between its words. Raises InvalidEvent."""
    if not all(letter.isprintable() or letter in _JOINERS or letter.isspace() for letter in name):
        raise InvalidEvent("the name cannot be used", [Fault("", "it holds a character that cannot be seen")])
    return check_actor(unicodedata.normalize("NFC", " ".join(name.split())))


def check_new_name(name: str) -> str:
    """Return a name as `check_name` does, for somebody who is to have it. Raises InvalidEvent."""
    checked = check_name(name)
    if login_of(checked) in map(login_of, (COMMAND_LINE, NOBODY)):
        raise InvalidEvent("the name cannot be used", [Fault("", "what nobody did in their own name is signed so")])
    return checked


def role_of(name: str) -> Role:
    """Return the role of a name."""
    return Role[name.upper()]


def login_of(name: str) -> str:
    """Return a name as it is compared: two people must not differ by capitals, or by look-alike letters, alone."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    seen = "".join(each for each in plain if each not in _JOINERS).translate(_ALIKE)
    return " ".join(seen.split())[:_LONGEST_LOGIN]


def named(story: str) -> str:
    """Return a story, or all of them, as it is called in a sentence."""
    return "all stories" if story == ANY else story


def _grant(connection: Connection, id_: int, story: str, role: Role | None) -> None:
    held = tables.role.c
    connection.execute(delete(tables.role).where(held.person == id_, held.story == story))
    if role is not None:
        connection.execute(insert(tables.role).values(person=id_, story=story, role=str(role)))


def _revoke_unowned(connection: Connection, name: str, now: datetime) -> None:
    """Revoke the tokens that were made at the command line for somebody of a name, however it was written there."""
    query = select(token.c.id, token.c.name).where(token.c.person.is_(None), token.c.revoked_at.is_(None))
    named_so = [row.id for row in connection.execute(query) if login_of(row.name) == login_of(name)]
    connection.execute(update(token).where(token.c.id.in_(named_so)).values(revoked_at=now))


def _leave_an_admin(connection: Connection, id_: int) -> None:
    """Refuse that the last admin of all goes; of two who show each other out at once one stays."""
    held = tables.role.c
    query = select(person.c.id, person.c.name).join(tables.role).where(person.c.disabled_at.is_(None))
    query = query.where(held.story == ANY, held.role == str(Role.ADMIN)).order_by(person.c.id).with_for_update()
    admins = {row.id: row.name for row in connection.execute(query)}
    if set(admins) == {id_}:
        raise LastAdmin(admins[id_])
