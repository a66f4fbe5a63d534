"""${message}

Rules for this folder:
- The table `event` is append-only. Never put it through `batch_alter_table`: it copies the table and drops its
  triggers without a word. Add a nullable column with plain `ALTER TABLE`, and nothing else.
- A new column of `event` must join the list in the SQLite trigger `event_is_not_changed`; drop it and make it anew.
- The test that the triggers refuse runs after every migration.
- A migration holds the locks of its statements until its end: on PostgreSQL make indexes in one of their own.
"""

from alembic import op
import sqlalchemy as sa
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
