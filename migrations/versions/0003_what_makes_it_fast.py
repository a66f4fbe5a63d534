"""What makes it fast: the index of fact versions, and the digests of stretches of the story clock.

Both follow from the records: whoever migrates fills the index, and digests are made when they are wanted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

RARE = {"pinned": ("occurred_at", "fact"), "key": ("occurred_at", "fact"), "changed": ("since",)}
"""What is looked for among facts that mostly have nothing of it, and in which order."""
BEFORE_ALL = str(-62_135_596_800_000_000)
"""The first moment of the year 1, as moments are stored."""
BITS = {"pinned": 16, "key": 8, "changed": 32}


def upgrade() -> None:
    op.add_column("story", sa.Column("horizon", sa.BigInteger, nullable=False, server_default=BEFORE_ALL))
    op.create_table(
        "fact_version",
        sa.Column("story", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("since", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("until", sa.Integer, nullable=False),
        sa.Column("fact", sa.Integer, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("occurred_at", sa.BigInteger, nullable=False),
        sa.Column("marks", sa.SmallInteger, nullable=False),
        sa.Column("horizon", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("fact_version_place", "fact_version", ["story", "occurred_at", "fact", "since", "until"])
    for name, columns in RARE.items():
        _partial_index(f"fact_version_{name}", "fact_version", ["story", *columns], f"(marks & {BITS[name]}) > 0")
    op.create_table(
        "digest",
        sa.Column("story", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("level", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("occurred_at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("fact", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("since", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("until", sa.Integer, nullable=False),
        sa.Column("end_at", sa.BigInteger, nullable=False),
        sa.Column("end_fact", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("outline", sa.Text, nullable=False),
        sa.Column("total", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        # Statistics hold samples of what a table says, and a takedown would not reach them.
        for column in ("outline", "total"):
            op.execute(f"ALTER TABLE digest ALTER COLUMN {column} SET STATISTICS 0")
    op.create_index("digest_end", "digest", ["story", "until", "end_at"])
    for name, multiple in (("event_landmark", 128), ("event_far_landmark", 8192)):
        where = f"version % {multiple} = 0 AND id = fact"
        _partial_index(name, "event", ["story", "occurred_at", "version"], where)


def _partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
