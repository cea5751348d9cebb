"""
Contract `Booking`: what became of an appointment: booked, moved, cancelled and the like.

Source: seeds document of Jicoo, rules JI-1 to JI-27. A booking that is moved keeps its ID, or a new one names it as
`previous_booking`. The words are ours, booking, contact and activity, whatever the source calls them (JI-27).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from schemas.values import Agent, FieldValue, Person, agent_from, from_millis, person_from, plain

BookingStatus = Literal[
    "booked", "moved", "cancelled", "requested", "rejected", "reassigned", "no_show", "completed", "other"
]


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who comes along with a booking's invitee."""

    person: Person
    attendee_id: str | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """
    What happened to a booking; `person` is the invitee, `agent` the organiser, `answers` are the form's.

    `start` and `end` may be missing (a no-show). `all_day` None: it is where both are midnight in its zone.
    """

    event_id: str
    booking_id: str
    workspace: str
    status: BookingStatus
    changed: datetime
    person: Person
    start: datetime | None = None
    end: datetime | None = None
    agent: Agent | None = None
    previous_booking: str | None = None
    page: str | None = None
    title: str | None = None
    description: str | None = None
    location: str | None = None
    zone: str | None = None
    cancel_reason: str | None = None
    answers: Mapping[str, FieldValue] = field(default_factory=dict)
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    attendee_id: str | None = None
    guests: tuple[Guest, ...] = ()
    notes: str | None = None
    disposition: str | None = None
    time_is_receipt: bool | None = None
    all_day: bool | None = None
    salesforce_id: str | None = None

    @property
    def source_id(self) -> str:
        """The ID of the source entity that the event is about; effect keys are made of the first of its bookings."""
        return self.booking_id

    @property
    def event_time(self) -> datetime:
        """When it happened at the source."""
        return self.changed

    def to_avro(self) -> dict[str, Any]:
        """Return the value as fastavro writes it."""
        value: dict[str, Any] = plain(self)
        return value

    @classmethod
    def from_avro(cls, value: Mapping[str, Any]) -> "Booking":
        """Return the event of a decoded Avro record."""
        return cls(
            **{
                **value,
                "changed": from_millis(value["changed"]),
                **{name: None if value[name] is None else from_millis(value[name]) for name in ("start", "end")},
                "person": person_from(value["person"]),
                "agent": agent_from(value["agent"]),
                "answers": dict(value["answers"]),
                "fields": dict(value["fields"]),
                "guests": tuple(Guest(person_from(item["person"]), item["attendee_id"]) for item in value["guests"]),
            }
        )
