"""The metadata with every table on it: importing a table's module is what puts the table there."""

from connectors.database import audit, notes, tables
from connectors.database.metadata import metadata

__all__ = ["audit", "metadata", "notes", "tables"]
