"""How Alembic reaches the database: on the connection that `timeline.store.schema` holds, inside its transaction."""

from alembic import context

from timeline.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
