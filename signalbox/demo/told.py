"""
What the demo tells and what must come of it: one value for every source.

In: nothing.  Out: `Told`, `Known`; where an event is published and under which key.
Rule of this file: values alone; what is told is in a file for each source.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from schemas.booking import Booking
from schemas.call_result import CallResult
from schemas.pbx_call_event import PbxCallEvent
from schemas.topics import SOURCE_BOOKING, SOURCE_CALL_RESULT, SOURCE_PBX_CALL, SOURCE_USER_ACTION
from schemas.user_action import UserAction

Event: TypeAlias = CallResult | Booking | PbxCallEvent | UserAction

_TOPICS: Mapping[type, str] = {
    CallResult: SOURCE_CALL_RESULT,
    Booking: SOURCE_BOOKING,
    PbxCallEvent: SOURCE_PBX_CALL,
    UserAction: SOURCE_USER_ACTION,
}


@dataclass(frozen=True, slots=True)
class Told:
    """
    One event as its source tells it, how often, and the outcome (kind.reason) that must list it.

    `case` is what a person would call it. `after` is an event that must be answered first, `about` one that must be
    parked first: this one is then the choice for it. `amends`: its call is told in disorder, so what this step adds may
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
    amends: bool = False
    tasks: int = 0
    events: int = 0
    talk: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """A record that is in the org before; `account` is the name of the account that it belongs to."""

    object: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    account: str | None = None


def topic_of(event: Event) -> str:
    """Return the topic of the event's source."""
    return _TOPICS[type(event)]


def key_of(event: Event) -> bytes:
    """Return the Kafka key that the table of topics gives the event."""
    if isinstance(event, Booking):
        return event.booking_id.encode()
    if isinstance(event, UserAction):
        return (event.person.email or "".join(event.person.phones[:1])).encode()
    return event.call_id.encode()
