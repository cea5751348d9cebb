"""
What the demo tells and what must come of it: one value for every source.

In: nothing.  Out: `Expectation`, `ExistingRecord`, `Edit`; where an event is published and under which key.
Rule of this file: values alone; what is told is in a file for each source.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from schemas.booking import Booking
from schemas.call_result import CallResult
from schemas.field_activity import FieldActivity
from schemas.field_record import FieldRecord
from schemas.pbx_call_event import PbxCallEvent
from schemas.prospect import Prospect
from schemas.topics import (
    SOURCE_BOOKING,
    SOURCE_CALL_RESULT,
    SOURCE_FIELD_ACTIVITY,
    SOURCE_FIELD_RECORD,
    SOURCE_PBX_CALL,
    SOURCE_PROSPECT,
    SOURCE_USER_ACTION,
)
from schemas.user_action import UserAction

Event: TypeAlias = CallResult | Booking | PbxCallEvent | Prospect | FieldRecord | FieldActivity | UserAction

_TOPICS: Mapping[type, str] = {
    CallResult: SOURCE_CALL_RESULT,
    Booking: SOURCE_BOOKING,
    PbxCallEvent: SOURCE_PBX_CALL,
    Prospect: SOURCE_PROSPECT,
    FieldRecord: SOURCE_FIELD_RECORD,
    FieldActivity: SOURCE_FIELD_ACTIVITY,
    UserAction: SOURCE_USER_ACTION,
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """
    One event as its source tells it, how often, and the outcome (kind.reason) that must list it.

    `case` is what a person would call it. `after` is an event that must be answered (or an edit that must be
    made) first, `about` one that must be
    parked first: this one is then the choice for it. `chosen` is the e-mail of a record that is
    known before, which a user names. `amends`: its call is told in disorder, so what this step adds may
    come in an outcome that amends. `tasks` and `events` are how many of them it leaves in the org more than before
    (fewer: negative), `talk` the seconds of talk that the Task says.
    """

    event: Event
    integration: str
    outcome: str
    times: int = 1
    case: str = "call result"
    after: str | None = None
    about: str | None = None
    chosen: str | None = None
    amends: bool = False
    tasks: int = 0
    events: int = 0
    talk: int = 0


@dataclass(frozen=True, slots=True)
class ExistingRecord:
    """A record that is in the org before; `account` is the name of the account that it belongs to."""

    object: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """
    What a person does to a record in Salesforce, once the event `after` is answered, to the person's record that it led
    to; or at once, to the record `existing` by its e-mail. The event `when` must be answered too.

    `back` is the integration that must be told of it, exactly once. `merge_into`: the record is merged into
    the lead with this e-mail.
    """

    name: str
    after: str | None
    fields: Mapping[str, Any] = field(default_factory=dict)
    delete: bool = False
    back: str | None = None
    existing: str | None = None
    when: str | None = None
    merge_into: str | None = None


def topic_of(event: Event) -> str:
    """Return the topic of the event's source."""
    return _TOPICS[type(event)]


def kafka_key(event: Event) -> bytes:
    """Return the Kafka key that the table of topics gives the event."""
    if isinstance(event, UserAction):
        return (event.person.email or "".join(event.person.phones[:1]) or event.event_id).encode()
    return event.source_id.encode()
