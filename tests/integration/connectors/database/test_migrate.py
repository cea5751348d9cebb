"""Migrations: what they make is what the tables say, and several at once do no harm."""

import sqlite3
import threading
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from connectors.database.engine import open_engine
from connectors.database.migrate import alembic_config, at_head, head, migrate, revision, revisions
from connectors.database.tables_all import metadata
from processors.model.errors import Misconfigured, Transient


def test_a_migrated_database_differs_in_nothing_from_the_tables(url: str) -> None:
    engine = open_engine(url)
    assert not at_head(engine)
    assert revision(engine) is None
    assert migrate(engine) == head() == revision(engine)
    assert at_head(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_second_migration_changes_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO ledger VALUES ('here')"))
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT id FROM ledger")).scalar_one() == "here"


def test_several_may_migrate_at_once(url: str) -> None:
    faults: list[BaseException] = []
    engines = [open_engine(url) for _ in range(4)]

    def function(engine: Engine) -> None:
        try:
            migrate(engine)
        except BaseException as error:  # noqa: BLE001  a thread's fault must reach the test
            faults.append(error)

    threads = [threading.Thread(target=function, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert faults == []
    assert set(metadata.tables) < set(inspect(engines[0]).get_table_names())
    for engine in engines:
        engine.dispose()


def test_a_migration_that_fails_leaves_nothing_behind(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = open_engine(url)
    real = command.upgrade

    def upgrade_then_fail(config: Config, wanted: str) -> None:
        real(config, wanted)
        raise RuntimeError("the last step failed")

    monkeypatch.setattr(command, "upgrade", upgrade_then_fail)
    with pytest.raises(RuntimeError, match="last step"):
        migrate(engine)
    assert revision(engine) is None
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_migrations_run_one_after_the_other_from_any_revision_on(url: str) -> None:
    """docs/upgrading.md: a release in between may be left out."""
    engine = open_engine(url)
    assert revisions()[-1] == head()
    for item in revisions():
        with engine.begin() as connection:
            command.upgrade(alembic_config(connection), item)
        assert revision(engine) == item
        assert at_head(engine) is (item == head())
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_an_older_version_waits_on_newer_tables_and_its_migration_changes_nothing(engine: Engine) -> None:
    """docs/upgrading.md, "Going back": what is left then is the backup."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    assert not at_head(engine), "a process of this version does not begin"
    with pytest.raises(Misconfigured, match="at later, which this version does not know"):
        migrate(engine)
    assert revision(engine) == "later"


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
