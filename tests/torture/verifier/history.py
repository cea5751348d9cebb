"""
What happened, as told from outside: what was sent, what came out of it, and what each witness kept.

Rule of this file: plain values; no word of the product's own code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Violation(NamedTuple):
    """One broken promise: the check's ID and one line."""

    check: str
    line: str


@dataclass(frozen=True)
class Event:
    """One (event, integration, attempt) that was sent; *kinds* are the outcomes that it may have (empty: any)."""

    event_id: str
    integration: str
    attempt: int = 0
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Person:
    """Whose records are one: any record that carries one of these addresses or numbers is this person's."""

    name: str
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    seeded: bool = False


@dataclass(frozen=True)
class CallSent:
    """
    One telephone call of which steps were sent. *mark* is the field of its Task and the value that nothing else has.

    *reason*: why it is not to be logged (None: it is); *says* are words that its Task must have. *people*: in a
    conference, what the Subject of each one's Task ends with; each of them has one.
    """

    call_id: str
    integration: str
    org: str
    mark: tuple[str, str]
    reason: str | None = None
    talk: float | None = None
    says: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


@dataclass(frozen=True)
class BookingSent:
    """
    One chain of bookings that replace each other, by what its newest change says. *mark* as of a call; *who* is the
    e-mail of the attendee on whom the Event hangs, where it is known.
    """

    booking_id: str
    org: str
    mark: tuple[str, str]
    cancelled: bool = False
    start: str | None = None
    end: str | None = None
    who: str | None = None


@dataclass(frozen=True)
class Sent:
    """The input: what must be answered, and what can never be read."""

    events: tuple[Event, ...] = ()
    reused: tuple[tuple[str, str], ...] = ()
    unreadable: tuple[bytes, ...] = ()
    people: tuple[Person, ...] = ()
    accounts: tuple[str, ...] = ()
    recipients: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    calls: tuple[CallSent, ...] = ()
    bookings: tuple[BookingSent, ...] = ()


@dataclass(frozen=True)
class Published:
    """One outcome, or one notice, as a `read_committed` reader finds it."""

    topic: str
    partition: int
    offset: int
    sequence: int
    value: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Its ID."""
        return str(self.value["outcome_id"])


@dataclass(frozen=True)
class Message:
    """One raw message with its place."""

    topic: str
    partition: int
    offset: int
    value: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LedgerRow:
    """One command in the ledger."""

    id: str
    org: str
    place: int
    state: str
    sequence: int | None
    kind: str | None
    reason: str | None
    contract: str = ""


@dataclass(frozen=True)
class AuditRow:
    """One outcome in the audit."""

    outcome_id: str
    kind: str
    reason: str
    integration: str


@dataclass(frozen=True)
class Mail:
    """One mail as the server took it."""

    recipients: tuple[str, ...]
    message_id: str
    text: str


@dataclass(frozen=True)
class Effect:
    """One change of one record in one org's own log, in the order in which it happened."""

    org: str
    kind: str
    object: str
    id: str
    request: int
    external: Mapping[str, str]
    after: Mapping[str, Any]


@dataclass(frozen=True)
class History:
    """Everything that the checks look at; None: this witness was not asked."""

    sent: Sent
    outcomes: Sequence[Published] = ()
    notices: Sequence[Published] = ()
    source: Sequence[Message] = ()
    letters: Sequence[Message] = ()
    ledger: Sequence[LedgerRow] | None = None
    audit: Sequence[AuditRow] | None = None
    mails: Sequence[Mail] | None = None
    effects: Sequence[Effect] | None = None
