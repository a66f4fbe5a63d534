"""The tables. The migrations make them, with the triggers that refuse what must not happen to a record."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import (
    BigInteger,
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
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class MomentColumn(TypeDecorator[datetime]):
    """A moment as whole microseconds since 1970: both databases order and return it alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
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
)
"""The heads of the records: `version` and `recorded_at` are those of the last event."""

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
)
"""The records. `fact` is the fact that an event reports or is about; `source` and `data` are canonical JSON."""

token: Final = Table(
    "token",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("created_at", MomentColumn, nullable=False),
    Column("revoked_at", MomentColumn),
)
"""Who may append through the API; of a token's secret only the SHA-256 is kept."""
