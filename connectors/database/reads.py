"""
Reads of the ledger without its lease: states of source entities, links, field history and unpublished outcomes.

Rule of this file: reads only; a database that is unavailable or busy raises `Transient`, whichever error it reports.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import Engine, String, literal, select, type_coerce
from sqlalchemy.exc import DBAPIError, OperationalError

from connectors.database import tables
from connectors.database.engine import reading
from connectors.database.own_records import read_own_records
from connectors.database.stored_text import spellings, stored
from processors.model.errors import Transient
from processors.model.ledger import Lease, Unpublished
from processors.model.record import OwnRecord

_CHUNK = 500
"""IDs in one IN list: below every database's limit on bound parameters."""
_SOURCE_ID, _LINK = 300, 200
"""Characters of the columns that keep source IDs and the names of links."""
_PROGRAM_LIMIT = "54"
"""The class of PostgreSQL's states for what is too large or too complex."""

_command, _notice = tables.command.c, tables.notice.c


class LedgerReads:
    """The reading half of `processors.model.ledger.Ledger`."""

    def __init__(self, engine: Engine) -> None:
        self._reading = reading(engine)

    def source_states(self, lease: Lease, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], bytes]:
        """Return what is kept of these source entities, by (integration, source ID); those not known are left out."""
        table = tables.source_state.c
        wanted: dict[str, list[str]] = {}
        for integration, source_id in dict.fromkeys(keys):
            wanted.setdefault(integration, []).append(source_id)
        found: dict[tuple[str, str], bytes] = {}
        with translated(), self._reading.connect() as connection:
            for integration, source_ids in wanted.items():
                # 0.1.0 cut what was longer; what is kept whole, or under its digest, comes before that.
                names = {stored(text[:_SOURCE_ID]): text for text in source_ids} | spellings(source_ids, _SOURCE_ID)
                for chunk in chunks(list(names)):
                    own = (
                        table.org == lease.org,
                        table.integration == integration,
                        type_coerce(table.source_id, String).in_(chunk),
                    )
                    query = select(table.source_id, table.body).where(*own)
                    for row in connection.execute(query):
                        key = integration, names[row.source_id]
                        if key not in found or row.source_id == stored(key[1], _SOURCE_ID):
                            found[key] = row.body
        return found

    def own_records(self, lease: Lease, keys: Sequence[tuple[str, str]]) -> Sequence[OwnRecord]:
        """Return what earlier events of these source entities made or wrote, by (integration, source ID)."""
        with translated(), self._reading.connect() as connection:
            return read_own_records(connection, lease.org, keys)

    def links(self, lease: Lease, kind: str, source_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the record IDs kept for these source IDs."""
        table = tables.link
        found: dict[str, str] = {}
        names = spellings(source_ids, _LINK)
        with translated(), self._reading.connect() as connection:
            for chunk in chunks(list(names)):
                query = select(table.c.source_id, table.c.record_id).where(
                    table.c.org == lease.org,
                    table.c.kind == kind,
                    type_coerce(table.c.source_id, String).in_(chunk),
                )
                found.update((names[row.source_id], row.record_id) for row in connection.execute(query))
        return found

    def linked(self, lease: Lease, kind: str, record_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Return the source IDs whose links lead to these records, by record ID; those without a link are left out."""
        link = tables.link.c
        found: dict[str, list[str]] = {}
        with translated(), self._reading.connect() as connection:
            for chunk in chunks(record_ids):
                own = (link.org == lease.org, link.kind == kind, link.record_id.in_(chunk))
                query = select(link.record_id, link.source_id).where(*own).order_by(link.source_id)
                for record_id, source_id in connection.execute(query):
                    found.setdefault(record_id, []).append(source_id)
        return found

    def field_history(self, lease: Lease, record_ids: Sequence[str]) -> Mapping[str, bytes]:
        """Return the field history of these records (see `model/field_history.py`); others are out."""
        table = tables.field_clock.c
        found: dict[str, bytes] = {}
        with translated(), self._reading.connect() as connection:
            for chunk in chunks(record_ids):
                query = select(table.record_id, table.body).where(table.org == lease.org, table.record_id.in_(chunk))
                found.update((row.record_id, row.body.encode()) for row in connection.execute(query))
        return found

    def unpublished(self, org: str, after: int, limit: int) -> Sequence[Unpublished]:
        """Return the next outcomes and notices after a sequence number, in sequence."""
        outcomes = (
            select(_command.sequence, _command.id, _command.kind, _command.outcome, _command.key, _command.headers)
            .where(_command.org == org, _command.sequence > after)
            .order_by(_command.sequence)
            .limit(limit)
        )
        notices = (
            select(_notice.sequence, _notice.id, literal("notice"), _notice.body, _notice.key, _notice.headers)
            .where(_notice.org == org, _notice.sequence > after)
            .order_by(_notice.sequence)
            .limit(limit)
        )
        with translated(), self._reading.connect() as connection:
            found = [Unpublished(*row) for query in (outcomes, notices) for row in connection.execute(query)]
            return sorted(found, key=lambda item: item.sequence)[:limit]

    def resume_from(self, org: str) -> int | None:
        """Return the sequence number that the operator said a stopped org goes on after, or None; no lease is taken."""
        table = tables.lease
        with translated(), self._reading.connect() as connection:
            found = connection.execute(select(table.c.resume_from).where(table.c.org == org)).scalar_one_or_none()
            return None if found is None else int(found)


@contextmanager
def translated() -> Iterator[None]:
    """
    Turn a database that is away, busy or ended our transaction into `Transient`; other faults are our bugs.

    A value that is larger than PostgreSQL can index comes as operational, but no retry mends it.
    """
    try:
        yield
    except OperationalError as error:
        if (getattr(error.orig, "sqlstate", None) or "").startswith(_PROGRAM_LIMIT):
            raise
        raise Transient(f"the database did not answer: {error.orig}", code="database") from error
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        raise Transient(f"the database ended the connection: {error.orig}", code="database") from error


def chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield IDs in lists that one statement takes."""
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
