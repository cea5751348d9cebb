"""
The ledger as commands open it.

Rule of this file: a database without this version's tables is refused.
"""

from sqlalchemy import Engine

from connectors.database.engine import open_engine
from connectors.database.migrate import at_head
from processors.model.errors import Transient
from signalbox.settings import Settings, load_settings


def migrated_engine(settings: Settings | None = None) -> Engine:
    """Return an engine on the settings' database; raise `Transient` where it is away or lacks this build's tables."""
    engine = open_engine((settings or load_settings()).database.get_secret_value())
    if not at_head(engine):
        raise Transient("the database lacks this version's tables; run `signalbox migrate`")
    return engine
