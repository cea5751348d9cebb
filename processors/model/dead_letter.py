"""
Dead letter: what goes with a message that can never be read.

In: where it was read and why it failed. Out: Kafka Connect's `__connect.errors.*` headers beside the message's own.
Rule of this file: the bytes are not looked at; they travel as they came, unless no topic takes so many.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

Headers = tuple[tuple[str, bytes], ...]
CONNECT = "__connect.errors."
FIRST_SEEN = "signalbox.first_seen"
SHORTENED = "signalbox.shortened"
"""Header of a dead letter that lost bytes: what was cut, with the length and SHA-256 of each part as it came."""
NULL_VALUE = "signalbox.null_value"
"""Header of a dead letter whose message had neither key nor value: clients send no such message, so it is empty."""
MESSAGE_BYTES = 1_000_000
"""The largest message that is sent, in bytes of key, value and headers: under Kafka's default limit (1,048,588)."""
KEY_BYTES = 4_096
"""Of a shortened dead letter's key, so many bytes are kept."""
MESSAGE_LIMIT = 1_000
"""An error's text is cut to this many characters: headers count against the size of a message."""


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Which message it is; a dead letter may repeat, and is one and the same by these."""

    topic: str
    partition: int
    offset: int


def headers(
    where: Coordinates, error: BaseException, *, stage: str, now: datetime, own: Iterable[tuple[str, bytes]] = ()
) -> Headers:
    """
    Return the headers of a dead letter: the message's own, then where it was read, at which stage, and why it failed.

    A message that was replayed and failed again keeps the moment at which it was seen first.
    """
    said = {
        "topic": where.topic,
        "partition": str(where.partition),
        "offset": str(where.offset),
        "connector.name": "signalbox",
        "stage": stage,
        "exception.class.name": f"{type(error).__module__}.{type(error).__qualname__}",
        "exception.message": str(error)[:MESSAGE_LIMIT],
    }
    # A dead letter that was replayed and failed again must not carry two answers.
    kept = tuple((name, value) for name, value in own if not name.startswith(CONNECT))
    if all(name != FIRST_SEEN for name, _ in kept):
        kept += ((FIRST_SEEN, now.astimezone(UTC).isoformat(timespec="milliseconds").encode()),)
    return kept + tuple((CONNECT + name, text.encode()) for name, text in said.items())


def size(key: bytes | None, value: bytes | None, said: Headers) -> int:
    """Return the bytes that a message takes, without the few that Kafka adds."""
    return len(key or b"") + len(value or b"") + sum(len(name) + len(own) + 8 for name, own in said)


def fitted(
    key: bytes | None, value: bytes | None, said: Headers, limit: int = MESSAGE_BYTES
) -> tuple[bytes | None, bytes | None, Headers]:
    """
    Return key, value and headers of a dead letter in at most *limit* bytes (4,096 or more is sensible).

    What does not fit loses the message's own headers, the end of a long key and the middle of the value; the header
    `signalbox.shortened` gives the length and the SHA-256 of what was there, so that the message can be recognised.
    """
    if size(key, value, said) <= limit:
        return key, value, said
    parts = [("key", key or b""), ("value", value or b"")]
    digests = "; ".join(f"{name} {len(part)} bytes sha256 {sha256(part).hexdigest()}" for name, part in parts)
    ours = tuple(pair for pair in said if pair[0].startswith(CONNECT) or pair[0] == FIRST_SEEN)
    short = (*ours, (SHORTENED, digests.encode()))
    head = (key or b"")[: min(KEY_BYTES, limit // 4)] if key is not None else None
    room = max(0, limit - size(head, None, short))
    return head, _ends(value, room), short


def sendable(key: bytes | None, value: bytes | None, said: Headers) -> tuple[bytes | None, bytes | None, Headers]:
    """Return the same for a client that sends no message without key and value: the value is empty, and told so."""
    return (key, value, said) if (key, value) != (None, None) else (None, b"", (*said, (NULL_VALUE, b"true")))


def _ends(value: bytes | None, room: int) -> bytes | None:
    """Return the head and the tail of *value*, three bytes to one, in at most *room* bytes."""
    if value is None or len(value) <= room:
        return value
    tail = room // 4
    return value[: room - tail] + value[len(value) - tail :]
