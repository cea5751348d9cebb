"""
Contract `FieldActivity`: an activity or a visit of a field sales application was planned, changed or done.

Source: seeds document of SPOTIO, rules SP-6, SP-25 to SP-27 and SP-35 to SP-38.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from schemas.values import Agent, FieldValue, LocalDay, Person, agent_from, from_millis, person_from, plain

FieldActivityKind = Literal["activity", "visit", "other"]


@dataclass(frozen=True, slots=True)
class FieldActivity:
    """One state of an activity, whole; `record_id` is the field record that it belongs to, `agent` who does it."""

    event_id: str
    activity_id: str
    workspace: str
    changed: datetime
    person: Person
    record_id: str | None = None
    kind: FieldActivityKind = "activity"
    name: str | None = None
    description: str | None = None
    status: str | None = None
    done: bool = False
    created: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    zone: str | None = None
    agent: Agent | None = None
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    disposition: str | None = None
    time_is_receipt: bool | None = None

    @property
    def source_id(self) -> str:
        """The ID of the source entity that the event is about."""
        return self.activity_id

    @property
    def event_time(self) -> datetime:
        """When it happened at the source."""
        return self.changed

    @property
    def activity(self) -> "FieldActivity":
        """The activity itself: where settings say `activity.name`, so that no record's field is meant."""
        return self

    @property
    def day(self) -> LocalDay:
        """The day on which it begins, or changed."""
        return LocalDay(self.started or self.changed, self.zone)

    def to_avro(self) -> dict[str, Any]:
        """Return the value as fastavro writes it."""
        value: dict[str, Any] = plain(self)
        return value

    @classmethod
    def from_avro(cls, value: Mapping[str, Any]) -> "FieldActivity":
        """Return the event of a decoded Avro record."""
        times = {name: None if value[name] is None else from_millis(value[name]) for name in _TIMES}
        return cls(
            **{
                **value,
                **times,
                "changed": from_millis(value["changed"]),
                "person": person_from(value["person"]),
                "agent": agent_from(value["agent"]),
                "fields": dict(value["fields"]),
            }
        )


_TIMES = ("created", "started", "ended")
