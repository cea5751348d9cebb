"""
Decode: the bytes of one source message → an event.

In: bytes and a codec. Out: `CallResult`; else `Undecodable`, and the message is a dead letter.
Rule of this file: whatever is wrong with the bytes, one error with one reason comes out.
"""

from schemas.call_result import CallResult
from schemas.codec import Codec
from schemas.errors import Undecodable

CONTRACT = "call_result"


def decode(data: bytes | None, codec: Codec) -> CallResult:
    """Return the event that *data* holds; raise `Undecodable` where no event can be made of it."""
    if not data:
        raise Undecodable("the message is empty")
    value = codec.decode(CONTRACT, data)
    try:
        event = CallResult.from_avro(value)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Undecodable(f"the value is no {CONTRACT}: {type(error).__name__}: {error}") from error
    for name in ("event_id", "call_id"):
        # Identity is made of these (section 3, point 8): without them, different events would be one.
        if not getattr(event, name).strip():
            raise Undecodable(f"{name} is blank")
    return event
