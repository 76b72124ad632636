"""What Alembic runs: all migrations in one transaction on the connection that contracts.database.migrate hands in."""

from alembic import context

from contracts.database import metadata
from ledger.store import metadata as ledger_metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=[ledger_metadata, metadata],
    # SQLite's DDL is transactional too, as our engine begins the transaction itself: a crash leaves the old tables, whole.
    transactional_ddl=True,
)

with context.begin_transaction():
    context.run_migrations()
