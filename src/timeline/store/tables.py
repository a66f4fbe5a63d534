"""The tables. The migrations make them, with the triggers that refuse what must not happen to a record."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
    text,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class MomentColumn(TypeDecorator[datetime]):
    """A moment as whole microseconds since 1970: both databases order and return it alike."""

    impl = BigInteger
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], int | None]:
        return _microseconds

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[int | None], datetime | None]:
        return _moment


def _microseconds(value: datetime | None) -> int | None:
    return None if value is None else (value - _EPOCH) // _MICROSECOND


def _moment(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + timedelta(microseconds=value)


metadata: Final = MetaData()

story: Final = Table(
    "story",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slug", String(80), nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("recorded_at", MomentColumn, nullable=False),
    Column("imported_at", MomentColumn),
    Column("horizon", MomentColumn, nullable=False),
)
"""The heads of the records: `version` and `recorded_at` are those of the last event, and no fact was ever dated later
than the `horizon`."""

_STORY_CLOCK: Final = ("story", "occurred_at", "version")
_LANDMARK: Final = text("version % 128 = 0 AND id = fact")
_FAR_LANDMARK: Final = text("version % 8192 = 0 AND id = fact")
_PINNED: Final = text("(marks & 16) > 0")
_KEY: Final = text("(marks & 8) > 0")
_CHANGED: Final = text("(marks & 32) > 0")
_OF_A_CHANGE: Final = ("story", "since", "fact", "until", "marks", "occurred_at")
"""All by which changes are counted, so that none has to be looked up."""

event: Final = Table(
    "event",
    metadata,
    Column("story", Integer, ForeignKey("story.id"), primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("schema", SmallInteger, nullable=False),
    Column("occurred_at", MomentColumn, nullable=False),
    Column("precision", Text, nullable=False),
    Column("recorded_at", MomentColumn, nullable=False),
    Column("actor", Text, nullable=False),
    Column("source", Text),
    Column("fact", Uuid),
    Column("data", Text),
    Column("salt", LargeBinary(16)),
    Column("commitment", LargeBinary(32), nullable=False),
    Column("leaf", LargeBinary(32), nullable=False),
    UniqueConstraint("story", "id", name="event_id"),
    Index("event_fact", "story", "fact", "version"),
    Index("event_recorded_at", "story", "recorded_at", "version"),
    Index("event_landmark", *_STORY_CLOCK, sqlite_where=_LANDMARK, postgresql_where=_LANDMARK),
    Index("event_far_landmark", *_STORY_CLOCK, sqlite_where=_FAR_LANDMARK, postgresql_where=_FAR_LANDMARK),
)
"""The records. `fact` is the fact that an event reports or is about; `source` and `data` are canonical JSON."""

fact_version: Final = Table(
    "fact_version",
    metadata,
    Column("story", Integer, primary_key=True, autoincrement=False),
    Column("since", Integer, primary_key=True, autoincrement=False),
    Column("until", Integer, nullable=False),
    Column("fact", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("occurred_at", MomentColumn, nullable=False),
    Column("marks", SmallInteger, nullable=False),
    Column("horizon", MomentColumn, nullable=False),
    Index("fact_version_place", "story", "occurred_at", "fact", "since", "until"),
    Index("fact_version_pinned", "story", "occurred_at", "fact", sqlite_where=_PINNED, postgresql_where=_PINNED),
    Index("fact_version_key", "story", "occurred_at", "fact", sqlite_where=_KEY, postgresql_where=_KEY),
    Index("fact_version_changed", *_OF_A_CHANGE, sqlite_where=_CHANGED, postgresql_where=_CHANGED),
    sqlite_with_rowid=False,
)
"""The index of fact versions, see `store.fact_versions`; it follows from the records."""

digest: Final = Table(
    "digest",
    metadata,
    Column("story", Integer, primary_key=True, autoincrement=False),
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("occurred_at", MomentColumn, primary_key=True),
    Column("fact", Integer, primary_key=True, autoincrement=False),
    Column("since", Integer, primary_key=True, autoincrement=False),
    Column("until", Integer, nullable=False),
    Column("end_at", MomentColumn, nullable=False),
    Column("end_fact", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("outline", Text, nullable=False),
    Column("total", Text, nullable=False),
    Index("digest_end", "story", "until", "end_at"),
    sqlite_with_rowid=False,
)
"""What stretches of the story clock come to, see `store.digests`; it follows from the records."""

token: Final = Table(
    "token",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("created_at", MomentColumn, nullable=False),
    Column("revoked_at", MomentColumn),
    Column("person", Integer, ForeignKey("person.id")),
    Column("story", String(80), nullable=False, server_default="*"),
    Column("expires_at", MomentColumn),
)
"""Who may append through the API; of a token's secret only the SHA-256 is kept. `person` owns it, if anybody does."""

person: Final = Table(
    "person",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("login", Text, nullable=False, unique=True),
    Column("password", Text),
    Column("subject", Text, unique=True),
    Column("created_at", MomentColumn, nullable=False),
    Column("disabled_at", MomentColumn),
)
"""The people of the desk. `name` is the actor on record, `login` the same without regard to case; `password` is
argon2's text, `subject` who they are to the single sign-on, as issuer and subject."""

role: Final = Table(
    "role",
    metadata,
    Column("person", Integer, ForeignKey("person.id"), primary_key=True),
    Column("story", String(80), primary_key=True),
    Column("role", Text, nullable=False),
)
"""What people may do: in the story of a slug, which need not be there yet, or in all (`*`)."""

invitation: Final = Table(
    "invitation",
    metadata,
    Column("hash", LargeBinary(32), primary_key=True),
    Column("name", Text),
    Column("story", String(80)),
    Column("role", Text),
    Column("person", Integer, ForeignKey("person.id")),
    Column("invited_by", Text),
    Column("expires_at", MomentColumn, nullable=False),
)
"""Links that let somebody in, once: with a role, as somebody of a name that is not there yet (the first of all names
nobody); or as the `person` who is there and lost their password, with the roles that they have."""

session: Final = Table(
    "session",
    metadata,
    Column("hash", LargeBinary(32), primary_key=True),
    Column("person", Integer, ForeignKey("person.id"), nullable=False),
    Column("created_at", MomentColumn, nullable=False),
    Column("expires_at", MomentColumn, nullable=False),
    Index("session_person", "person"),
)
"""Who is signed in; of the secret in a browser's cookie only the SHA-256 is kept."""

attempt: Final = Table(
    "attempt",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("at", MomentColumn, nullable=False),
    Index("attempt_at", "at"),
)
"""Attempts to sign in that have not succeeded, or not yet."""

draft: Final = Table(
    "draft",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person", Integer, ForeignKey("person.id"), nullable=False),
    Column("story", Integer, ForeignKey("story.id"), nullable=False),
    Column("fact", Uuid),
    Column("form", Text, nullable=False),
    Column("saved_at", MomentColumn, nullable=False),
    Index("draft_person", "person", "story"),
)
"""What is being written and is on no record yet: the fields of a form, as JSON. `id` is the event's to be."""

takedown: Final = Table(
    "takedown",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("story", Integer, ForeignKey("story.id"), nullable=False),
    Column("fact", Uuid, nullable=False),
    Column("basis", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", MomentColumn, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", MomentColumn),
    Column("is_approved", Boolean),
)
"""Takedowns that one person asked for and a second decides on; `id` is that of the event once it is approved."""

act: Final = Table(
    "act",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", MomentColumn, nullable=False),
    Column("actor", Text, nullable=False),
    Column("story", String(80)),
    Column("what", Text, nullable=False),
)
"""What was done at the desk that is on no record: who was let in, and with which right."""
