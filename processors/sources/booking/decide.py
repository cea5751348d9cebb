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
from processors.deciding.case import Case, Part
from processors.model.rule_table import Row
from processors.model.values import Decision, Record
from processors.sources.booking.activity import fields_of, placeholders, status_fields, timing_flags
from processors.sources.booking.chain import Chain, Joined, from_state, joined, previous_of
from processors.sources.booking.person import Registered, register
from processors.sources.booking.settings import KNOWN, BookingIntegration
from schemas.command import BookingChange, Command
from schemas.outcome import Reason
from schemas.values import Scalar

_REASONS: Mapping[str, Reason] = {
    "create": "activity_created",
    "overwrite": "activity_updated",
    "delete": "activity_deleted",
    "mark": "activity_cancelled",
}
_NEWER = "a newer change of this booking, or of the one that replaced it, was applied before"


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
        return _status_alone(case, row.rule)
    # From here on the change is what the settings take its status for.
    own = status_fields(case)
    case = replace(case, command=replace(case.command, booking=replace(change, status=treated)))
    decision = _changed(case, own)
    return decision if treated == change.status else replace(decision, rule_ids=(row.rule, *decision.rule_ids))


def _changed(case: Case, own: Mapping[str, Scalar]) -> Decision:
    """Return what a booking, a move or a cancellation does; *own* are the fields that its status sets."""
    status = case.command.booking.status if case.command.booking else ""
    chain = joined(case.command, case.match.source_states)
    logged = _logged(case, chain)
    row = _activity_row(case, str(chain.after.status), logged.existing)
    if not chain.applies:
        return _superseded(case, chain, logged, row)
    person = Registered()
    asked = case.book.row("booking_person", status)
    if asked.then == "register":
        person = register(case)
        if person.refused:
            return case.decided("error", (asked.rule, *person.rules), person.parts)
    return _applied(case, chain, person, logged, (asked, row), own)


def _status_alone(case: Case, rule: str) -> Decision:
    """Return what a status does that sets fields of the activity and nothing else: the booking stays what it was."""
    chain = joined(case.command, case.match.source_states)
    logged = _logged(case, chain)
    if not case.settings.activity.enabled or logged.existing is None or chain.before[0].status == "cancelled":
        return case.decided("skipped", (rule,), (), "no_activity")
    time = case.command.event_time
    if not chain.applies or (chain.noted is not None and time < chain.noted):
        return case.decided("skipped", (rule, "JI-20"), (Part(detail=_NEWER),), "superseded")
    part = activity.overwrite(case, logged.existing, logged.effect, ActivityTarget(), status_fields(case))
    kind = "activity" if part.step else "updated"
    return case.decided(kind, (rule,), (part,), "activity_updated", chain.noting(logged.root, time))


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
            parts = (_activity(case, verb, logged, ActivityTarget(), {}),)
        parts += _without_others(case, logged)
    if any(part.step for part in parts):
        return case.decided("activity", (row.rule,), parts, _REASONS.get(verb, "activity_deleted"), source_states)
    return case.decided("skipped", ("JI-20",), (Part(detail=_NEWER),), "superseded", source_states)


def _applied(
    case: Case,
    chain: Joined,
    person: Registered,
    logged: _Logged,
    rows: tuple[Row, Row],
    own: Mapping[str, Scalar],
) -> Decision:
    asked, row = rows
    rules = (asked.rule, *person.rules, row.rule)
    if row.then == "no_activity":
        return case.decided("skipped", rules, (), "no_activity", chain.states(logged.root, logged.owner))
    parts: tuple[Part, ...] = ()
    if row.then != "nothing":
        parts = (_activity(case, row.then, logged, person.target, own), *_without_others(case, logged))
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


def _activity(case: Case, verb: str, logged: _Logged, target: ActivityTarget, own: Mapping[str, Scalar]) -> Part:
    existing = logged.existing
    if verb == "create":
        fields = {**fields_of(case, None), **own}
        part = activity.create_activity(case, logged.effect, target, fields, placeholders(case))
        return replace(part, flags=(*part.flags, *timing_flags(case)))
    if existing is None:
        raise ValueError(f"no activity to {verb}")
    if verb == "delete":
        return activity.delete(existing, logged.effect)
    if verb == "mark":
        return activity.mark_cancelled(existing, logged.effect, own)
    host = activity.moved_owner(case, existing, logged.owner, case.command.activity)
    # Who owns it is the host's and people's matter, unless the map names an owner: that one is a host too.
    said = {name: value for name, value in {**fields_of(case, existing), **own}.items() if name != "OwnerId"}
    fields = {**said, **({"OwnerId": host} if host else {})}
    return activity.overwrite(case, existing, logged.effect, target, fields)


def _without_others(case: Case, logged: _Logged) -> tuple[Part, ...]:
    """Return the deletion of what two chains had logged twice before they were known to be one."""
    return tuple(
        activity.delete(record, activity.activity_effect(case, root), "other_activity")
        for root, record in logged.others
    )
