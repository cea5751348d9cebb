"""
Decode: the bytes of one source message → an event.

In: bytes, the contract of their topic, a codec. Out: an event; else `Undecodable`, and the message is a dead letter.
Rule of this file: whatever is wrong with the bytes, one error with one reason comes out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from schemas.booking import Booking
from schemas.call_result import CallResult
from schemas.codec import Codec
from schemas.errors import Undecodable
from schemas.field_activity import FieldActivity
from schemas.field_record import FieldRecord
from schemas.pbx_call_event import PbxCallEvent
from schemas.prospect import Prospect
from schemas.user_action import UserAction

CONTRACT = "call_result"

Event: TypeAlias = CallResult | Booking | PbxCallEvent | Prospect | FieldRecord | FieldActivity | UserAction


@dataclass(frozen=True, slots=True)
class Reader:
    """How one contract is read, and which of its fields make an event's identity (design section 3, point 8)."""

    read: Callable[[Mapping[str, Any]], Event]
    named: tuple[str, ...]


READERS: Mapping[str, Reader] = {
    "call_result": Reader(CallResult.from_avro, ("event_id", "call_id")),
    "booking": Reader(Booking.from_avro, ("event_id", "booking_id")),
    "pbx_call_event": Reader(PbxCallEvent.from_avro, ("event_id", "call_id")),
    "prospect": Reader(Prospect.from_avro, ("event_id", "prospect_id")),
    "field_record": Reader(FieldRecord.from_avro, ("event_id", "record_id")),
    "field_activity": Reader(FieldActivity.from_avro, ("event_id", "activity_id")),
    "user_action": Reader(UserAction.from_avro, ("event_id",)),
}
"""By contract: everything that a source topic may hold."""


def decode(data: bytes | None, codec: Codec, contract: str = CONTRACT) -> Event:
    """Return the event that *data* holds; raise `Undecodable` where no event can be made of it."""
    if not data:
        raise Undecodable("the message is empty")
    value = codec.decode(contract, data)
    reader = READERS[contract]
    try:
        event = reader.read(value)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Undecodable(f"the value is no {contract}: {type(error).__name__}: {error}") from error
    for name in reader.named:
        # Without its identity, different events would be one.
        if not getattr(event, name).strip():
            raise Undecodable(f"{name} is blank")
    return event
