"""
Contract `UserAction`: what a user of a source application did by hand.

Source: seeds documents, rules XB-1 to XB-4, XB-10, XB-19 to XB-26 (Wildix x-bees), LL-15, LL-22 (Lead Liaison).
The integration that an action names carries it out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from schemas.values import Agent, FieldValue, Person, agent_from, from_millis, person_from, plain

UserActionName = Literal[
    "create_lead",
    "log_activity",
    "create_task",
    "choose_match",
    "wrong_match",
    "force_new",
    "link_record",
    "sync_record",
    "other",
]


@dataclass(frozen=True, slots=True)
class UserAction:
    """
    One action. `salesforce_id` is the record chosen, `object` only its kind.

    Of a choice (`choose_match`), `about` is the outcome ID of the parked command, `create_new` says that none of the
    records is right, `remember` that it holds for everything that follows about this person. Of `link_record` and
    `sync_record`, `about` is the source's own ID of the prospect (LL-15, LL-22).
    """

    event_id: str
    action: UserActionName
    integration: str
    at: datetime
    person: Person
    agent: Agent | None = None
    action_id: str | None = None
    salesforce_id: str | None = None
    object: str | None = None
    about: str | None = None
    create_new: bool = False
    remember: bool = False
    subject: str | None = None
    description: str | None = None
    due: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    time_is_receipt: bool | None = None

    @property
    def source_id(self) -> str:
        """The ID of the source entity that the event is about."""
        return self.action_id or self.event_id

    @property
    def event_time(self) -> datetime:
        """When it was done at the source."""
        return self.at

    def to_avro(self) -> dict[str, Any]:
        """Return the value as fastavro writes it."""
        value: dict[str, Any] = plain(self)
        return value

    @classmethod
    def from_avro(cls, value: Mapping[str, Any]) -> "UserAction":
        """Return the event of a decoded Avro record."""
        times = {name: None if value[name] is None else from_millis(value[name]) for name in _TIMES}
        return cls(
            **{
                **value,
                **times,
                "at": from_millis(value["at"]),
                "person": person_from(value["person"]),
                "agent": agent_from(value["agent"]),
                "fields": dict(value["fields"]),
            }
        )


_TIMES = ("due", "started", "ended")
