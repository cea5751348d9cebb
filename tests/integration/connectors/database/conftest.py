"""One migrated database of each kind for the tests here."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.database.engine import open_engine
from connectors.database.migrate import migrate


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Return a migrated engine; the server is asked for only where the test runs on it."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'ledger.db'}"
    else:
        url = request.getfixturevalue("postgres_url")
    opened = open_engine(url)
    migrate(opened)
    yield opened
    opened.dispose()
