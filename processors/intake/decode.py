"""
Decode: the bytes of one source message → an event.

In: bytes, the contract of their topic, a codec. Out: an event; else `Undecodable`, and the message is a dead letter.
Rule of this file: whatever is wrong with the bytes, one error with one reason comes out.
"""

from processors.sources.registry import SOURCES
from processors.sources.source import Event
from schemas.codec import Codec
from schemas.errors import Undecodable


def decode(data: bytes | None, codec: Codec, contract: str) -> Event:
    """Return the event that *data* holds; raise `Undecodable` where no event can be made of it."""
    if not data:
        raise Undecodable("the message is empty")
    value = codec.decode(contract, data)
    reader = SOURCES[contract].reader
    if reader is None:
        raise Undecodable(f"{contract} is no contract of a source")
    try:
        event: Event = reader.read(value)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Undecodable(f"the value is no {contract}: {type(error).__name__}: {error}") from error
    for name in reader.identity:
        # Without its identity, different events would be one.
        if not getattr(event, name).strip():
            raise Undecodable(f"{name} is blank")
    return event
