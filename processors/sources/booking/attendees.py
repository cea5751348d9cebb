"""
Who comes to the meeting of a chain of bookings: each attendee's own newest change, and who of them stands.

In: what is kept of the attendees, whom a change is about, a cancellation of the whole.  Out: the attendees after it.
Rule of this file: pure; in whatever order changes arrive, an attendee's newest one counts, and the meeting stands as
long as one attendee does. Who booked first (then by ID) is the first of those who stand.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

STRENGTH = ("booked", "moved", "cancelled")
"""Of two changes at the same moment the later one here counts."""
Rank = tuple[bool, bool, float, int]
RecordOf = Callable[["Attendee"], str | None]
"""Returns the record that an attendee has in the org now; None where none is known."""


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A change that was kept: of which booking, when (None: none is known), to which status."""

    booking: str | None = None
    time: datetime | None = None
    status: str | None = None

    def rank(self, replaced: Collection[str]) -> Rank:
        """Return how much it counts: a change of a booking that is *replaced* by another one counts less."""
        return (
            self.time is not None,
            self.booking not in replaced,
            self.time.timestamp() if self.time else 0.0,
            STRENGTH.index(self.status) if self.status in STRENGTH else -1,
        )


NOTHING = StatusChange()


@dataclass(frozen=True, slots=True)
class Attendee:
    """
    What is kept of one attendee: the source's `id` (empty where it tells none), and the newest change that was theirs.

    `record` is their lead or contact where it was there; else the event `event` made it. `booked` is when they first
    booked. `note` is the newest status of theirs that set fields alone, at `noted`. `guest`: they came with somebody.
    """

    id: str = ""
    event: str = ""
    record: str | None = None
    booked: datetime | None = None
    change: StatusChange = NOTHING
    note: str | None = None
    noted: datetime | None = None
    guest: bool = False

    @property
    def name(self) -> str:
        """What tells them apart from the other attendees of a chain."""
        return f"id {self.id}" if self.id else f"event {self.event}"

    @property
    def turn(self) -> tuple[datetime, bool, str, str]:
        """Their turn among the attendees: who booked earliest, then by ID; a guest after whom they came with."""
        return self.booked or datetime.max.replace(tzinfo=UTC), self.guest, self.id, self.event


@dataclass(frozen=True, slots=True)
class Attendees:
    """
    The attendees of a chain, and the newest cancellation of the whole (`off`).

    `replaced` are bookings that others replace. `mine` is the place of whom the present change is about: None where it
    is about the meeting as a whole. `applies`: it is the newest change of theirs.
    """

    everybody: tuple[Attendee, ...] = ()
    off: StatusChange = NOTHING
    replaced: frozenset[str] = frozenset()
    mine: int | None = None
    applies: bool = True

    def stands(self, attendee: Attendee) -> bool:
        """Whether an attendee has booked, and neither they nor the whole was cancelled since."""
        if attendee.change.status not in ("booked", "moved"):
            return False
        return attendee.change.rank(self.replaced) > self.off.rank(self.replaced)

    @property
    def standing(self) -> tuple[Attendee, ...]:
        """Those who stand, the first one first."""
        return tuple(
            sorted(
                (attendee for attendee in self.everybody if self.stands(attendee)), key=lambda attendee: attendee.turn
            )
        )

    @property
    def me(self) -> Attendee | None:
        """Whom the present change is about; None where it is about the meeting as a whole."""
        return None if self.mine is None else self.everybody[self.mine]

    def with_me(self, change: StatusChange, event: str, record: str | None, booked: datetime) -> "Attendees":
        """Return the attendees after a *change* of `mine`; *record* is theirs where it is there already."""
        if self.me is None:
            return self
        me = self.me
        applies = change.rank(self.replaced) >= me.change.rank(self.replaced)
        earliest = min((moment for moment in (me.booked, booked) if moment is not None), default=None)
        made = replace(
            me,
            event=me.event or event,
            record=record or me.record,
            booked=me.booked if change.status == "cancelled" else earliest,
            change=change if applies else me.change,
            guest=False,
        )
        return replace(self._with(made), applies=applies)

    def with_guest(
        self, name: str, change: StatusChange, event: str, record: str | None, booked: datetime
    ) -> "Attendees":
        """Return the attendees with the guest of that ID, who comes by a booking of somebody else's."""
        known = next((place for place, attendee in enumerate(self.everybody) if attendee.id == name), None)
        everybody = self.everybody if known is not None else (*self.everybody, Attendee(name, guest=True))
        place = len(self.everybody) if known is None else known
        guest = everybody[place].guest
        made = replace(self, everybody=everybody, mine=place).with_me(change, event, record, booked)
        found = tuple(
            replace(attendee, guest=guest) if at == place else attendee for at, attendee in enumerate(made.everybody)
        )
        return replace(self, everybody=found)

    def noting(self, status: str, time: datetime) -> "Attendees":
        """Return the attendees after a *status* that set fields alone: of `mine`, else of everybody."""
        if (me := self.me) is not None:
            newest = all(time >= moment for moment in (me.change.time, me.noted) if moment is not None)
            return replace(self._with(_noted(me, status, time)), applies=newest)
        return replace(self, everybody=tuple(_noted(attendee, status, time) for attendee in self.everybody))

    @property
    def shared_note(self) -> str | None:
        """The status that everybody who stands came to; None where there is none."""
        notes = {attendee.note for attendee in self.standing}
        return next(iter(notes)) if len(notes) == 1 else None

    def _with(self, made: Attendee) -> "Attendees":
        return replace(
            self,
            everybody=tuple(made if place == self.mine else attendee for place, attendee in enumerate(self.everybody)),
        )


def _noted(attendee: Attendee, status: str, time: datetime) -> Attendee:
    return (
        attendee if attendee.noted is not None and time < attendee.noted else replace(attendee, note=status, noted=time)
    )


def merged(known: Iterable[Attendee], replaced: Collection[str], record_of: RecordOf) -> tuple[Attendee, ...]:
    """Return the attendees of two chains that became one: the same ID, or without one the same record, is one."""
    found: list[Attendee] = []
    for attendee in known:
        record = record_of(attendee)
        same = (
            place
            for place, other in enumerate(found)
            if (
                other.id == attendee.id
                if attendee.id or other.id
                else record is not None and record_of(other) == record
            )
        )
        place = next(same, None)
        if place is None:
            found.append(attendee)
            continue
        older, newer = sorted((found[place], attendee), key=lambda it: it.change.rank(replaced))
        booked = min((it.booked for it in (older, newer) if it.booked is not None), default=None)
        found[place] = replace(newer, booked=booked, guest=older.guest and newer.guest)
    return tuple(found)


def place_of(
    everybody: Sequence[Attendee], attendee_id: str, records: Collection[str], record_of: RecordOf, *, says: bool
) -> int | None:
    """
    Return whose place a change is about; the number of places for somebody new, None for the meeting as a whole.

    *attendee_id* decides first; without it, or where nobody has it yet, the *records* that match the person do. *says*:
    the change says something of the person.
    """
    if not says and not attendee_id and len(everybody) > 1:
        return None
    by_id = [place for place, attendee in enumerate(everybody) if attendee_id and attendee.id == attendee_id]
    # Who is known by an ID is nobody else; those of whom the source told none may be anybody whose record it is.
    open_ = [place for place, attendee in enumerate(everybody) if not (attendee_id and attendee.id)]
    by_record = [place for place in open_ if record_of(everybody[place]) in records]
    alone = [place for place in open_ if len(everybody) == 1 and (not says or record_of(everybody[place]) is None)]
    return next(iter((*by_id, *by_record, *alone)), len(everybody))
