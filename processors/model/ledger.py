"""
The ledger as values and as a port: inbox, timer and outbox of one org (design section 3).

Rule of this file: what may follow what stands in `MAY_FOLLOW`, and `org_queue/job.py` goes by it; the connector
stores, it decides nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from processors.model.plan import ApiCall
from processors.model.record import OwnRecord
from schemas.command import Command

State = Literal["waiting", "intended", "settled", "absorbed"]

MAY_FOLLOW: Mapping[State, Mapping[State, str]] = {
    "waiting": {
        "waiting": "it is put off, held, parked or chosen for",
        "intended": "its next step is about to leave in an API call",
        "settled": "it ends without a further write",
        "absorbed": "another step settles its telephone call",
    },
    "intended": {
        "intended": "its next step is about to leave",
        "waiting": "its step was not applied",
        "settled": "its last step is answered, or one is refused",
    },
    "settled": {},
    "absorbed": {},
}
"""
Which states a stored command may go to, and by what; a settled one never changes.

A step of a call is *absorbed* when its call is settled: another step's row carries the outcome of them all.
docs/architecture.md draws it.
"""

LANES: Mapping[str, int] = {"live": 0, "retry": 1, "bulk": 2}
"""Lanes by priority: a lower number goes first."""
LANE_NAMES: Mapping[int, str] = {number: name for name, number in LANES.items()}


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write for an org, as taken: whoever holds an older epoch is refused."""

    org: str
    epoch: int
    ledger_id: str
    last_sequence: int
    unclean_starts: int
    commands: int
    resume_from: int | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A command as it arrived, with its bytes; *due* in seconds since the epoch, None for at once."""

    command: Command
    body: bytes
    due: float | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """An unsettled command as the ledger holds it. `due` in seconds since the epoch."""

    command_id: str
    queue_position: int
    state: State
    lane: int
    due: float
    tries: int
    crashes: int
    alone: bool
    body: bytes
    plan: bytes | None = None
    parked: bool = False
    resolution: bytes | None = None


@dataclass(frozen=True, slots=True)
class Postponed:
    """
    A command that goes back to waiting: until when, why, and what of its plan must not be forgotten.

    `parked`: it waits for someone's choice, and `due` is when nobody's counts.
    """

    command_id: str
    due: float
    why: str
    blocker: str | None = None
    tries: int = 0
    crashes: int = 0
    alone: bool = False
    plan: bytes | None = None
    parked: bool = False


@dataclass(frozen=True, slots=True)
class Resumed:
    """A parked command that someone has chosen for: it is due now, and holds the choice (JSON of a `Resolution`)."""

    command_id: str
    due: float
    resolution: bytes


@dataclass(frozen=True, slots=True)
class Noticed:
    """A notice: encoded, with its Kafka key and headers (JSON). The ledger gives it the org's next sequence number."""

    notice_id: str
    command_id: str
    notice: bytes
    key: str
    headers: bytes


@dataclass(frozen=True, slots=True)
class Settled:
    """
    A command's end: the encoded outcome, its Kafka key and headers (JSON, name → text), and what indexes it.

    The ledger gives it the org's next sequence number. `absorbed` are the commands that its outcome answers too (the
    other steps of its call).
    """

    command_id: str
    outcome: bytes
    kind: str
    reason: str
    key: str
    headers: bytes
    absorbed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class LedgerTransaction:
    """
    What one database transaction does for one org; all of it or nothing.

    `links` (by kind and source ID) are kept, `unlinked` (kind, source ID) are forgotten before that. `field_history`
    (by record ID) says which event wrote which fields: JSON of `processors/model/field_history.py`, put over what is
    kept of others. `own_records` are kept beside those that are known, `disowned` (integration, record ID) are
    forgotten.
    """

    intended: Sequence[ApiCall] = ()
    plans: Mapping[str, bytes] = field(default_factory=dict)
    answered: Sequence[str] = ()
    alive: Sequence[ApiCall] = ()
    settled: Sequence[Settled] = ()
    postponed: Sequence[Postponed] = ()
    links: Mapping[tuple[str, str], str] = field(default_factory=dict)
    unlinked: Sequence[tuple[str, str]] = ()
    source_states: Mapping[tuple[str, str], bytes] = field(default_factory=dict)
    resumed: Sequence[Resumed] = ()
    noticed: Sequence[Noticed] = ()
    field_history: Mapping[str, bytes] = field(default_factory=dict)
    own_records: Sequence[OwnRecord] = ()
    disowned: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Unpublished:
    """
    A settled command's outcome, or a notice, ready for its topic; of a notice `kind` is `notice` and `command_id` its
    own ID.
    """

    sequence: int
    command_id: str
    kind: str
    outcome: bytes
    key: str
    headers: bytes


@dataclass(frozen=True, slots=True)
class Applied:
    """
    What a change came to: the org's last sequence number, and the numbers that this change gave out (by command ID, or
    by notice ID).
    """

    last_sequence: int
    numbers: Mapping[str, int] = field(default_factory=dict)


class Ledger(Protocol):
    """
    The database behind the executor. Every write checks the lease first and raises `LeaseLost` where it is gone.

    Raises `Transient` where the database is unreachable or busy.
    """

    def take_lease(self, org: str, owner: str) -> Lease:
        """Take the org's lease: epoch + 1. Counts an unclean start until `clean` is told."""

    def insert(self, lease: Lease, arrivals: Sequence[Arrival]) -> tuple[Sequence[Stored], Sequence[Arrival]]:
        """Insert each command once by its ID; return the new ones, and those whose ID is known with another digest."""

    def unsettled(self, lease: Lease) -> tuple[Sequence[Stored], Sequence[ApiCall]]:
        """Return everything that waits or is intended, in place order, and every call that may still land."""

    def apply(self, lease: Lease, change: LedgerTransaction) -> Applied:
        """Carry the change out in one transaction; return the sequence numbers that it gave out."""

    def source_states(self, lease: Lease, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], bytes]:
        """Return what is kept of these source entities, by (integration, source ID); those not known are left out."""

    def own_records(self, lease: Lease, keys: Sequence[tuple[str, str]]) -> Sequence[OwnRecord]:
        """Return what earlier events of these source entities made or wrote, by (integration, source ID)."""

    def links(self, lease: Lease, kind: str, source_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the record IDs kept for these source IDs."""

    def linked(self, lease: Lease, kind: str, record_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Return the source IDs whose links lead to these records, by record ID; those without a link are left out."""

    def field_history(self, lease: Lease, record_ids: Sequence[str]) -> Mapping[str, bytes]:
        """Return the field history of these records, as `model/field_history.py` has it; unknown ones are out."""

    def unpublished(self, org: str, after: int, limit: int) -> Sequence[Unpublished]:
        """Return the next outcomes after a sequence number, in sequence."""

    def resume_from(self, org: str) -> int | None:
        """Return the sequence number that the operator said a stopped org goes on after, or None; no lease is taken."""

    def resumed(self, lease: Lease) -> None:
        """Forget where the operator said to go on: Kafka's committed offset says it from now on."""

    def clean(self, lease: Lease) -> None:
        """Forget unclean starts: work has been settled, or the process ends in good order."""

    def mark_crashing(self, lease: Lease, command_id: str) -> int:
        """Note that a command is about to be decided alone after crashes; return how often that was noted."""

    def prune(self, lease: Lease, before: float, through: int) -> int:
        """Delete settled rows older than *before* and published (sequence ≤ *through*); return how many."""
