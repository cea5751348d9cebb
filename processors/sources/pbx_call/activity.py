"""
What the Task of a call says: all that is known of the call, as fields of the org.

In: a case with its call.  Out: field values by API name (XB-12, XB-13).
Rule of this file: pure; the call's own zone tells its day, and nothing is said that no step told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from processors.deciding.activity import object_of
from processors.deciding.case import Case
from processors.deciding.references import referenced
from processors.integration.mapping import defaulted, fields
from processors.integration.model import Integration
from processors.integration.paths import value_at
from processors.model.call import Call, Transfer
from processors.model.phone_numbers import bare, is_withheld
from processors.model.zones import Zone
from schemas.command import Command
from schemas.pbx_call_event import Party
from schemas.values import Agent, FieldValue, Person, Scalar

_SUBJECT = 255
_DESCRIPTION = 32_000
_MISSED: Mapping[str, str] = {
    "queue": "Missed call (gave up in the queue) from",
    "ivr": "Missed call (gave up in the menu) from",
    "voicemail": "Voicemail from",
}
_UNANSWERED: Mapping[str, str] = {
    "queue": "missed, gave up in the queue",
    "ivr": "missed, gave up in the menu",
    "voicemail": "voicemail",
}
_TYPES = {"inbound": "Inbound", "outbound": "Outbound", "internal": "Internal"}


@dataclass(frozen=True, slots=True)
class CallValues:
    """The call as field maps and filters see it: `call.talk`, `agent.name`, `person.phones`, `fields.queue`."""

    call: Call
    call_id: str
    person: Person
    agent: Agent | None
    started: datetime
    ended: datetime | None
    zone: str | None
    event_id: str
    fields: Mapping[str, FieldValue] = field(default_factory=dict)


def task_fields(case: Case, call: Call, *, amending: bool = False) -> dict[str, Scalar]:
    """
    Return what the activity of *call* says: the fields of XB-13, then what the integration maps, without blanks.

    *amending*: it is there already, so that no default of the map is written.
    """
    values = _event(call, case.zone.tz) if case.settings.activity.object == "Event" else _task(call, case.zone)
    mapped = mapped_activity(case.command, call, case.settings)
    if amending:
        own = defaulted(call_values(case.command, call), case.settings.map.activity)
        mapped = {name: value for name, value in mapped.items() if name not in own}
    mapped = referenced(object_of(case), mapped, case.facts, case.match.parents).fields
    return {name: value for name, value in {**values, **mapped}.items() if value is not None}


def mapped_activity(command: Command, call: Call | None, settings: Integration) -> Mapping[str, Scalar]:
    """Return what the integration maps for the activity of *call*, by mapped name; nothing where no call is known."""
    return fields(call_values(command, call), settings.map.activity) if call else {}


def call_values(command: Command, call: Call) -> CallValues:
    """Return the call as the paths of an integration's settings name its parts."""
    return CallValues(
        call,
        call.call_id,
        command.person,
        call.agent,
        call.started,
        call.ended,
        call.zone,
        command.event_id,
        call.fields,
    )


def subject(call: Call) -> str:
    """Return the call in one line, at most 255 characters."""
    answered = call.answered is not None
    kind = {
        ("inbound", True): "Inbound call from",
        ("inbound", False): _MISSED.get(call.answered_by or "", "Missed call from"),
        ("outbound", True): "Outbound call to",
        ("outbound", False): "Unanswered call to",
    }.get((call.direction, answered), "Call with")
    return f"{kind} {_name(call.outside)}"[:_SUBJECT]


def description(call: Call, zone: tzinfo = UTC) -> str:
    """Return everything that XB-13 asks for, a line each; times are those in *zone*."""
    return "\n".join(_lines(call, zone))[:_DESCRIPTION]


def _task(call: Call, zone: Zone) -> dict[str, Scalar]:
    return {
        "Subject": subject(call),
        "Status": "Completed",
        "TaskSubtype": "Call",
        "CallType": _TYPES.get(call.direction),
        "CallDurationInSeconds": round(call.talk),
        "ActivityDate": zone.day(call.started),
        "Description": description(call, zone.tz),
    }


def _event(call: Call, zone: tzinfo) -> dict[str, Scalar]:
    until = call.started + timedelta(seconds=call.ring + call.talk)
    return {
        "Subject": subject(call),
        "StartDateTime": value_at(call, "started"),
        "EndDateTime": value_at({"until": until}, "until"),
        "Description": description(call, zone),
    }


def _lines(call: Call, zone: tzinfo) -> Iterator[str]:
    yield "Participants: " + ", ".join(_name(participant, whole=True) for participant in call.participants)
    yield f"Call type: {_TYPES.get(call.direction, 'Call')}, {_answered(call)}"
    yield f"Date and time: {call.started.astimezone(zone):%Y-%m-%d %H:%M:%S} ({zone})"
    yield f"Talk time: {_clock(call.talk)}"
    yield f"Ring time: {_clock(call.ring)}"
    if call.transfers:
        yield "Transfers:"
        yield from (f"{place}. {_transfer(transfer, zone)}" for place, transfer in enumerate(call.transfers, start=1))
    if call.conference:
        yield "Conference: yes"
    if call.cause:
        yield f"Ended: {call.cause}"
    if call.recording:
        yield f"Recording: {call.recording}"
    if call.timed_out:
        yield "The end of this call was not reported: it was closed by its time-out."


def _answered(call: Call) -> str:
    if call.answered:
        return "answered"
    return _UNANSWERED.get(call.answered_by or "", "missed") if call.direction == "inbound" else "not answered"


def _transfer(transfer: Transfer, zone: tzinfo) -> str:
    by = (
        f" by {transfer.by.name or transfer.by.email}"
        if transfer.by and (transfer.by.name or transfer.by.email)
        else ""
    )
    to = f" to {_name(transfer.to, whole=True)}" if transfer.to else ""
    return f"{transfer.at.astimezone(zone):%H:%M:%S} {transfer.kind}{by}{to}"


def _name(party: Party | None, *, whole: bool = False) -> str:
    """Return a party by name, else by number; *whole*: with number or extension too."""
    if party is None:
        return "a withheld number"
    number = "" if is_withheld(party.number) else bare(party.number)
    place = f"ext. {party.extension}" if party.extension else number
    if party.name and whole and place:
        return f"{party.name} ({place})"
    return party.name or place or "a withheld number"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
