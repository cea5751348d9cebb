"""
Contract `PbxCallEvent`: one step of a telephone call as the PBX saw it.

Source: seeds document of Wildix x-bees, rules XB-11 to XB-28. Steps of one `call_id`, in any order, twice, late or with
some missing, become one call (`processors/sources/pbx_call/assemble.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from schemas.values import Agent, FieldValue, Person, agent_from, from_millis, plain

StepName = Literal[
    "started",
    "ringing",
    "answered",
    "held",
    "retrieved",
    "transferred_blind",
    "transferred_attended",
    "conference_joined",
    "ended",
    "recorded",
    "other",
]
CallDirection = Literal["inbound", "outbound", "internal", "unknown", "other"]
PartyKind = Literal["internal", "external", "unknown", "other", "queue", "ivr", "ring_group", "voicemail"]


@dataclass(frozen=True, slots=True)
class Party:
    """
    One end of a leg: a user of the network by extension, someone outside by number (None: withheld), or a machine.

    Machines of the network are a `queue`, an `ivr`, a `ring_group` and a `voicemail`.
    """

    kind: PartyKind = "unknown"
    number: str | None = None
    extension: str | None = None
    name: str | None = None

    @classmethod
    def from_avro(cls, value: Mapping[str, Any] | None) -> "Party | None":
        """Return the party of a decoded Avro record, or None where there is none."""
        return None if value is None else cls(**value)


@dataclass(frozen=True, slots=True)
class CallStep:
    """
    What happened on one leg of a call, and when. `user` is the network's user on that leg.

    `duration` and `talk` are seconds of the whole call, where the network counts them itself.
    """

    step: StepName
    at: datetime
    leg: str = "1"
    direction: CallDirection = "unknown"
    caller: Party | None = None
    callee: Party | None = None
    user: Agent | None = None
    to_leg: str | None = None
    transfer_to: Party | None = None
    cause: str | None = None
    recording: str | None = None
    zone: str | None = None
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    duration: float | None = None
    talk: float | None = None

    @classmethod
    def from_avro(cls, value: Mapping[str, Any] | None) -> "CallStep | None":
        """Return the step of a decoded Avro record, or None where there is none."""
        return None if value is None else cls(**_parts(value))


@dataclass(frozen=True, slots=True)
class PbxCallEvent:
    """One step of one call of one network."""

    event_id: str
    call_id: str
    network: str
    step: StepName
    at: datetime
    leg: str = "1"
    direction: CallDirection = "unknown"
    caller: Party | None = None
    callee: Party | None = None
    user: Agent | None = None
    to_leg: str | None = None
    transfer_to: Party | None = None
    cause: str | None = None
    recording: str | None = None
    zone: str | None = None
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    duration: float | None = None
    talk: float | None = None
    time_is_receipt: bool | None = None

    @property
    def source_id(self) -> str:
        """The ID of the source entity that the event is about: the call."""
        return self.call_id

    @property
    def event_time(self) -> datetime:
        """When it happened at the source."""
        return self.at

    @property
    def agent(self) -> Agent | None:
        """Who acted: the network's user on the leg."""
        return self.user

    @property
    def person(self) -> Person:
        """Who is outside the network, as far as this step alone tells; the whole call knows better."""
        outside = (self.caller, self.callee)
        return Person(
            phones=tuple(party.number for party in outside if party and party.kind == "external" and party.number)
        )

    @property
    def call_step(self) -> CallStep:
        """The step apart from whose call it is."""
        return CallStep(
            self.step,
            self.at,
            self.leg,
            self.direction,
            self.caller,
            self.callee,
            self.user,
            self.to_leg,
            self.transfer_to,
            self.cause,
            self.recording,
            self.zone,
            self.fields,
            self.duration,
            self.talk,
        )

    def to_avro(self) -> dict[str, Any]:
        """Return the value as fastavro writes it."""
        value: dict[str, Any] = plain(self)
        return value

    @classmethod
    def from_avro(cls, value: Mapping[str, Any]) -> "PbxCallEvent":
        """Return the event of a decoded Avro record."""
        return cls(**_parts(value))


def _parts(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **value,
        "at": from_millis(value["at"]),
        "caller": Party.from_avro(value["caller"]),
        "callee": Party.from_avro(value["callee"]),
        "transfer_to": Party.from_avro(value["transfer_to"]),
        "user": agent_from(value["user"]),
        "fields": dict(value["fields"]),
    }
