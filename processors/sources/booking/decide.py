"""
What a booking that is made, moved or cancelled does to Salesforce: the person's record, and one activity.

In: a case of the contract `Booking`.  Out: a `Decision` (JI-1 to JI-25); before it, what is to be read.
Rule of this file: pure; which way to go is read from the tables in `rules.py`. A change that is not the newest
of its chain of bookings writes nothing; all that it can do is to join two chains, of which one activity stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from processors.deciding import activity
from processors.deciding.activity import ActivityTarget
from processors.deciding.case import Case, Part
from processors.integration.paths import value_at
from processors.model.normalise import is_blank
from processors.model.rule_table import Row
from processors.model.values import Decision, Record
from processors.sources.booking.chain import Chain, Joined, from_state, joined, previous_of
from processors.sources.booking.person import Registered, register
from schemas.command import Command
from schemas.outcome import Reason
from schemas.values import Scalar

_STATUSES = ("booked", "moved", "cancelled")
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
    roots = dict.fromkeys(chain.root for chain in joined(command, states).before)
    return tuple(activity.key_of(command, root) for root in roots)


def chain(command: Command, states: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the source IDs of all bookings of the command's chain."""
    return joined(command, states).after.members


@dataclass(frozen=True, slots=True)
class _Logged:
    """
    The activity of the joined chain: under which root, whether it is there, and another one that must go.

    `owner` is the user whom an earlier event gave it to; None where that is not known.
    """

    root: str
    effect: str
    existing: Record | None
    others: tuple[tuple[str, Record], ...]
    owner: str | None = None


def decide_booking(case: Case) -> Decision:
    """Return what a booking's change does."""
    change = case.command.booking
    if change is None or change.status not in _STATUSES:
        detail = f"a booking that is '{change.status if change else ''}' is none that was made, moved or cancelled"
        return case.decided("skipped", (), (Part(detail=detail),), "other")
    chain = joined(case.command, case.match.source_states)
    logged = _logged(case, chain)
    row = _activity_row(case, str(chain.after.status), logged.existing)
    if not chain.applies:
        return _superseded(case, chain, logged, row)
    person = Registered()
    asked = case.book.row("booking_person", change.status)
    if asked.then == "register":
        person = register(case)
        if person.refused:
            return case.decided("error", (asked.rule, *person.rules), person.parts)
    return _applied(case, chain, person, logged, (asked, row))


def _activity_row(case: Case, status: str, existing: Record | None) -> Row:
    settings = case.settings.activity
    return case.book.row(
        "booking_activity",
        "on" if settings.enabled else "off",
        status,
        "logged" if existing else "not_logged",
        settings.cancelled,
    )


def _logged(case: Case, chain: Joined) -> _Logged:
    """Return which activity the joined chain keeps: that of the newer one, or the only one that is there."""
    # Nothing can be said of a chain by a change that does not count, but that it is cancelled: so the one that
    # counts keeps its own, and an older one's is not kept in its place.
    takes = chain.applies or chain.after.status == "cancelled"
    found = [(one, case.match.activities.get(activity.activity_effect(case, one.root))) for one in chain.before]
    there = [one for one, record in found if record is not None]
    kept: Chain = there[0] if there and takes else chain.before[0]
    others = tuple((one.root, record) for one, record in found if record is not None and one is not kept)
    existing = next(record for one, record in found if one is kept)
    return _Logged(kept.root, activity.activity_effect(case, kept.root), existing, others, chain.owner(kept.root))


def _superseded(case: Case, chain: Joined, logged: _Logged, row: Row) -> Decision:
    source_states = chain.states(logged.root, logged.owner)
    parts: tuple[Part, ...] = ()
    verb = "nothing"
    if len(chain.before) > 1 and case.settings.activity.enabled:
        if row.then in ("delete", "mark"):
            verb = row.then
            parts = (_activity(case, verb, logged, ActivityTarget()),)
        parts += _without_others(case, logged)
    if any(part.step for part in parts):
        return case.decided("activity", (row.rule,), parts, _REASONS.get(verb, "activity_deleted"), source_states)
    detail = "a newer change of this booking, or of the one that replaced it, was applied before"
    return case.decided("skipped", ("JI-20",), (Part(detail=detail),), "superseded", source_states)


def _applied(case: Case, chain: Joined, person: Registered, logged: _Logged, rows: tuple[Row, Row]) -> Decision:
    asked, row = rows
    rules = (asked.rule, *person.rules, row.rule)
    if row.then == "no_activity":
        return case.decided("skipped", rules, (), "no_activity", chain.states(logged.root, logged.owner))
    parts: tuple[Part, ...] = ()
    if row.then != "nothing":
        parts = (_activity(case, row.then, logged, person.target), *_without_others(case, logged))
    source_states = chain.states(logged.root, _owner(case, logged, parts))
    if person.writes or not any(part.step for part in parts):
        return case.decided(person.kind, rules, (*person.parts, *parts), source_states=source_states)
    return case.decided("activity", rules, (*person.parts, *parts), _REASONS[row.then], source_states)


def _owner(case: Case, logged: _Logged, parts: tuple[Part, ...]) -> str | None:
    """Return whom an event gave the activity to, after *parts*; who creates it without a name owns it."""
    for part in parts:
        if part.step is not None and part.step.role == "activity":
            given = part.step.fields.get("OwnerId")
            if part.step.operation == "create":
                return str(given or case.facts.user_id)
            if given:
                return str(given)
    return logged.owner


def _activity(case: Case, verb: str, logged: _Logged, target: ActivityTarget) -> Part:
    if verb == "create":
        return activity.create_activity(case, logged.effect, target, _fields(case), _placeholders(case))
    if logged.existing is None:
        raise ValueError(f"no activity to {verb}")
    if verb == "delete":
        return activity.delete(logged.existing, logged.effect)
    if verb == "mark":
        return activity.mark_cancelled(logged.existing, logged.effect)
    host = activity.moved_owner(case, logged.existing, logged.owner)
    fields = {**({"OwnerId": host} if host else {}), **_fields(case)}
    return activity.overwrite(case, logged.existing, logged.effect, target, fields)


def _without_others(case: Case, logged: _Logged) -> tuple[Part, ...]:
    """Return the deletion of what two chains had logged twice before they were known to be one."""
    return tuple(
        activity.delete(record, activity.activity_effect(case, root), "other_activity")
        for root, record in logged.others
    )


def _fields(case: Case) -> dict[str, Scalar]:
    """Return what the activity says: the booking's times, then what the integration maps."""
    command = case.command
    start, end = value_at(command, "started"), value_at(command, "ended")
    if case.settings.activity.object == "Event":
        times: dict[str, Scalar] = {"StartDateTime": start, "EndDateTime": end or start}
    else:
        times = {"ActivityDate": case.zone.day(command.started) if command.started else None}
    # What the event does not say stays as it is: a move without a title keeps the subject.
    return {**times, **{name: value for name, value in command.activity.items() if not is_blank(value)}}


def _placeholders(case: Case) -> dict[str, Scalar]:
    """Return what a new activity says where neither the booking nor the integration says it."""
    status: dict[str, Scalar] = {} if case.settings.activity.object == "Event" else {"Status": "Not Started"}
    return {"Subject": "Booking", **status}
