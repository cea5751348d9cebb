"""
Migrations: bring a database to this build's tables, and tell whether it is there.

In: an engine.  Out: the tables, at alembic's head.
Rule of this file: one transaction under one lock, so that several processes may migrate at once and a failed migration
leaves nothing behind.
"""

from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from connectors.database.audit import patient
from connectors.database.engine import reading
from processors.model.errors import Misconfigured

LOCK = 7_446_251_042
"""PostgreSQL's advisory lock of migrations; SQLite's write lock does the same."""
_LATER = "a later release has migrated it; run that one, or restore the backup taken before"


def alembic_config(connection: Connection | None = None) -> Config:
    """Return alembic's configuration; the migrations lie inside the package, so an installed wheel has them."""
    config = Config()
    config.set_main_option("script_location", str(resources.files("connectors.database") / "migrations"))
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def head() -> str:
    """Return the revision that this build wants."""
    found = ScriptDirectory.from_config(alembic_config()).get_current_head()
    if found is None:
        raise RuntimeError("this build ships no migrations")
    return found


def revisions() -> tuple[str, ...]:
    """Return the revisions that this build knows, the first one first."""
    found = ScriptDirectory.from_config(alembic_config()).walk_revisions()
    return tuple(reversed([script.revision for script in found]))


def migrate(engine: Engine) -> str:
    """
    Bring the database to head; return the revision. Safe at any time and by several at once.

    Raises `Transient`, and `Misconfigured` where a later release has migrated the database.
    """
    with patient("migration"), engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        found = MigrationContext.configure(connection).get_current_revision()
        if found is not None and found not in revisions():
            raise Misconfigured([f"the database is at {found}, which this version does not know: {_LATER}"])
        command.upgrade(alembic_config(connection), "head")
    return head()


def revision(engine: Engine) -> str | None:
    """Return the revision that the database is at, None before the first migration. Raises `Transient`."""
    with patient("migration"), reading(engine).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def at_head(engine: Engine) -> bool:
    """Return whether the database has this build's tables. Raises `Transient`."""
    return revision(engine) == head()
