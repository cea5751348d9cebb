"""
Contract `CallResult`: an agent closed a call with a result code.

Source: seeds document of VanillaSoft, rules VS-1 to VS-3. A call resulted twice is two events of one call (`call_id`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from schemas.values import Agent, FieldValue, Person, agent_from, from_millis, person_from, plain


@dataclass(frozen=True, slots=True)
class CallResult:
    """One result of one telephone call. `fields` are the project's own values by their names there."""

    event_id: str
    call_id: str
    project: str
    result_code: str
    resulted: datetime
    person: Person
    salesforce_id: str | None = None
    agent: Agent | None = None
    started: datetime | None = None
    ended: datetime | None = None
    zone: str | None = None
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    notes: str | None = None
    disposition: str | None = None
    time_is_receipt: bool | None = None

    @property
    def source_id(self) -> str:
        """The ID of the source entity that the event is about; effect keys are made of it."""
        return self.call_id

    @property
    def event_time(self) -> datetime:
        """When it happened at the source."""
        return self.resulted

    def to_avro(self) -> dict[str, Any]:
        """Return the value as fastavro writes it."""
        value: dict[str, Any] = plain(self)
        return value

    @classmethod
    def from_avro(cls, value: Mapping[str, Any]) -> "CallResult":
        """Return the event of a decoded Avro record."""
        return cls(
            **{
                **value,
                "resulted": from_millis(value["resulted"]),
                "person": person_from(value["person"]),
                "agent": agent_from(value["agent"]),
                "started": None if value["started"] is None else from_millis(value["started"]),
                "ended": None if value["ended"] is None else from_millis(value["ended"]),
                "fields": dict(value["fields"]),
            }
        )
