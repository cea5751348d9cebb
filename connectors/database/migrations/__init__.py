"""The tables' history, run by alembic through `connectors.database.migrate`."""
