"""
Command *migrate*: bring the database to this version's tables.

Rule of this file: processes never migrate by themselves; they wait until somebody has run this.
"""

import typer

from connectors.database.engine import open_engine
from connectors.database.migrate import migrate as bring_up
from signalbox.settings import load_settings


def migrate() -> None:
    """Create or upgrade the database's tables; safe to repeat, by several at once. Example: `signalbox migrate`."""
    revision = bring_up(open_engine(load_settings().database.get_secret_value()))
    typer.echo(f"database is at {revision}")
