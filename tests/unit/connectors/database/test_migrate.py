"""Migrations on SQLite: what they make is what the tables say, and several at once do no harm."""

import sqlite3
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from connectors.database.engine import open_engine
from connectors.database.migrate import at_head, head, migrate, revision
from connectors.database.tables_all import metadata
from processors.model.errors import Transient


def test_a_migrated_database_differs_in_nothing_from_the_tables(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'one.db'}")
    assert not at_head(engine)
    assert migrate(engine) == head() == revision(engine)
    assert at_head(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_second_migration_changes_nothing(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'one.db'}")
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO ledger VALUES ('here')"))
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT id FROM ledger")).scalar_one() == "here"


def test_several_may_migrate_at_once(tmp_path: Path) -> None:
    faults: list[BaseException] = []

    def one() -> None:
        try:
            migrate(open_engine(f"sqlite:///{tmp_path / 'one.db'}"))
        except BaseException as error:  # noqa: BLE001  a thread's fault must reach the test
            faults.append(error)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert faults == []
    assert set(metadata.tables) < set(inspect(open_engine(f"sqlite:///{tmp_path / 'one.db'}")).get_table_names())


def test_a_new_file_that_another_connection_writes_is_waited_for(tmp_path: Path) -> None:
    """SQLite's own time-out does not hold while a file is brought to write-ahead logging."""
    first = sqlite3.connect(tmp_path / "one.db", isolation_level=None, check_same_thread=False)
    first.execute("BEGIN IMMEDIATE")
    first.execute("CREATE TABLE other (id INTEGER)")
    end = threading.Timer(0.3, lambda: first.execute("COMMIT"))
    end.start()
    assert migrate(open_engine(f"sqlite:///{tmp_path / 'one.db'}")) == head()
    end.join()
    first.close()
    assert sqlite3.connect(tmp_path / "one.db").execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_database_that_cannot_be_opened_is_an_outage_not_a_crash(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")
    with pytest.raises(Transient, match="unable to open"):
        at_head(engine)
