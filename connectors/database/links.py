"""
Links between the source's records and the org's, as the command line shows them.

Rule of this file: reads only; no lease is taken, so a running executor is never disturbed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Engine, select

from connectors.database import tables
from connectors.database.audit import patient
from connectors.database.engine import reading

KIND = "record"


@dataclass(frozen=True, slots=True)
class StoredLink:
    """One link: the source's name of it (`<integration>/<its ID>`), and the record."""

    org: str
    source_id: str
    record_id: str


def by_source(engine: Engine, names: Sequence[str]) -> list[StoredLink]:
    """Return the links kept under these names. Raises `Transient`."""
    return _read(engine, tables.link.c.source_id.in_(list(names)))


def by_record(engine: Engine, org: str, record_ids: Sequence[str]) -> list[StoredLink]:
    """Return the links to these records of the org. Raises `Transient`."""
    link = tables.link.c
    return _read(engine, (link.org == org) & link.record_id.in_(list(record_ids)))


def _read(engine: Engine, which: ColumnElement[bool]) -> list[StoredLink]:
    link = tables.link.c
    query = select(link.org, link.source_id, link.record_id).where(link.kind == KIND, which)
    with patient("ledger"), reading(engine).connect() as connection:
        return [StoredLink(*row) for row in connection.execute(query.order_by(link.org, link.source_id))]
