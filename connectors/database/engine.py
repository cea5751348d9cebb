"""
Opening the database: SQLite (WAL, synchronous=FULL, one host) or PostgreSQL, told apart by the URL.

Rule of this file: all connection settings that the delivery guarantees depend on are set here.
"""

import sqlite3
import time
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

BUSY_SECONDS = 30
"""How long a writer waits for SQLite's one write lock before it gives up and tries again later."""

_LOOK_AGAIN = 0.05

IDLE_IN_TRANSACTION_MS = 5_000
"""PostgreSQL ends a transaction whose writer stands still this long (design section 3, point 7; attack D15)."""


def open_engine(url: str) -> Engine:
    """
    Return an engine on *url*, with one-writer transactions and durable commits.

    Args:
        url: `sqlite:///path` or `postgresql+psycopg://...`; `postgresql://` is read as the latter.
    """
    parsed = make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(
            create_engine(
                parsed,
                connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
            )
        )
    options = f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_MS} -c timezone=UTC"
    return create_engine(parsed, pool_pre_ping=True, pool_size=12, connect_args={"options": options})


def reading(engine: Engine) -> Engine:
    """Return the same engine for reads: autocommit, so that a read never takes SQLite's write lock."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _sqlite(engine: Engine) -> Engine:
    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions by itself: a deferred one could not be upgraded to a writer safely.
        connection.isolation_level = None
        _write_ahead(connection)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """
    Bring the file to write-ahead logging.

    Only the first connection to a new file has to, and SQLite does not let it wait for the lock of another one that is
    as new: its time-out does not hold here. Raises `sqlite3.OperationalError`, as a writer that has waited in vain.
    """
    last = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > last:
                raise
            time.sleep(_LOOK_AGAIN)
        else:
            return
