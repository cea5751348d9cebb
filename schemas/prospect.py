"""
Contract `Prospect`: a prospect of a marketing application came to be or changed.

Source: seeds document of Lead Liaison, rules LL-1 to LL-30. A prospect may be anonymous: a person without e-mail.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from schemas.values import Agent, FieldValue, Person, agent_from, from_millis, person_from, plain

Occasion = Literal["changed", "initial", "deleted", "merged", "other"]


@dataclass(frozen=True, slots=True)
class Prospect:
    """
    One state of a prospect, whole; `occasion` is `initial` where it is part of the initial import (LL-6).

    It is `deleted` or `merged` where the prospect is no more; `merged_into` is then the prospect that it is part of.
    """

    event_id: str
    prospect_id: str
    workspace: str
    changed: datetime
    person: Person
    occasion: Occasion = "changed"
    created: datetime | None = None
    owner: Agent | None = None
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    notes: str | None = None
    merged_into: str | None = None
    time_is_receipt: bool | None = None

    @property
    def source_id(self) -> str:
        """The ID of the source entity that the event is about."""
        return self.prospect_id

    @property
    def event_time(self) -> datetime:
        """When it happened at the source."""
        return self.changed

    @property
    def agent(self) -> Agent | None:
        """Whose prospect it is."""
        return self.owner

    def to_avro(self) -> dict[str, Any]:
        """Return the value as fastavro writes it."""
        value: dict[str, Any] = plain(self)
        return value

    @classmethod
    def from_avro(cls, value: Mapping[str, Any]) -> "Prospect":
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
