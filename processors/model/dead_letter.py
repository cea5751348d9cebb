"""
Dead letter: what goes with a message that can never be read.

In: where it was read and why it failed. Out: Kafka Connect's `__connect.errors.*` headers beside the message's own.
Rule of this file: the bytes are not looked at; they travel as they came.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

Headers = tuple[tuple[str, bytes], ...]
CONNECT = "__connect.errors."
FIRST_SEEN = "signalbox.first_seen"
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
