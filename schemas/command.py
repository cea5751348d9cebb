"""
Contract `Command`: one event as one integration wants it applied to one org.

The intake's settings map (keys, mapped fields); the executor's settings decide (action, policies).
A command that no integration wanted, or that a filter left out, has kind `skip` and carries its reason; a step of a
call has kind `step`, a choice about a parked command `resolve`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from schemas.pbx_call_event import CallStep
from schemas.values import Agent, Person, Scalar, agent_from, from_millis, person_from, plain

CommandKind = Literal["apply", "skip", "step", "resolve"]
Lane = Literal["live", "retry", "bulk"]
ENDED = ("deleted", "merged")
"""Occasions of a record that is no more at the source."""
KeyKind = Literal["text", "email", "phone"]


@dataclass(frozen=True, slots=True)
class MatchKey:
    """
    One secondary key of one key set: keys of one set are joined by AND, sets are tried in order (VS-8, 1G).

    `lead` and `contact` name the API field that holds it on each object (None: not on that object).
    `value` is the source's text, trimmed; a set with an empty value is not used and is left out. `more_values` are
    further values of the event, `more_lead` and `more_contact` further fields: any value in any field will do.
    """

    set: int
    kind: KeyKind
    value: str
    lead: str | None = None
    contact: str | None = None
    more_values: tuple[str, ...] = ()
    more_lead: tuple[str, ...] = ()
    more_contact: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[str, ...]:
        """All its values, each once."""
        return tuple(dict.fromkeys((self.value, *self.more_values)))

    def fields_of(self, object_name: str) -> tuple[str, ...]:
        """Return the API fields of `Lead` or `Contact` that may hold it; none where it is not on that object."""
        first, more = (self.lead, self.more_lead) if object_name == "Lead" else (self.contact, self.more_contact)
        return tuple(dict.fromkeys((first, *more))) if first else ()

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> "MatchKey":
        """Return the key of a decoded record; one of release 0.1.0 has neither further values nor further fields."""
        lists = {name: tuple(value.get(name) or ()) for name in ("more_values", "more_lead", "more_contact")}
        return cls(**{**value, **lists})


@dataclass(frozen=True, slots=True)
class BookingGuest:
    """Somebody who comes along with a booking's invitee, and what the integration maps of them; as of a command."""

    person: Person
    attendee_id: str | None = None
    keys: tuple[MatchKey, ...] = ()
    lead: Mapping[str, Scalar] = field(default_factory=dict)
    contact: Mapping[str, Scalar] = field(default_factory=dict)
    defaulted: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> "BookingGuest":
        """Return the guest of a decoded record."""
        keys = tuple(MatchKey.of(key) for key in value["keys"])
        return cls(
            **{
                **value,
                "person": person_from(value["person"]),
                "keys": keys,
                "defaulted": tuple(value["defaulted"]),
            }
        )


@dataclass(frozen=True, slots=True)
class BookingChange:
    """
    What became of a booking (`booked`, `moved`, `cancelled`), and the booking that it replaces.

    `attendee_id` tells the attendees of one booking apart. `all_day` None: it is where both times are midnight.
    """

    status: str
    previous: str | None = None
    attendee_id: str | None = None
    all_day: bool | None = None
    guests: tuple[BookingGuest, ...] = ()

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> "BookingChange":
        """Return the change of a decoded record; one of release 0.1.0 has no guests."""
        return cls(**{**value, "guests": tuple(BookingGuest.of(item) for item in value.get("guests") or ())})


@dataclass(frozen=True, slots=True)
class Request:
    """What a user asked for by hand; see the contract `UserAction`."""

    action: str
    object: str | None = None
    about: str | None = None
    create_new: bool = False
    remember: bool = False


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """
    The source's own record that a command is about: a prospect, or a field record, by its `id` there.

    `occasion` is `initial` in an initial import, `deleted` or `merged` where the record is no more: `merged_into` is
    then the one that it is part of. `stage` is a field record's; `activity` and `done` are a field
    activity's.
    """

    id: str
    occasion: str = "changed"
    stage: str | None = None
    activity: str | None = None
    done: bool = False
    merged_into: str | None = None

    @property
    def is_ended(self) -> bool:
        """Whether the record is no more at the source."""
        return self.occasion in ENDED


@dataclass(frozen=True, slots=True)
class Command:
    """One event as one integration wants it applied. See the contract for each field's meaning."""

    command_id: str
    kind: CommandKind
    contract: str
    event_id: str
    event_digest: str
    source_id: str
    integration: str
    org: str
    lane: Lane
    event_time: datetime
    command_time: datetime
    settings_digest: str
    person: Person
    version: int = 1
    attempt: int = 0
    trace_id: str | None = None
    agent: Agent | None = None
    skip_reason: str | None = None
    rule_ids: tuple[str, ...] = ()
    salesforce_id: str | None = None
    keys: tuple[MatchKey, ...] = ()
    lead: Mapping[str, Scalar] = field(default_factory=dict)
    contact: Mapping[str, Scalar] = field(default_factory=dict)
    account: Mapping[str, Scalar] = field(default_factory=dict)
    opportunity: Mapping[str, Scalar] = field(default_factory=dict)
    activity: Mapping[str, Scalar] = field(default_factory=dict)
    booking: BookingChange | None = None
    step: CallStep | None = None
    started: datetime | None = None
    ended: datetime | None = None
    request: Request | None = None
    record: SourceRecord | None = None
    unmapped: tuple[str, ...] = ()
    defaulted: tuple[str, ...] = ()
    shortened: tuple[str, ...] = ()
    zone: str | None = None
    time_is_receipt: bool | None = None

    def to_avro(self) -> dict[str, Any]:
        """Return the value as fastavro writes it."""
        value: dict[str, Any] = plain(self)
        value["thing"] = value.pop("source_id")  # its name on the wire since release 0.1.0
        return value

    @classmethod
    def from_avro(cls, value: Mapping[str, Any]) -> "Command":
        """Return the command of a decoded Avro record."""
        value = dict(value)
        source_id = value.pop("thing")
        return cls(
            **{
                **value,
                "source_id": source_id,
                "event_time": from_millis(value["event_time"]),
                "command_time": from_millis(value["command_time"]),
                "person": person_from(value["person"]),
                "agent": agent_from(value["agent"]),
                "rule_ids": tuple(value["rule_ids"]),
                "keys": tuple(MatchKey.of(key) for key in value["keys"]),
                **{name: None if value[name] is None else from_millis(value[name]) for name in ("started", "ended")},
                "booking": None if value["booking"] is None else BookingChange.of(value["booking"]),
                "step": CallStep.from_avro(value["step"]),
                "request": None if value["request"] is None else Request(**value["request"]),
                "record": None if value["record"] is None else SourceRecord(**value["record"]),
                "unmapped": tuple(value["unmapped"]),
                "defaulted": tuple(value["defaulted"]),
                "shortened": tuple(value["shortened"]),
            }
        )
