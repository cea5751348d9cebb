"""
Contract `FieldRecord`: a lead or an account of a field sales application came to be or changed.

Source: seeds document of SPOTIO, rules SP-1 to SP-41.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from schemas.values import Agent, FieldValue, Person, agent_from, from_millis, person_from, plain

FieldRecordKind = Literal["lead", "account", "other"]
FieldRecordOccasion = Literal["changed", "deleted", "merged", "other"]


@dataclass(frozen=True, slots=True)
class FieldRecord:
    """
    One state of a record, whole; `stage` is the source's own word for how far it has come (SP-11, SP-20).

    `occasion` is `deleted` or `merged` where the record is no more; `merged_into` is then the one that it is part of.
    """

    event_id: str
    record_id: str
    workspace: str
    changed: datetime
    person: Person
    kind: FieldRecordKind = "lead"
    stage: str | None = None
    created: datetime | None = None
    owner: Agent | None = None
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    notes: str | None = None
    disposition: str | None = None
    occasion: FieldRecordOccasion | None = None
    merged_into: str | None = None
    time_is_receipt: bool | None = None

    @property
    def source_id(self) -> str:
        """The ID of the source entity that the event is about."""
        return self.record_id

    @property
    def event_time(self) -> datetime:
        """When it happened at the source."""
        return self.changed

    @property
    def agent(self) -> Agent | None:
        """Whose record it is."""
        return self.owner

    def to_avro(self) -> dict[str, Any]:
        """Return the value as fastavro writes it."""
        value: dict[str, Any] = plain(self)
        return value

    @classmethod
    def from_avro(cls, value: Mapping[str, Any]) -> "FieldRecord":
        """Return the event of a decoded Avro record."""
        return cls(
            **{
                **value,
                "changed": from_millis(value["changed"]),
                "created": None if value["created"] is None else from_millis(value["created"]),
                "person": person_from(value["person"]),
                "owner": agent_from(value["owner"]),
                "fields": dict(value["fields"]),
            }
        )
