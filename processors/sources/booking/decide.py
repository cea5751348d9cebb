"""
What a change of a booking does to Salesforce: the person's record, and one activity.

In: a case of the contract `Booking`.  Out: a `Decision` (JI-1 to JI-25, BK-1 to BK-3); before it, what is to be read.
Rule of this file: pure; which way to go is read from the tables in `rules.py`. A change that is not the newest
of its chain of bookings writes nothing; all that it can do is to join two chains, of which one activity stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from processors.deciding import activity
from processors.deciding.activity import ActivityTarget
from processors.deciding.campaign import ATTENDEE_CANCELLED
from processors.deciding.case import Case
from processors.deciding.part import Part
from processors.model.decision import Decision
from processors.model.rule_table import Row
from processors.sources.booking.activity import status_fields
from processors.sources.booking.attending import Attending, attending
from processors.sources.booking.chain import JoinedChains, from_state, join_chains, previous_of
from processors.sources.booking.chain_activity import (
    ChainActivity,
    activity_of_chain,
    activity_part,
    activity_row,
    owner_after,
    without_others,
)
from processors.sources.booking.guests import register_guests, with_guests_named
from processors.sources.booking.person import Registered, register
from processors.sources.booking.settings import KNOWN, BookingIntegration
from processors.sources.booking.status_alone import NEWER, status_alone
from schemas.command import BookingChange, Command
from schemas.outcome import Reason
from schemas.values import Scalar

_REASONS: Mapping[str, Reason] = {
    "create": "activity_created",
    "overwrite": "activity_updated",
    "delete": "activity_deleted",
    "mark": "activity_cancelled",
}


def wanted_source_ids(command: Command) -> tuple[str, ...]:
    """Return the source IDs of the bookings that the command names: its own, and the one that it replaces."""
    previous = previous_of(command)
    return (command.source_id, previous) if previous else (command.source_id,)


def further_source_ids(states: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the source IDs that these states lead to: the roots of their chains."""
    return tuple(dict.fromkeys(root for state in states.values() if (root := from_state(state).root) not in states))


def effects(command: Command, states: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the effect keys of the activities that the command's chains may have."""
    roots = dict.fromkeys(chain.root for chain in join_chains(command, states).before)
    return tuple(activity.key_of(command, root) for root in roots)


def people(command: Command, states: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the IDs of the leads and contacts of who comes to the command's chain, as far as its state names them."""
    kept = (attendee for chain in join_chains(command, states).before for attendee in chain.attendees)
    return tuple(dict.fromkeys(attendee.record for attendee in kept if attendee.record))


def chain(command: Command, states: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the source IDs of all bookings of the command's chain."""
    return join_chains(command, states).after.members


def decide_booking(case: Case) -> Decision:
    """Return what a booking's change does."""
    change = case.command.booking or BookingChange("other")
    if change.status not in KNOWN:
        detail = f"a booking that is '{change.status}' is none that was made, moved or cancelled"
        return case.decided("skipped", (), (Part(detail=detail),), "other")
    treated = BookingIntegration.of(case.settings).booking.treatment(change.status)
    row = case.book.row("booking_status", treated)
    if row.then == "ignore":
        detail = f"a booking that is '{change.status}' does nothing: booking.statuses may say what it does"
        return case.decided("skipped", (row.rule,), (Part(detail=detail),), "filtered")
    if row.then == "fields":
        return status_alone(case, row.rule)
    # From here on the change is what the settings take its status for.
    own = status_fields(case)
    case = replace(case, command=replace(case.command, booking=replace(change, status=treated)))
    decision = _changed(case, own)
    return decision if treated == change.status else replace(decision, rule_ids=(row.rule, *decision.rule_ids))


@dataclass(frozen=True, slots=True)
class _Changed:
    """A booking, a move or a cancellation on its way: its chain, who comes, the person's record, the activity."""

    case: Case
    chain: JoinedChains
    people: Attending
    person: Registered
    chained: ChainActivity
    rules: tuple[str, ...]
    own: Mapping[str, Scalar]
    guests: tuple[Part, ...] = ()

    @property
    def stands(self) -> bool:
        """Whether anybody comes after the change."""
        return bool(self.people.after.standing)

    @property
    def target(self) -> tuple[ActivityTarget, tuple[str, ...]]:
        """Where the activity hangs, and the rule that says so where several come (BK-6)."""
        standing, me = self.people.after.standing, self.people.after.me
        if len(standing) < 2:
            return self.people.target(self.person, mine=True), ()
        row = self.case.book.row("booking_who", "this_one" if standing[0] == me else "another")
        return self.people.target(self.person, mine=row.then == "this"), (row.rule,)

    def states(self, parts: tuple[Part, ...] = ()) -> Mapping[str, bytes]:
        """Return what the ledger keeps of the chain after *parts*."""
        return self.chain.states(self.chained.root, owner_after(self.case, self.chained, parts))

    def row(self, status: str) -> Row:
        """Return the row that says what becomes of the activity of a booking of that *status*."""
        return activity_row(self.case, status, self.chained.existing)


def _changed(case: Case, own: Mapping[str, Scalar]) -> Decision:
    """Return what a booking, a move or a cancellation does; *own* are the fields that its status sets."""
    change = case.command.booking or BookingChange("other")
    chain = join_chains(case.command, case.match.source_states)
    people = attending(case, chain, change)
    asked = case.book.row("booking_person", change.status)
    person, guests = Registered(), tuple[Part, ...]()
    if asked.then == "register" and (people.registers or change.status == "cancelled"):
        person = register(case)
        if person.refused:
            return case.decided("error", (asked.rule, *person.rules), person.parts)
        guests, registered = register_guests(case)
        event = case.command.event_id
        people = people.registered(event, person).with_guests(event, case.command.event_time, registered)
    kept = activity_of_chain(case, chain, off=not people.after.standing)
    chain = chain.with_attendees(people.after, case.command)
    now = _Changed(case, chain, people, person, kept, (asked.rule, *person.rules), own, guests)
    return _cancelled(now) if change.status == "cancelled" else _booked(now)


def _booked(now: _Changed) -> Decision:
    if now.stands and now.chain.applies:
        return _applied(now, str(now.chain.after.status))
    return _joins(now) if now.people.registers else _superseded(now)


def _cancelled(now: _Changed) -> Decision:
    whom = "whole" if now.people.is_whole else "others_stand" if now.stands else "last"
    row = now.case.book.row("booking_attendee", "cancelled", whom)
    if not (now.chain.applies if now.people.is_whole else now.people.after.applies):
        return _superseded(now)
    now = replace(now, rules=(*now.rules, *(() if now.people.is_whole else (row.rule,))))
    return _applied(now, "cancelled") if row.then == "meeting" else _left_to_others(now)


def _superseded(now: _Changed) -> Decision:
    """Return what an older change does: nothing, but what joining two chains, or who comes, does to the activity."""
    verb, parts = _upkeep(now)
    if any(part.step for part in parts):
        rule = "JI-20" if now.stands else now.row("cancelled").rule
        return now.case.decided("activity", (rule,), parts, _REASONS.get(verb, "activity_deleted"), now.states(parts))
    return now.case.decided("skipped", ("JI-20",), (Part(detail=NEWER),), "superseded", now.states())


def _joins(now: _Changed) -> Decision:
    """Return what an attendee's newest change does that is older than the meeting's: it registers them."""
    verb, parts = _upkeep(now)
    return _told(now, ("JI-20",), parts, verb)


def _left_to_others(now: _Changed) -> Decision:
    """Return what the cancellation of one attendee does where others stand: the activity is theirs."""
    if now.chained.existing is None or not now.case.settings.activity.enabled:
        return now.case.decided("skipped", now.rules, (), "no_activity", now.states())
    _, parts = _upkeep(now)
    left = Part(record=now.chained.existing, linked=(now.chained.existing,), flags=(ATTENDEE_CANCELLED,))
    return now.case.decided("activity", now.rules, (left, *parts), "activity_updated", now.states(parts))


def _upkeep(now: _Changed) -> tuple[str, tuple[Part, ...]]:
    """
    Return what a change does to the activity whose own content does not count: the verb, and the parts.

    It goes where nobody comes any more, is there again where somebody does, and hangs on the first of them.
    """
    case, kept, before = now.case, now.chained, now.people.before
    if not case.settings.activity.enabled:
        return "nothing", ()
    several = len(now.chain.before) > 1
    others = without_others(case, kept) if several else ()
    if not now.stands:
        then = now.row("cancelled").then
        if then in ("delete", "mark") and (several or before.standing):
            return then, (activity_part(case, then, kept, ActivityTarget(), {}), *others)
        return "nothing", others
    target, rules = now.target
    if before.everybody and not before.standing:
        # It stands again: the activity says what the change said that counts, though that one is not this one.
        verb = "overwrite" if kept.existing else "create"
        content = now.chain.after.content
        said = case if content is None else replace(case, command=content.of(case.command))
        return verb, (Part(rules=rules), activity_part(said, verb, kept, target, {}), *others)
    if kept.existing is None:
        return "nothing", others
    named = with_guests_named(case, {}, kept.existing) if now.people.registers else {}
    if not now.people.first_differs and not named:
        return "nothing", others
    moved = activity.overwrite(case, kept.existing, kept.effect, target, named)
    return "overwrite", (Part(rules=rules), moved, *others)


def _applied(now: _Changed, status: str) -> Decision:
    """Return what the newest change of a meeting does, taken for *status*."""
    row = now.row(status)
    if row.then == "no_activity":
        return now.case.decided("skipped", (*now.rules, row.rule), (), "no_activity", now.states())
    parts: tuple[Part, ...] = ()
    if row.then != "nothing":
        target, rules = (ActivityTarget(), ()) if status == "cancelled" else now.target
        done = activity_part(now.case, row.then, now.chained, target, now.own)
        parts = (Part(rules=rules), done, *without_others(now.case, now.chained))
    return _told(now, (row.rule,), parts, row.then)


def _told(now: _Changed, rules: tuple[str, ...], parts: tuple[Part, ...], verb: str) -> Decision:
    person, states = now.person, now.states(parts)
    rules, everything = (*now.rules, *rules), (*person.parts, *parts, *now.guests)
    guests = [part for part in now.guests if part.step]
    if person.writes or guests or not any(part.step for part in parts):
        # What is written of a person says more than what becomes of the activity, whoever of them it is.
        made = not person.writes and any(part.creates for part in guests)
        return now.case.decided("created" if made else person.kind, rules, everything, source_states=states)
    return now.case.decided("activity", rules, everything, _REASONS.get(verb, "activity_deleted"), states)
