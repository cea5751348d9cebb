"""
Ports of reverse sync: the feed of changes, the log that keeps the read position, our own writes, the links.

Rule of this file: protocols and the values that cross them; no library type crosses a port. Today's feed asks by SOQL;
one on the Pub/Sub API answers the same asks from its stream, with the gaps filled by SOQL.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias

from processors.model.errors import SignalboxError
from processors.model.org_facts import ObjectFacts
from schemas.values import Scalar

MessageHeaders: TypeAlias = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class FeedPosition:
    """How far an object was read: by SystemModstamp, and by record ID among equal ones (`id` '': none of them yet)."""

    at: datetime
    id: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """
    One page of one object's records, in the order of (SystemModstamp, Id), after a position.

    `until`: nothing that changed later; `created_until`: nothing that was created later; `deleted`: deleted records
    too; at most `most` rows. `ids`: these records alone, whenever they changed.
    """

    object: str
    fields: tuple[str, ...]
    after: FeedPosition | None
    most: int
    until: datetime | None = None
    created_until: datetime | None = None
    deleted: bool = True
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangedRecord:
    """A record as the org has it now; `fields` are those asked for, by name as asked."""

    object: str
    id: str
    changed: datetime
    created: datetime
    deleted: bool = False
    merged_into: str | None = None
    changed_by_id: str | None = None
    changed_by_email: str | None = None
    owner_email: str | None = None
    fields: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """
    The answer to one ask. `full`: there may be more after its last row (without rows: after where it began);
    `refused`: why this ask was refused.
    """

    rows: tuple[ChangedRecord, ...] = ()
    full: bool = False
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class OwnWrite:
    """What we last wrote to a field: for which integration, the value, and by which event."""

    integration: str
    value: Scalar
    event: str


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message of a transaction; `value` None takes its key out of a compacted topic."""

    topic: str
    key: bytes
    value: bytes | None
    headers: MessageHeaders = ()


class ChangeFeed(Protocol):
    """Where changes of an org's records come from. Raises `OrgDown` or `Transient`."""

    def read(self, asks: Sequence[Ask]) -> Sequence[Page]:
        """Answer at most five asks by one API call, in their order."""

    def now(self) -> datetime:
        """Return the org's own time, in UTC, whatever this machine's clock says. Raises `OrgDown` or `Transient`."""

    def describe(self, name: str) -> ObjectFacts | None:
        """Return what describe says of an object, at most an hour old; None where there is none. Raises as `read`."""

    def api_calls(self) -> int:
        """Return how many API calls this feed has sent."""


class OwnWrites(Protocol):
    """What we wrote ourselves, field by field. Raises `Transient`."""

    def written(self, org: str, record_ids: Sequence[str]) -> Mapping[str, Mapping[str, OwnWrite]]:
        """Return the last write of each field of each of the records, by record ID and API name."""


class Links(Protocol):
    """Which records of the sources the org's records are linked with. Raises `Transient`."""

    def sources(self, org: str, record_ids: Sequence[str]) -> Mapping[tuple[str, str], str]:
        """Return the source's own ID by (integration, record ID)."""


class Superseded(SignalboxError):
    """Another process reads this org's changes now, or a transaction's end is unknown: begin anew, or leave it."""


class NotKept(SignalboxError):
    """The transaction was ended without effect: nothing was sent, and it is tried again."""


class ChangeLog(Protocol):
    """
    The one place where changes are sent and where it is kept how far they were read, in one transaction.

    Opening it puts every process that had it open before out.
    """

    def open(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield what is kept, oldest first (a later value of a key replaces it). Raises `Superseded`, `Transient`."""

    def commit(self, messages: Sequence[OutgoingMessage]) -> None:
        """Send all of them or none. Raises `NotKept` or `Superseded`."""

    def close(self) -> None:
        """Let it go."""
