"""
Who comes to a booking's meeting before and after a change of it, and on whom its activity hangs.

In: a case, its chain of bookings.  Out: the attendees; where the activity hangs.
Rule of this file: pure; whom a change is about is decided by the attendee's ID, then by the record that matches. What
release 0.1.0 kept of a chain tells no attendee: there the person on whom the activity hangs is the one.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from processors.deciding import activity
from processors.deciding.activity import ActivityTarget
from processors.deciding.case import Case
from processors.deciding.own_records import own_record_refused
from processors.model.match import Match
from processors.sources.booking.attendees import (
    NOTHING,
    STRENGTH,
    Attendee,
    Attendees,
    RecordOf,
    StatusChange,
    merged,
    place_of,
)
from processors.sources.booking.chain import JoinedChains
from processors.sources.booking.guests import RegisteredGuest
from processors.sources.booking.person import NOWHERE, Registered
from schemas.command import BookingChange


@dataclass(frozen=True, slots=True)
class Attending:
    """The attendees of the meeting before a change and after it; `records` are theirs in the org, where known."""

    before: Attendees
    after: Attendees
    records: Mapping[str, str]

    def record_of(self, attendee: Attendee) -> str | None:
        """Return the record that an attendee has in the org."""
        return self.records.get(attendee.name)

    @property
    def is_whole(self) -> bool:
        """Whether the change is about the meeting, not about one attendee."""
        return self.after.me is None

    @property
    def registers(self) -> bool:
        """Whether a booking or a move registers its person: it is the newest change of one attendee, who stands."""
        return self.after.me is not None and self.after.applies and self.after.stands(self.after.me)

    @property
    def first_differs(self) -> bool:
        """Whether somebody else is the first of those who stand since the change."""
        first = [attendees.standing[0].name if attendees.standing else None for attendees in (self.before, self.after)]
        return first[0] != first[1]

    def registered(self, event: str, person: Registered) -> "Attending":
        """Return the attendees now that the person of the change is known in the org, or is about to be made."""
        me = self.after.me
        if me is None or self.after.mine is None or person.target == NOWHERE:
            return self
        made = replace(me, event=event, record=None) if person.target.role else replace(me, record=person.target.who)
        everybody = list(self.after.everybody)
        everybody[self.after.mine] = made
        records = {name: record for name, record in self.records.items() if name != me.name}
        if made.record:
            records[made.name] = made.record
        return replace(self, after=replace(self.after, everybody=tuple(everybody)), records=records)

    def with_guests(self, event: str, booked: datetime, guests: Iterable[RegisteredGuest]) -> "Attending":
        """Return the attendees with the guests of the present change who are attendees of the source's own."""
        after, me = self.after, self.after.me
        for guest in guests if me is not None else ():
            if guest.attendee_id and me is not None:
                after = after.with_guest(guest.attendee_id, me.change, event, guest.record, booked)
        return replace(self, after=after)

    def target(self, person: Registered, *, mine: bool) -> ActivityTarget:
        """
        Return where the activity hangs: on the person of the change (*mine*) before all others, or after them.

        The others come in the order in which they booked; who is not known in the org is passed over.
        """
        me = self.after.me
        standing = self.after.standing
        for attendee in sorted(standing, key=lambda item: (item == me) is not mine):
            if attendee == me and person.target != NOWHERE:
                return person.target
            if (record := self.record_of(attendee)) is not None:
                return ActivityTarget(who=record)
        return NOWHERE if standing else person.target


def was_off(people: Attending, chain: JoinedChains) -> bool:
    """Whether the meeting did not stand before the change."""
    before = people.before
    return not before.standing if before.everybody else chain.before[0].status == "cancelled"


def attending(case: Case, chain: JoinedChains, change: BookingChange) -> Attending:
    """Return who comes before and after *change*, which has the status that it is taken for."""
    match, known = case.match, case.match.current_ids
    passed = known.get(match.own_passed, match.own_passed) if match.own_passed else None
    matched = () if own_record_refused(case) else (*match.leads, *match.contacts)
    here = {item.id for item in matched} | {*match.also}
    here |= {record_id for record_id in (match.followed, passed) if record_id}

    def record_of(attendee: Attendee) -> str | None:
        if attendee.record is None:
            return _own_record(case, attendee)
        return known.get(attendee.record) or (
            attendee.record if attendee.record in there else _own_record(case, attendee)
        )

    told = tuple(attendee for each in chain.before for attendee in each.attendees)
    old = () if told else _of_release_0_1_0(case, chain)
    there = here | {attendee.record for attendee in old}
    everybody = merged(told or old, chain.replaced, record_of)
    cancelled = [
        status_change
        for each in chain.before
        for status_change in (each.off, each.change)
        if status_change.status == "cancelled"
    ]
    before = Attendees(everybody, _newest(cancelled, chain), chain.replaced)
    after = _after(case, chain, before, change, record_of, here)
    records = {attendee.name: record for attendee in after.everybody if (record := record_of(attendee)) is not None}
    return Attending(before, after, records)


def _after(
    case: Case,
    chain: JoinedChains,
    before: Attendees,
    change: BookingChange,
    record_of: RecordOf,
    here: Collection[str],
) -> Attendees:
    command, attendee_id = case.command, change.attendee_id or ""
    own = StatusChange(command.source_id, chain.time, change.status)
    if change.status == "cancelled" and not attendee_id:
        return replace(before, off=_newest([before.off, own], chain))
    if change.status not in STRENGTH and not attendee_id:
        return before.noting(change.status, chain.time)
    place = place_of(
        before.everybody,
        attendee_id,
        here,
        record_of,
        says=command.person.is_named or command.salesforce_id is not None,
    )
    if place is None:
        return before
    everybody = [*before.everybody, *((Attendee(),) if place == len(before.everybody) else ())]
    everybody[place] = replace(everybody[place], id=everybody[place].id or attendee_id)
    after = replace(before, everybody=tuple(everybody), mine=place)
    if change.status not in STRENGTH:
        return after.noting(change.status, chain.time)
    return after.with_me(own, command.event_id, _the_one_matched(case.match), command.event_time)


def _newest(changes: Sequence[StatusChange], chain: JoinedChains) -> StatusChange:
    return max(changes, key=lambda status_change: status_change.rank(chain.replaced), default=NOTHING)


def _the_one_matched(match: Match) -> str | None:
    found = match.contacts or match.leads
    return found[0].id if len(found) == 1 else None


def _own_record(case: Case, attendee: Attendee) -> str | None:
    """Return the record, as it is now, that the event of an attendee made, else the last one that theirs wrote."""
    rows = [row for row in case.match.own_people if row.attendee == attendee.id]
    made = [row for row in rows if row.made and row.event_id == attendee.event]
    known = [case.match.current_ids.get(row.record_id) for row in (*made, *(reversed(rows) if attendee.id else ()))]
    return next((record for record in known if record), None)


def _of_release_0_1_0(case: Case, chain: JoinedChains) -> tuple[Attendee, ...]:
    """Return whom a chain is with of which a booking or a move is kept and no attendee."""
    kept = chain.before[0]
    if kept.status not in ("booked", "moved"):
        return ()
    logged = case.match.activities.get(activity.activity_effect(case, kept.root))
    record = str(logged.fields.get("WhoId") or "") if logged else ""
    return (Attendee(record=record or None, booked=kept.time, change=kept.change),)
