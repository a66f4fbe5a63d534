"""Changes that are counted: their index has all that is asked about them, so that none has to be looked up."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    changed = sa.text("(marks & 32) > 0")
    columns = ["story", "since", "fact", "until", "marks", "occurred_at"]
    op.drop_index("fact_version_changed", "fact_version")
    op.create_index("fact_version_changed", "fact_version", columns, sqlite_where=changed, postgresql_where=changed)
