"""The record: stories, events, tokens, and the triggers that refuse what must not happen to an event.

There is no way down: a record is not thrown away by a command.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

COLUMNS = [
    "story",
    "version",
    "id",
    "type",
    "schema",
    "occurred_at",
    "precision",
    "recorded_at",
    "actor",
    "source",
    "fact",
    "commitment",
    "leaf",
]


def upgrade() -> None:
    op.create_table(
        "story",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("slug", sa.String(80), nullable=False, unique=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("imported_at", sa.BigInteger),
    )
    op.create_table(
        "event",
        sa.Column("story", sa.Integer, sa.ForeignKey("story.id"), primary_key=True, autoincrement=False),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("schema", sa.SmallInteger, nullable=False),
        sa.Column("occurred_at", sa.BigInteger, nullable=False),
        sa.Column("precision", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("source", sa.Text),
        sa.Column("fact", sa.Uuid),
        sa.Column("data", sa.Text),
        sa.Column("salt", sa.LargeBinary(16)),
        sa.Column("commitment", sa.LargeBinary(32), nullable=False),
        sa.Column("leaf", sa.LargeBinary(32), nullable=False),
        sa.UniqueConstraint("story", "id", name="event_id"),
    )
    op.create_index("event_fact", "event", ["story", "fact", "version"])
    op.create_index("event_recorded_at", "event", ["story", "recorded_at", "version"])
    op.create_table(
        "token",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
    )
    if op.get_bind().dialect.name == "sqlite":
        _sqlite_triggers()
    else:
        _postgresql_triggers()


def _sqlite_triggers() -> None:
    same = " AND ".join(f'NEW."{column}" IS OLD."{column}"' for column in ("rowid", *COLUMNS))
    # The names are those above, nobody's input.
    op.execute(f"""
        CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON event
        WHEN NOT (
            {same} AND NEW.data IS NULL AND NEW.salt IS NULL
            AND (OLD.id = OLD.fact OR OLD.type = 'fact.corrected')
            AND EXISTS (
                SELECT 1 FROM event AS takedown
                WHERE takedown.story = OLD.story AND takedown.fact = OLD.fact
                AND takedown.type = 'fact.taken_down'
            )
        )
        BEGIN SELECT RAISE(ABORT, 'the record is append-only: an event is never changed'); END
    """)
    op.execute("""
        CREATE TRIGGER event_is_not_removed BEFORE DELETE ON event
        BEGIN SELECT RAISE(ABORT, 'the record is append-only: an event is never removed'); END
    """)
    # INSERT OR REPLACE removes the old row without firing the trigger above.
    op.execute("""
        CREATE TRIGGER event_is_not_replaced BEFORE INSERT ON event
        WHEN EXISTS (SELECT 1 FROM event WHERE rowid = NEW.rowid)
        OR EXISTS (SELECT 1 FROM event WHERE story = NEW.story AND version = NEW.version)
        OR EXISTS (SELECT 1 FROM event WHERE story = NEW.story AND id = NEW.id)
        BEGIN SELECT RAISE(ABORT, 'the record is append-only: an event is never replaced'); END
    """)
    op.execute("""
        CREATE TRIGGER story_is_not_removed BEFORE DELETE ON story
        BEGIN SELECT RAISE(ABORT, 'the record is append-only: a story is never removed'); END
    """)


def _postgresql_triggers() -> None:
    # The schema is named, or a temporary table called `event` could vouch for a takedown that is on no record.
    op.execute("""
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
        DECLARE
            is_taken_down boolean;
        BEGIN
            IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'event' THEN
                EXECUTE format(
                    'SELECT EXISTS (SELECT 1 FROM %I.event WHERE story = $1 AND fact = $2 AND type = $3)',
                    TG_TABLE_SCHEMA
                ) INTO is_taken_down USING OLD.story, OLD.fact, 'fact.taken_down';
                IF is_taken_down AND (OLD.id = OLD.fact OR OLD.type = 'fact.corrected') THEN
                    OLD.data := NULL;
                    OLD.salt := NULL;
                    IF NEW IS NOT DISTINCT FROM OLD THEN
                        RETURN NEW;
                    END IF;
                END IF;
            END IF;
            RAISE EXCEPTION 'the record is append-only: % of % is refused', TG_OP, TG_TABLE_NAME;
        END $$
    """)
    # ALWAYS: a session that declares itself a replica does not get past them.
    for table, name, when in (
        ("event", "event_is_not_changed", "BEFORE UPDATE OR DELETE ON event FOR EACH ROW"),
        ("event", "event_is_not_truncated", "BEFORE TRUNCATE ON event FOR EACH STATEMENT"),
        ("story", "story_is_not_removed", "BEFORE DELETE ON story FOR EACH ROW"),
        ("story", "story_is_not_truncated", "BEFORE TRUNCATE ON story FOR EACH STATEMENT"),
    ):
        op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION refuse_change()")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
