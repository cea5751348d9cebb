"""
Dead letters: messages that can never be read, kept as they came, with Kafka Connect's headers saying where and why.

In: the original message and the error. Out: a dead letter whose key and value are the original bytes; later, a replay.
Rule of this file: pure; producing and reading is in `dead_letter_topics.py`. A dead letter loses no byte and no header
unless its topic could not take it whole; then it says so, and cannot be replayed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.kafka.headers import Headers
from processors.model.dead_letter import CONNECT, FIRST_SEEN, SHORTENED, Coordinates, fitted, headers

REPLAY_OF = "signalbox.replay_of"
REPLAYS = "signalbox.replays"


@dataclass(frozen=True, slots=True)
class Original:
    """One message as Kafka gave it: bytes untouched, with its coordinates."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What goes to a dead letter topic."""

    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(frozen=True, slots=True)
class StoredDeadLetter:
    """A dead letter as read back: where it lies, and what its headers say."""

    at: str
    original: Original
    stage: str
    error: str
    message: str
    first_seen: str
    replays: int
    shortened: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """Which dead letters: all that match everything named. `reason` is part of the error's class name or text."""

    reason: str | None = None
    topic: str | None = None
    at: str | None = None

    def __call__(self, message: StoredDeadLetter) -> bool:
        """Return whether *message* is meant."""
        said = f"{message.error} {message.message}".lower()
        return (
            (self.reason is None or self.reason.lower() in said)
            and (self.topic is None or self.topic == message.original.topic)
            and (self.at is None or self.at == message.at)
        )


def dead_letter(original: Original, *, stage: str, error: BaseException, now: datetime) -> DeadLetter:
    """
    Return the dead letter of *original*: the same key and value, its own headers, and ours; shortened where it is too
    large for a topic.

    A message that was replayed and failed again keeps the moment at which it was seen first.
    """
    where = Coordinates(original.topic, original.partition, original.offset)
    own = [(name, value or b"") for name, value in original.headers]
    said = headers(where, error, stage=stage, now=now, own=own)
    key, value, kept = fitted(original.key, original.value, said)
    return DeadLetter(key, value, list(kept))


def stored_dead_letter(found: Original) -> StoredDeadLetter:
    """Return what a message of a dead letter topic says of the message that it keeps."""
    said = {name: (value or b"").decode(errors="replace") for name, value in found.headers}
    original = replace(
        found,
        topic=said.get(f"{CONNECT}topic", ""),
        partition=_number(said.get(f"{CONNECT}partition"), -1),
        offset=_number(said.get(f"{CONNECT}offset"), -1),
        headers=tuple((name, value) for name, value in found.headers if not name.startswith(CONNECT)),
    )
    return StoredDeadLetter(
        at=f"{found.topic}/{found.partition}/{found.offset}",
        original=original,
        stage=said.get(f"{CONNECT}stage", ""),
        error=said.get(f"{CONNECT}exception.class.name", ""),
        message=said.get(f"{CONNECT}exception.message", ""),
        first_seen=said.get(FIRST_SEEN, ""),
        replays=_number(said.get(REPLAYS), 0),
        shortened=SHORTENED in said,
    )


def replay_message(message: StoredDeadLetter) -> DeadLetter:
    """Return the original message as it goes back to its topic, with how often it was replayed and from where."""
    kept = [(name, value or b"") for name, value in message.original.headers if name not in (REPLAY_OF, REPLAYS)]
    counted = [(REPLAY_OF, message.at.encode()), (REPLAYS, str(message.replays + 1).encode())]
    return DeadLetter(message.original.key, message.original.value, kept + counted)


def _number(text: str | None, default: int) -> int:
    try:
        return default if text is None else int(text)
    except ValueError:
        return default
