"""
The records that the events of a source entity made or wrote (docs/decisions/0074).

Rule of this file: rows are found by digests of their IDs, so that an ID of any length is kept whole; who may write was
checked by the transaction that a statement runs in.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from connectors.database import tables
from processors.model.record import OwnRecord

_own = tables.own_record.c
_FORGET = delete(tables.own_record).where(
    _own.org == bindparam("p_org"),
    _own.integration == bindparam("p_integration"),
    _own.record_id == bindparam("p_record_id"),
)
_CHUNK = 500
_FIELDS = ("source_id", "record_id", "object", "role", "contract", "event_id", "made", "person", "attendee", "at")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def keep_own_records(
    connection: Connection, insert: Callable[..., Any], org: str, records: Sequence[OwnRecord], now: float
) -> None:
    """Keep each record once an event; a repeat keeps that the event made it."""
    rows: dict[tuple[str, str, str, str], dict[str, Any]] = {}
    for record in records:
        row = {name: getattr(record, name) for name in (*_FIELDS, "integration")}
        keys = {
            "source_key": _digest(record.source_id),
            "event_key": _digest(record.contract, record.event_id, record.role),
        }
        place = (record.integration, keys["source_key"], record.record_id, keys["event_key"])
        made = record.made or bool(rows.get(place, {}).get("made"))
        rows[place] = {**row, **keys, "org": org, "updated_at": now, "made": made}
    if not rows:
        return
    statement = insert(tables.own_record)
    new = statement.excluded
    kept = {"person": new.person, "attendee": new.attendee, "at": new.at, "updated_at": new.updated_at}
    keys_of = ["org", "integration", "source_key", "record_id", "event_key"]
    connection.execute(statement.on_conflict_do_update(index_elements=keys_of, set_=kept), list(rows.values()))


def forget_own_records(connection: Connection, org: str, keys: Iterable[tuple[str, str]]) -> None:
    """Delete all rows of these (integration, record ID)."""
    rows = [{"p_org": org, "p_integration": text, "p_record_id": record_id} for text, record_id in keys]
    if rows:
        connection.execute(_FORGET, rows)


def read_own_records(connection: Connection, org: str, keys: Sequence[tuple[str, str]]) -> list[OwnRecord]:
    """Return the rows of these (integration, source ID), the oldest event first."""
    found: list[OwnRecord] = []
    wanted: dict[str, list[str]] = {}
    for integration, source_id in dict.fromkeys(keys):
        wanted.setdefault(integration, []).append(_digest(source_id))
    for integration, digests in wanted.items():
        for start in range(0, len(digests), _CHUNK):
            place = (_own.org == org, _own.integration == integration)
            within = _own.source_key.in_(digests[start : start + _CHUNK])
            query = select(*(_own[name] for name in _FIELDS)).where(*place, within).order_by(_own.at, _own.record_id)
            found += [OwnRecord(integration=integration, **row) for row in connection.execute(query).mappings()]
    return found
