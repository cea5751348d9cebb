"""The conformance suite of the databases: each test here runs on SQLite and on PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.database.engine import open_engine
from connectors.database.migrate import migrate


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a new database; the server is asked for only where the test runs on it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of SQLite with the tables of this build, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "ledger.db"
    opened = open_engine(f"sqlite:///{path}")
    migrate(opened)
    opened.dispose()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Return an engine on a migrated database."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "ledger.db")
        opened = open_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    else:
        opened = open_engine(request.getfixturevalue("postgres_migrated"))
    yield opened
    opened.dispose()
