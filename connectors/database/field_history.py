"""
The field history for the command line: which event wrote a field.

Rule of this file: reads only; no lease is taken, so a running executor is never disturbed.
"""

from sqlalchemy import Engine, select

from connectors.database import tables
from connectors.database.audit import patient
from connectors.database.engine import reading
from processors.model.field_history import Fields, fields_from_json


def field_history(engine: Engine, record_id: str, org: str | None = None) -> list[tuple[str, Fields]]:
    """Return (org, what is kept of the record's fields) for each org that knows the record. Raises `Transient`."""
    table = tables.field_clock.c
    query = select(table.org, table.body).where(table.record_id == record_id).order_by(table.org)
    if org is not None:
        query = query.where(table.org == org)
    with patient("ledger"), reading(engine).connect() as connection:
        return [(row.org, fields_from_json(row.body.encode())) for row in connection.execute(query)]
