"""
Our own writes by field, for the process that reads an org's changes.

Rule of this file: reads only; no lease is taken, so a running executor is never disturbed.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Engine, select

from connectors.database import tables
from connectors.database.audit import patient
from connectors.database.engine import reading
from connectors.database.reads import chunks
from processors.changes.ports import OwnWrite
from processors.model.field_history import fields_from_json, last_write_of, written_fields


class DatabaseOwnWrites:
    """`processors.changes.ports.OwnWrites` on the ledger's field history."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def written(self, org: str, record_ids: Sequence[str]) -> Mapping[str, Mapping[str, OwnWrite]]:
        """Return the last write of each field of each of the records, by record ID and API name."""
        table = tables.field_clock.c
        found: dict[str, Mapping[str, OwnWrite]] = {}
        with patient("ledger"), reading(self._engine).connect() as connection:
            for chunk in chunks(list(record_ids)):
                query = select(table.record_id, table.body).where(table.org == org, table.record_id.in_(chunk))
                for row in connection.execute(query):
                    found[row.record_id] = _writes(row.body.encode())
        return found


def _writes(body: bytes) -> dict[str, OwnWrite]:
    fields = fields_from_json(body)
    writes = ((name, last_write_of(fields, name)) for name in written_fields(fields))
    return {
        name: OwnWrite(last_write.integration, last_write.value, last_write.event)
        for name, last_write in writes
        if last_write is not None
    }
