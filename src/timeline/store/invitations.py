"""Invitations: links that were handed to somebody, each of which lets one person in, once, within a day."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select

from timeline.domain.errors import InvitationWorthless, NameTaken
from timeline.store.acts import note
from timeline.store.database import Database
from timeline.store.people import (
    ANY,
    Person,
    Role,
    bind_subject,
    check_name,
    check_new_name,
    insert_person,
    login_of,
    may,
    named,
    read_people,
    replace_password,
    role_of,
)
from timeline.store.secret import hash_secret, make_secret
from timeline.store.tables import invitation, person

INVITATION_LASTS: Final = timedelta(days=1)

_LOCK: Final = 0x1217


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a link opens: a role in `story` for somebody new, who is called `name` unless they are the first of all;
    or, without a role, the way back in for a person who is there already."""

    name: str | None
    story: str | None
    role: Role | None
    expires_at: datetime


def invite(database: Database, name: str, story: str, role: Role, *, by: str, now: datetime) -> str:
    """Make an invitation for somebody who is not there yet; it takes the place of an earlier one to the same.

    Return its secret, which nobody sees again. Raises InvalidEvent, NameTaken.
    """
    name = check_new_name(name)
    with database.writing() as connection:
        if read_people(connection, person.c.login == login_of(name)):
            raise NameTaken(name)
        connection.execute(delete(invitation).where(invitation.c.name == name, invitation.c.story == story))
        note(connection, now, by, f"{name} is invited as {role} in {named(story)}", story)
        return _insert(connection, now, name=name, story=story, role=str(role), invited_by=by)


def invite_first(database: Database, story: str, role: Role, now: datetime) -> str:
    """Make the invitation for the first person of all, instead of every such one before it; return its secret."""
    with database.writing() as connection:
        if not database.is_sqlite:  # Which has one writer at a time anyway.
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        connection.execute(delete(invitation).where(invitation.c.name.is_(None)))
        return _insert(connection, now, story=story, role=str(role))


def invite_back(database: Database, known: Person, *, by: str, now: datetime) -> str:
    """Make an invitation for a person who lost their password; return its secret. Their password is good until then.

    Raises InvitationWorthless for somebody who is let in no more.
    """
    with database.writing() as connection:
        if not read_people(connection, person.c.id == known.id, person.c.disabled_at.is_(None)):
            raise InvitationWorthless
        connection.execute(delete(invitation).where(invitation.c.person == known.id))
        note(connection, now, by, f"{known.name} may choose another password")
        return _insert(connection, now, name=known.name, person=known.id, invited_by=by)


def withdraw(database: Database, name: str, story: str, *, by: str, now: datetime) -> None:
    """Take back the invitation of somebody to a story, or to all; nothing happens where there is none."""
    with database.writing() as connection:
        query = delete(invitation).where(invitation.c.name == name, invitation.c.story == story)
        if connection.execute(query).rowcount:
            note(connection, now, by, f"{name} is no longer invited to {named(story)}", story)


def invitations(database: Database, now: datetime) -> list[Invitation]:
    """Return the invitations to people who are not there yet that are still good, by name."""
    with database.reading() as connection:
        query = select(invitation).where(invitation.c.expires_at > now, invitation.c.role.is_not(None))
        rows = connection.execute(query.where(invitation.c.name.is_not(None)).order_by(invitation.c.name))
        return [_invitation(row) for row in rows]


def find_invitation(database: Database, secret: str, now: datetime) -> Invitation:
    """Return the invitation that a secret opens. Raises InvitationWorthless."""
    with database.reading() as connection:
        row = connection.execute(select(invitation).where(*_good(secret, now))).one_or_none()
        _refuse_worthless(connection, row)
        return _invitation(row)


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

    `name` is heard where the invitation names nobody. Raises InvitationWorthless, InvalidEvent, NameTaken,
    SubjectTaken.
    """
    with database.writing() as connection:
        # Deleting comes first: of two who follow one link at once only one finds it there.
        row = connection.execute(delete(invitation).where(*_good(secret, now)).returning(invitation)).one_or_none()
        _refuse_worthless(connection, row)
        known = _enter(connection, row, name, now)
        if password is not None:
            replace_password(connection, known.id, password, by=known.name, now=now)
        if subject is not None:
            bind_subject(connection, known.id, subject, now)
        return known


def _insert(connection: Connection, now: datetime, **values: Any) -> str:
    secret = make_secret()
    connection.execute(delete(invitation).where(invitation.c.expires_at < now))
    values |= {"hash": hash_secret(secret), "expires_at": now + INVITATION_LASTS}
    connection.execute(insert(invitation).values(values))
    return secret


def _good(secret: str, now: datetime) -> tuple[Any, ...]:
    return (invitation.c.hash == hash_secret(secret), invitation.c.expires_at > now)


def _refuse_worthless(connection: Connection, row: Any) -> None:
    # The first invitation is worth nothing once anybody is there, or an old start's output would be a back door.
    if row is None or (row.name is None and connection.execute(select(person.c.id).limit(1)).first()):
        raise InvitationWorthless
    # Nor is one of an admin who is none any more, or they could come back in by a link to somebody else.
    for inviter in read_people(connection, person.c.login == login_of(row.invited_by or "")):
        if inviter.disabled_at or not may(inviter, Role.ADMIN, row.story or ANY):
            raise InvitationWorthless


def _invitation(row: Any) -> Invitation:
    return Invitation(row.name, row.story, role_of(row.role) if row.role else None, row.expires_at)


def _enter(connection: Connection, row: Any, name: str, now: datetime) -> Person:
    if row.person is None:
        name = check_name(row.name or name)
        return insert_person(connection, name, row.story, role_of(row.role), by=name, now=now)
    known = read_people(connection, person.c.id == row.person, person.c.disabled_at.is_(None))
    if not known:
        raise InvitationWorthless
    return known[0]
