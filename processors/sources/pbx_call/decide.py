"""
What a telephone call does to Salesforce: one completed Task for each known person outside, or nothing.

In: a case with its assembled call.  Out: a `Decision` (XB-3, XB-4, XB-11 to XB-20, XB-22, XB-27, XB-28).
Rule of this file: pure; which way to go is read from the tables in `rules.py`. What the call does about one person is
`person_activity.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from processors.deciding.case import Case
from processors.deciding.part import Part
from processors.integration.filters import unmet
from processors.model.call import Call
from processors.model.decision import Decision
from processors.sources.pbx_call import people
from processors.sources.pbx_call.activity import call_values
from processors.sources.pbx_call.people import PersonOfCall
from processors.sources.pbx_call.person_activity import PersonActivity, activity_of
from processors.sources.pbx_call.settings import PATHS_OF_CALLS, PbxCallIntegration
from processors.sources.pbx_call.times import begins
from schemas.command import Command
from schemas.outcome import Reason
from schemas.pbx_call_event import CallStep

_SKIPPED: Mapping[str, tuple[Reason, str]] = {
    "internal": ("internal", "everyone in the call is on the network"),
    "unknown_number": ("unknown_number", "no lead, contact or account has the number of the person outside"),
    "short_call": ("short_call", "given up before anyone answered, within calls.short_seconds"),
}
_LEFT_OUT = "several records have the number of somebody else in the call (see candidates): they have no activity"


def effects(command: Command, states: Mapping[str, bytes] | None = None) -> tuple[str, ...]:
    """Return the effect keys of the activities that the call may have: one for each person outside."""
    return people.keys_of(command, people.call_state_from_json((states or {}).get(command.source_id)).numbers)


def source_states(command: Command) -> tuple[str, ...]:
    """Return the source ID under which the call's steps are kept: its own."""
    return (command.source_id,)


def state_of(call: Call, numbers: tuple[str, ...] = ()) -> bytes:
    """Return all steps of a call, and the numbers that have an activity, as the ledger keeps them (JSON)."""
    return people.call_state_to_json(people.CallState(call.steps, numbers))


def steps_of(state: bytes) -> tuple[CallStep, ...]:
    """Return the steps that the ledger kept of a call. Raises `pydantic.ValidationError` where they are none."""
    return people.call_state_from_json(state).steps


def decide_call(case: Case) -> Decision:
    """Return what a call does; its steps are kept whatever that is, so that a later one can amend it."""
    call = case.call
    if call is None:
        return Decision("error", "internal", detail=f"call {case.command.source_id} came without its steps: report it")
    numbers = people.call_state_from_json(case.match.source_states.get(case.command.source_id)).numbers
    not_asked = _not_asked(case, call)
    decision, numbers = (not_asked, numbers) if not_asked else _decided(case, call, numbers)
    return replace(decision, source_states={**decision.source_states, call.call_id: state_of(call, numbers)})


def _not_asked(case: Case, call: Call) -> Decision | None:
    """Return the skip of a call that the integration does not want."""
    condition = unmet(case.settings.filters, call_values(case.command, call), PATHS_OF_CALLS)
    if condition is not None:
        return case.decided("skipped", (f"filter:{condition.name}",), (_beside(case, call),), "filtered")
    switch = case.book.row("call_activity", "on" if case.settings.activity.enabled else "off")
    if switch.then == "skip":
        detail = "the integration logs no activities: set activity.enabled to log calls"
        return case.decided("skipped", (switch.rule,), (Part(detail=detail),), "no_activity")
    return None


def _decided(case: Case, call: Call, numbers: tuple[str, ...]) -> tuple[Decision, tuple[str, ...]]:
    """Return what a call does, and the numbers that have an activity then; *numbers* have one by now."""
    everybody = people.people_of(case, call, numbers)
    direction = call.direction if call.direction in ("internal", "inbound", "outbound") else "unknown"
    known = "nobody" if all(person_of_call.case.match.is_nobody for person_of_call in everybody) else "known"
    row = case.book.row("call", direction, known, "short" if _given_up(case, call) else "full")
    done: list[PersonActivity] = []
    had = numbers or people.who_has_the_first(everybody)
    for person in everybody:
        having = tuple(
            dict.fromkeys((*had, *(person_activity.number for person_activity in done if person_activity.part)))
        )
        effect = people.person_key(person, having)
        done.append(
            activity_of(person, effect, row, {person_activity.on for person_activity in done if person_activity.on})
        )
    logged = [person_activity for person_activity in done if person_activity.part]
    refusing = next(
        (
            person_activity
            for person_activity in done
            if person_activity.left_out and (person_activity.refused or not logged)
        ),
        None,
    )
    if refusing and refusing.left_out and not (logged and (numbers or _amends(logged))):
        return case.decided("error", refusing.rules, (refusing.left_out,)), numbers
    if not logged:
        reason, detail = _SKIPPED[row.then]
        return case.decided("skipped", (row.rule,), (replace(_beside(case, call), detail=detail),), reason), numbers
    decision = _together(case, call, done)
    return decision, _kept(call, everybody, (*had, *(person_activity.number for person_activity in logged)))


def _amends(logged: Sequence[PersonActivity]) -> bool:
    return any(not person_activity.made for person_activity in logged)


def _together(case: Case, call: Call, done: Sequence[PersonActivity]) -> Decision:
    """Return the decision that all activities of the call make; who was left out is named with their candidates."""
    parts = tuple(person_activity.part for person_activity in done if person_activity.part)
    beside = tuple(part for person_activity in done for part in person_activity.beside)
    out = [person_activity.left_out for person_activity in done if person_activity.left_out]
    told = (Part(flags=("person_left_out",), detail=_LEFT_OUT),) if out else ()
    rules = tuple(dict.fromkeys(rule for person_activity in done for rule in person_activity.rules))
    made = any(person_activity.made for person_activity in done)
    reason: Reason = "activity_created" if made else "activity_updated"
    kind = "activity" if any(part.step for part in parts) else "updated"
    states = {name: body for person_activity in done for name, body in person_activity.source_states.items()}
    decision = case.decided(kind, rules, (*parts, _beside(case, call), *beside, *told), reason, states)
    return replace(decision, candidates=tuple(record for part in out for record in part.candidates))


def _kept(call: Call, everybody: Sequence[PersonOfCall], numbers: Sequence[str]) -> tuple[str, ...]:
    """Return the numbers to keep, in order; none where the call's one activity is that of whom it is with."""
    having = tuple(dict.fromkeys(numbers))
    alone = not call.further and having == (everybody[0].number,)
    return () if alone else having


def _given_up(case: Case, call: Call) -> bool:
    """
    Whether it ended unanswered within the setting's seconds, these included (XB-15).

    A call whose beginning was never told is not: nothing says how long it was.
    """
    return (
        call.ended is not None
        and call.answered is None
        and begins(call.steps)
        and call.ring <= PbxCallIntegration.of(case.settings).calls.short_seconds
    )


def _beside(case: Case, call: Call) -> Part:
    """Return what the outcome says of the call itself: how it was closed, and which machine answered it."""
    row = case.book.row("call_answered", call.answered_by or "nobody")
    answered = () if row.then == "plain" else (row.then,)
    closed = ("closed_by_time_out",) if call.timed_out else ()
    return Part(rules=(row.rule,) if answered else (), flags=(*closed, *answered))
