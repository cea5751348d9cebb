"""
Contract `Outcome`: the one terminal answer to a command, the same for all outcome topics.

Enums have the default `other`, so that a reader of today can read a symbol of tomorrow (FULL_TRANSITIVE).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from schemas.values import Agent, Person, Scalar, agent_from, from_millis, person_from, plain

OutcomeKind = Literal["created", "updated", "converted", "skipped", "error", "other", "activity"]
Reason = Literal[
    "none",
    "unchanged",
    "no_integration",
    "filtered",
    "before_activation",
    "superseded",
    "multiple_match",
    "no_match",
    "mandatory_unmapped",
    "no_mapping",
    "salesforce_refused",
    "settings_missing",
    "id_reused",
    "internal",
    "other",
    "activity_created",
    "activity_updated",
    "activity_deleted",
    "activity_cancelled",
    "no_activity",
    "unknown_number",
    "short_call",
    "already_resolved",
    "resolved",
    "record_deleted",
    "anonymous",
    "not_requested",
    "direction_off",
    "picklist_unmapped",
    "stale",
    "link_taken",
    "no_keys",
    "other_account",
    "source_deleted",
    "source_merged",
]
RecordOperation = Literal["created", "updated", "converted", "unchanged", "linked", "failed", "other", "deleted"]


@dataclass(frozen=True, slots=True)
class Touched:
    """
    One record that the command touched: what was done to it and which fields were written, with their values.

    `name` and `owner` (by name, with `owner_id`) are those of the record as it was read, or as it was made; None: not
    known.
    """

    object: str
    id: str | None
    operation: RecordOperation
    fields: Mapping[str, Scalar] = field(default_factory=dict)
    before: Mapping[str, Scalar] = field(default_factory=dict)
    name: str | None = None
    owner: str | None = None
    owner_id: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of several records that matched; `owner` is the name of its owner."""

    object: str
    id: str
    name: str | None = None
    created: datetime | None = None
    modified: datetime | None = None
    owner: str | None = None
    owner_id: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why Salesforce refused: its own code, message and fields, for which record."""

    object: str
    code: str
    message: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConformedField:
    """One value (`field` is `Object.Field`) that did not fit and was written in a form that fits; `why` in a word."""

    field: str
    sent: Scalar
    kept: Scalar
    why: str


@dataclass(frozen=True, slots=True)
class DroppedField:
    """One value (`field` is `Object.Field`) that its field does not take, and that was left out; `why` in a word."""

    field: str
    sent: Scalar
    why: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The terminal answer to one command; an error says what it was about (VS-30). `outcome_id` is the command's ID."""

    outcome_id: str
    kind: OutcomeKind
    reason: Reason
    integration: str
    org: str
    contract: str
    event_ids: tuple[str, ...]
    source_id: str
    event_time: datetime
    command_time: datetime
    settled_time: datetime
    intake_digest: str
    executor_digest: str
    person: Person
    attempt: int = 0
    agent: Agent | None = None
    action: str | None = None
    rule_ids: tuple[str, ...] = ()
    match_step: str | None = None
    salesforce_id_ignored: str | None = None
    records: tuple[Touched, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    missing_fields: tuple[str, ...] = ()
    discarded_fields: tuple[str, ...] = ()
    detail: str | None = None
    reused_event_id: str | None = None
    api_calls: tuple[str, ...] = ()
    trace_id: str | None = None
    tie_break: str | None = None
    flags: tuple[str, ...] = ()
    stale_fields: tuple[str, ...] = ()
    conformed_fields: tuple[ConformedField, ...] = ()
    dropped_fields: tuple[DroppedField, ...] = ()
    own_record: str | None = None

    @property
    def key(self) -> str:
        """The Kafka key: the ID of the person's record, else the strongest match key, else the source ID."""
        for wanted in ("Contact", "Lead"):
            for record in self.records:
                if record.object == wanted and record.id:
                    return record.id
        return self.person.email or (self.person.phones[0] if self.person.phones else self.source_id)

    def to_avro(self) -> dict[str, Any]:
        """Return the value as fastavro writes it."""
        value: dict[str, Any] = plain(self)
        value["thing"] = value.pop("source_id")  # its name on the wire since release 0.1.0
        return value

    @classmethod
    def from_avro(cls, value: Mapping[str, Any]) -> "Outcome":
        """Return the outcome of a decoded Avro record."""
        value = dict(value)
        source_id = value.pop("thing")
        return cls(
            **{
                **value,
                "source_id": source_id,
                "event_ids": tuple(value["event_ids"]),
                "event_time": from_millis(value["event_time"]),
                "command_time": from_millis(value["command_time"]),
                "settled_time": from_millis(value["settled_time"]),
                "person": person_from(value["person"]),
                "agent": agent_from(value["agent"]),
                "rule_ids": tuple(value["rule_ids"]),
                "records": tuple(Touched(**record) for record in value["records"]),
                "candidates": tuple(_candidate(candidate) for candidate in value["candidates"]),
                "refusals": tuple(Refusal(**{**r, "fields": tuple(r["fields"])}) for r in value["refusals"]),
                "missing_fields": tuple(value["missing_fields"]),
                "discarded_fields": tuple(value["discarded_fields"]),
                "api_calls": tuple(value["api_calls"]),
                "flags": tuple(value["flags"]),
                "stale_fields": tuple(value["stale_fields"]),
                "conformed_fields": tuple(ConformedField(**item) for item in value["conformed_fields"]),
                "dropped_fields": tuple(DroppedField(**item) for item in value["dropped_fields"]),
            }
        )


def _candidate(value: Mapping[str, Any]) -> Candidate:
    times = {name: None if value[name] is None else from_millis(value[name]) for name in ("created", "modified")}
    return Candidate(**{**value, **times})
