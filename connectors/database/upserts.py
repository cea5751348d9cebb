"""
Upserts of links, states of source entities and field history.

Rule of this file: one statement for many rows; who may write was checked by the transaction that it runs in.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, bindparam, cast, delete, func
from sqlalchemy.dialects.postgresql import JSONB

from connectors.database import tables

_link = tables.link.c
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""U+0000 as JSON writes it: PostgreSQL's jsonb takes none."""
_FORGET = delete(tables.link).where(
    _link.org == bindparam("p_org"), _link.kind == bindparam("p_kind"), _link.source_id == bindparam("p_source_id")
)


def forget_links(connection: Connection, org: str, keys: Iterable[tuple[str, str]]) -> None:
    """Delete the links of these (kind, source ID)."""
    rows = [{"p_org": org, "p_kind": kind, "p_source_id": source_id} for kind, source_id in keys]
    if rows:
        connection.execute(_FORGET, rows)


def keep_links(
    connection: Connection, insert: Callable[..., Any], org: str, links: Mapping[tuple[str, str], str], now: float
) -> None:
    """Insert or replace the record ID of each (kind, source ID); *insert* is the database's own, with upserts."""
    rows = [
        {"org": org, "kind": kind, "source_id": source_id, "record_id": record_id, "linked_at": now}
        for (kind, source_id), record_id in links.items()
    ]
    statement = insert(tables.link)
    kept = {name: statement.excluded[name] for name in ("record_id", "linked_at")}
    if rows:
        connection.execute(
            statement.on_conflict_do_update(index_elements=["org", "kind", "source_id"], set_=kept), rows
        )


def keep_source_states(
    connection: Connection,
    insert: Callable[..., Any],
    org: str,
    source_states: Mapping[tuple[str, str], bytes],
    now: float,
) -> None:
    """Insert or replace what is known of each (integration, source ID)."""
    rows = [
        {"org": org, "integration": integration, "source_id": source_id, "body": body, "updated_at": now}
        for (integration, source_id), body in source_states.items()
    ]
    statement = insert(tables.source_state)
    kept = {name: statement.excluded[name] for name in ("body", "updated_at")}
    if rows:
        connection.execute(
            statement.on_conflict_do_update(index_elements=["org", "integration", "source_id"], set_=kept), rows
        )


def keep_field_history(
    connection: Connection, insert: Callable[..., Any], org: str, field_history: Mapping[str, bytes], now: float
) -> None:
    """Merge the history of written fields (JSON by field) into the history of each record; many rows at once."""
    rows = [
        {"org": org, "record_id": record_id, "body": _NUL.sub(r"\1\\ufffd", body.decode()), "updated_at": now}
        for record_id, body in field_history.items()
    ]
    statement = insert(tables.field_clock)
    kept = {
        "body": _joined(connection, tables.field_clock.c.body, statement.excluded.body),
        "updated_at": statement.excluded.updated_at,
    }
    if rows:
        connection.execute(statement.on_conflict_do_update(index_elements=["org", "record_id"], set_=kept), rows)


def _joined(connection: Connection, held: ColumnElement[str], new: ColumnElement[str]) -> ColumnElement[str]:
    """Return JSON *held* with the fields of *new* in place of its own; the database does it, so nothing is read."""
    if connection.dialect.name == "postgresql":
        return cast(cast(held, JSONB).op("||")(cast(new, JSONB)), Text)
    return func.json_patch(held, new)
