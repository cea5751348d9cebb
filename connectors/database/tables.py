"""
Tables of the ledger: inbox, timer and outbox of the executor (design section 3).

Rule of this file: columns and indexes only; what may be written when is in `ledger.py`.
Times are seconds since the epoch, so that both databases compare them alike.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    false,
)

from connectors.database.metadata import metadata
from connectors.database.stored_text import StoredString, StoredText

ledger = Table(
    "ledger",
    metadata,
    Column("id", String(36), primary_key=True),
    comment="One row: which ledger this is. Kafka's committed metadata names it, so that a restored one is noticed.",
)

lease = Table(
    "lease",
    metadata,
    Column("org", String(60), primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("owner", StoredString(200), nullable=False),
    Column("taken_at", Float, nullable=False),
    Column("next_place", BigInteger, nullable=False),
    Column("next_sequence", BigInteger, nullable=False),
    Column("unclean_starts", Integer, nullable=False),
    Column("resume_from", BigInteger, nullable=True),
)

command = Table(
    "command",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("org", String(60), nullable=False),
    Column("place", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("lane", Integer, nullable=False),
    Column("due", Float, nullable=False),
    Column("blocker", StoredString(200), nullable=True),
    Column("why", StoredText(), nullable=True),
    Column("tries", Integer, nullable=False),
    Column("crashes", Integer, nullable=False),
    Column("alone", Boolean, nullable=False),
    Column("parked", Boolean, nullable=False, server_default=false()),
    Column("resolution", LargeBinary, nullable=True),
    Column("contract", String(60), nullable=False),
    Column("event_id", StoredString(200), nullable=False),
    Column("integration", StoredString(60), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("plan", LargeBinary, nullable=True),
    Column("sequence", BigInteger, nullable=True),
    Column("outcome", LargeBinary, nullable=True),
    Column("key", StoredString(200), nullable=True),
    Column("headers", LargeBinary, nullable=True),
    Column("kind", String(20), nullable=True),
    Column("reason", String(40), nullable=True),
    Column("settled_at", Float, nullable=True),
    Index("ix_command_org_place", "org", "place", unique=True),
    Index("ix_command_org_sequence", "org", "sequence", unique=True),
    Index("ix_command_event_id", "event_id"),
)

api_call = Table(
    "api_call",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("org", String(60), nullable=False, index=True),
    Column("state", String(10), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("send_by", Float, nullable=False),
    Column("alive_until", Float, nullable=False),
    Column("body", LargeBinary, nullable=False),
    comment="What was, or was about to be, sent and has no usable answer; with the claims that it holds.",
)

link = Table(
    "link",
    metadata,
    Column("org", String(60), primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("source_id", StoredString(200), primary_key=True),
    Column("record_id", String(18), nullable=False),
    Column("linked_at", Float, nullable=False),
    Index("ix_link_org_record_id", "org", "record_id"),
)

source_state = Table(
    "thing",
    metadata,
    Column("org", String(60), primary_key=True),
    Column("integration", String(60), primary_key=True),
    Column("source_id", StoredString(300), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("updated_at", Float, nullable=False),
)

own_record = Table(
    "own_record",
    metadata,
    Column("org", String(60), primary_key=True),
    Column("integration", String(60), primary_key=True),
    Column("source_key", String(64), primary_key=True),
    Column("record_id", String(18), primary_key=True),
    Column("event_key", String(64), primary_key=True),
    Column("source_id", StoredText(), nullable=False),
    Column("object", String(40), nullable=False),
    Column("role", String(20), nullable=False),
    Column("contract", String(60), nullable=False),
    Column("event_id", StoredText(), nullable=False),
    Column("made", Boolean, nullable=False),
    Column("person", LargeBinary, nullable=True),
    Column("attendee", StoredText(), nullable=False),
    Column("at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Index("ix_own_record_org_updated_at", "org", "updated_at"),
    Index("ix_own_record_org_record_id", "org", "integration", "record_id"),
    comment="One row a record that an event of a source entity made or wrote; keys are digests of IDs of any size.",
)

field_clock = Table(
    "field_clock",
    metadata,
    Column("org", String(60), primary_key=True),
    Column("record_id", String(18), primary_key=True),
    Column("body", Text, nullable=False),
    Column("updated_at", Float, nullable=False),
    Index("ix_field_clock_org_updated_at", "org", "updated_at"),
    comment="One row a record, JSON by API field: the event that wrote the field last, its time, and the values.",
)

notice = Table(
    "notice",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("org", String(60), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("command_id", String(36), nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    Column("key", StoredString(200), nullable=False),
    Column("headers", LargeBinary, nullable=False),
    Column("created_at", Float, nullable=False),
    Index("ix_notice_org_sequence", "org", "sequence", unique=True),
)
