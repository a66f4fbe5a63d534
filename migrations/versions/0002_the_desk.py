"""The desk: people, their roles, sessions and drafts, takedowns that wait for a second person, and what was done.

A token may now belong to a person, be good for one story only, and expire. Nothing here touches a record.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("login", sa.Text, nullable=False, unique=True),
        sa.Column("password", sa.Text),
        sa.Column("subject", sa.Text, unique=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("disabled_at", sa.BigInteger),
    )
    op.create_table(
        "role",
        sa.Column("person", sa.Integer, sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("story", sa.String(80), primary_key=True),
        sa.Column("role", sa.Text, nullable=False),
    )
    op.create_table(
        "invitation",
        sa.Column("hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("name", sa.Text),
        sa.Column("story", sa.String(80)),
        sa.Column("role", sa.Text),
        sa.Column("person", sa.Integer, sa.ForeignKey("person.id")),
        sa.Column("invited_by", sa.Text),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "session",
        sa.Column("hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("person", sa.Integer, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("session_person", "session", ["person"])
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("login", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("attempt_at", "attempt", ["at"])
    op.create_table(
        "draft",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("person", sa.Integer, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("story", sa.Integer, sa.ForeignKey("story.id"), nullable=False),
        sa.Column("fact", sa.Uuid),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("saved_at", sa.BigInteger, nullable=False),
    )
    op.create_index("draft_person", "draft", ["person", "story"])
    op.create_table(
        "takedown",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("story", sa.Integer, sa.ForeignKey("story.id"), nullable=False),
        sa.Column("fact", sa.Uuid, nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("is_approved", sa.Boolean),
    )
    op.create_table(
        "act",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("story", sa.String(80)),
        sa.Column("what", sa.Text, nullable=False),
    )
    # A plain ALTER TABLE: Alembic would give the reference a name, which SQLite cannot add to a table that is there.
    op.execute("ALTER TABLE token ADD COLUMN person INTEGER REFERENCES person (id)")
    op.execute("ALTER TABLE token ADD COLUMN story VARCHAR(80) NOT NULL DEFAULT '*'")
    op.execute("ALTER TABLE token ADD COLUMN expires_at BIGINT")
    if op.get_bind().dialect.name == "postgresql":
        _keep_text_out_of_statistics()


def _keep_text_out_of_statistics() -> None:
    """Let PostgreSQL sample no text of a story: a takedown would not reach what its planner remembers.

    Naming the type that a column has already makes it forget what it sampled so far, and rewrites nothing.
    """
    for table, column in (("event", "data"), ("draft", "form")):
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE text, ALTER COLUMN {column} SET STATISTICS 0")
