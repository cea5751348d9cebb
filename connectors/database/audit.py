"""
The audit: each outcome once, with the columns that searches use.

Rule of this file: a row is written once and never changed; a repeated outcome adds none. Times are seconds since the
epoch. What is searched is kept normalised beside the whole outcome, so that the question is normalised alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Float,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    and_,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from connectors.database.engine import reading
from connectors.database.metadata import metadata
from connectors.database.stored_text import INDEXED_CHARACTERS, StoredString, StoredText, spellings
from processors.model.errors import Transient
from processors.model.received import Received
from schemas.outcome import Outcome
from schemas.values import plain

audit = Table(
    "audit",
    metadata,
    Column("outcome_id", String(36), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("integration", StoredString(60), nullable=False),
    Column("org", StoredString(60), nullable=False),
    Column("contract", StoredString(60), nullable=False),
    Column("action", StoredString(60), nullable=True),
    Column("event_time", Float, nullable=False),
    Column("settled_time", Float, nullable=False, index=True),
    Column("rule_ids", StoredText(), nullable=False),
    Column("person_name", StoredText(), nullable=False),
    Column("person_email", StoredText(), nullable=False),
    Column("topic", String(249), nullable=False),
    Column("kafka_partition", Integer, nullable=False),
    Column("kafka_offset", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False, comment="The whole outcome as JSON."),
    Index("ix_audit_integration_settled_time", "integration", "settled_time"),
    comment="One row for each outcome.",
)

audit_key = Table(
    "audit_key",
    metadata,
    Column("outcome_id", String(36), primary_key=True),
    Column("kind", String(10), primary_key=True, comment="event, record, email or phone"),
    Column("value", StoredText(indexed=True), primary_key=True),
    Index("ix_audit_key_kind_value", "kind", "value"),
    comment="What outcomes are found by: events, records, e-mail addresses, telephone numbers (digits).",
)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """
    Which outcomes to show; every condition that is given must hold. `since` includes, `until` excludes (settled time).

    `person` is part of a name, a whole e-mail address, a telephone number or a record ID.
    """

    integration: str | None = None
    person: str | None = None
    kind: str | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    record_id: str | None = None
    event_id: str | None = None
    limit: int | None = 100


class DatabaseAudit:
    """`AuditStore` in the database, and the questions people ask of it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, batch: Sequence[Received]) -> Sequence[str]:
        """Keep the outcomes, all or none; return the IDs of those that were new. Raises `Transient`."""
        if not batch:
            return []
        distinct = {received.outcome.outcome_id: received for received in batch}
        with patient("audit"), self._engine.begin() as connection:
            added = insert_new(connection, audit).returning(audit.c.outcome_id)
            new = list(connection.execute(added, [_row(received) for received in distinct.values()]).scalars())
            keys = [key for outcome_id in new for key in _keys(distinct[outcome_id].outcome)]
            if keys:
                connection.execute(insert_new(connection, audit_key), keys)
        return new

    def find(self, wanted: AuditFilter) -> Sequence[Mapping[str, Any]]:
        """Return the outcomes wanted, as decoded JSON, the latest first. Raises `Transient`."""
        with patient("audit"), reading(self._engine).connect() as connection:
            return [orjson.loads(text) for text in connection.execute(_query(wanted)).scalars()]

    def count(self, wanted: AuditFilter) -> Mapping[tuple[str, str], int]:
        """Return how many outcomes are wanted, by (kind, reason), without a limit. Raises `Transient`."""
        query = select(audit.c.kind, audit.c.reason).where(*_conditions(wanted))
        counted: dict[tuple[str, str], int] = {}
        with patient("audit"), reading(self._engine).connect() as connection:
            for kind, reason in connection.execute(query):
                counted[(kind, reason)] = counted.get((kind, reason), 0) + 1
        return counted


@contextmanager
def patient(what: str) -> Iterator[None]:
    """Turn a database that does not answer into `Transient`; a fault of ours goes through as it is."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        cause = str(getattr(error, "orig", None) or error)
        raise Transient(f"database ({what}): {' '.join(cause.split())[:300]}") from error


def insert_new(connection: Connection, table: Table) -> Any:
    """Return an INSERT that leaves rows that exist alone. Any: the two dialects share the methods, not a type."""
    maker: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return maker(table).on_conflict_do_nothing()


def _row(received: Received) -> dict[str, Any]:
    outcome = received.outcome
    return {
        "outcome_id": outcome.outcome_id,
        "kind": outcome.kind,
        "reason": outcome.reason,
        "integration": outcome.integration,
        "org": outcome.org,
        "contract": outcome.contract,
        "action": outcome.action,
        "event_time": outcome.event_time.timestamp(),
        "settled_time": outcome.settled_time.timestamp(),
        "rule_ids": " ".join(outcome.rule_ids),
        "person_name": _plain(outcome.person.whole_name or ""),
        "person_email": _plain(outcome.person.email or ""),
        "topic": received.topic,
        "kafka_partition": received.partition,
        "kafka_offset": received.offset,
        # A NUL character is an escape in JSON, which every database takes.
        "outcome": orjson.dumps(plain(outcome)).decode(),
    }


def _keys(outcome: Outcome) -> list[dict[str, str]]:
    records = [record.id for record in outcome.records if record.id] + [each.id for each in outcome.candidates]
    found = {
        "event": [*outcome.event_ids, *filter(None, [outcome.reused_event_id])],
        "record": [_record_id(record) for record in records],
        "email": [_plain(email) for email in outcome.person.emails],
        "phone": [_digits(phone) for phone in outcome.person.all_phones],
    }
    pairs = {(kind, value) for kind, values in found.items() for value in values}
    return [{"outcome_id": outcome.outcome_id, "kind": kind, "value": value} for kind, value in sorted(pairs) if value]


def _query(wanted: AuditFilter) -> Select[str]:
    latest = select(audit.c.outcome).order_by(audit.c.settled_time.desc(), audit.c.outcome_id)
    return latest.where(*_conditions(wanted)).limit(wanted.limit)


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    column = audit.c
    exact = ((column.integration, wanted.integration), (column.kind, wanted.kind), (column.reason, wanted.reason))
    conditions: list[ColumnElement[bool]] = [name == value for name, value in exact if value is not None]
    if wanted.since is not None:
        conditions.append(column.settled_time >= wanted.since.timestamp())
    if wanted.until is not None:
        conditions.append(column.settled_time < wanted.until.timestamp())
    if wanted.record_id is not None:
        conditions.append(_has("record", audit_key.c.value == _record_id(wanted.record_id)))
    if wanted.event_id is not None:
        conditions.append(_has("event", _is(wanted.event_id)))
    if wanted.person is not None:
        conditions.append(_about(wanted.person))
    return conditions


def _is(value: str) -> ColumnElement[bool]:
    return type_coerce(audit_key.c.value, Text).in_(list(spellings([value], INDEXED_CHARACTERS)))


def _about(person: str) -> ColumnElement[bool]:
    text, digits = _plain(person), _digits(person)
    ways = [
        audit.c.person_name.contains(text, autoescape=True),
        _has("email", audit_key.c.value == text),
        _has("record", audit_key.c.value == _record_id(person)),
    ]
    # A number may be written with or without its country: the end must agree, and a stub of it is no number.
    if len(digits) >= 6 and not any(character.isalpha() for character in person):
        ways.append(_has("phone", audit_key.c.value.endswith(digits.lstrip("0"), autoescape=True)))
    return or_(*ways)


def _has(kind: str, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return audit.c.outcome_id.in_(select(audit_key.c.outcome_id).where(and_(audit_key.c.kind == kind, condition)))


def _plain(text: str) -> str:
    """Return text as it is compared: lower case, single spaces, printable."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).casefold().split())


def _digits(phone: str) -> str:
    digits = "".join(c for c in phone if c.isdecimal() and c.isascii())
    return digits.removeprefix("00")


def _record_id(text: str) -> str:
    # Salesforce's 18 characters are its 15 case-sensitive ones and a checksum.
    text = text.strip()
    return text[:15] if len(text) == 18 else text
