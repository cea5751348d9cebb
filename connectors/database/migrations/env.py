"""
Alembic's environment: migrations run on the connection that `migrate` opened, inside its transaction.

Rule of this file: it opens no connection and begins no transaction; whoever calls holds the lock.
"""

from alembic import context

from connectors.database.tables_all import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
