"""
What a telephone call does to Salesforce: one completed Task on the record of the person outside, or nothing.

In: a case with its assembled call.  Out: a `Decision` (XB-3, XB-4, XB-11 to XB-20, XB-22, XB-27).
Rule of this file: pure; which way to go is read from the tables in `rules/calls.py`. A Task once made stays where it
is: what comes later amends what it says, never whose it is.
"""

from collections.abc import Mapping
from dataclasses import replace

from pydantic import TypeAdapter

from processors.deciding import shared_activity
from processors.deciding.activity import ActivityTarget, log
from processors.deciding.case import Case, Part
from processors.integration.filters import unmet
from processors.model.call import Call
from processors.model.values import Decision, ObjectFacts, Record
from processors.sources.pbx_call.activity import call_values, task_fields
from processors.sources.pbx_call.record_choice import choose_record
from processors.sources.pbx_call.settings import PATHS_OF_CALLS, PbxCallIntegration
from processors.sources.pbx_call.times import begins
from schemas.command import Command
from schemas.identity import effect_key
from schemas.outcome import Reason
from schemas.pbx_call_event import CallStep
from schemas.values import Scalar

_STEPS = TypeAdapter(tuple[CallStep, ...])
_SKIPPED: Mapping[str, tuple[Reason, str]] = {
    "internal": ("internal", "everyone in the call is on the network"),
    "unknown_number": ("unknown_number", "no lead, contact or account has the number of the person outside"),
    "short_call": ("short_call", "given up before anyone answered, within calls.short_seconds"),
}
_ONCE = frozenset({"TaskSubtype", "Status", "WhoId", "WhatId", "OwnerId"})
"""What an activity is given when it is made, and what later steps leave as people have it by then (XB-20)."""


def effects(command: Command, _states: Mapping[str, bytes] | None = None) -> tuple[str, ...]:
    """Return the effect key of the call's activity."""
    return (effect_key(command.integration, command.source_id, "activity"),)


def source_states(command: Command) -> tuple[str, ...]:
    """Return the source ID under which the call's steps are kept: its own."""
    return (command.source_id,)


def state_of(call: Call) -> bytes:
    """Return all steps of a call as the ledger keeps them (JSON)."""
    return _STEPS.dump_json(call.steps)


def steps_of(state: bytes) -> tuple[CallStep, ...]:
    """Return the steps that the ledger kept of a call. Raises `pydantic.ValidationError` where they are none."""
    return _STEPS.validate_json(state)


def decide_call(case: Case) -> Decision:
    """Return what a call does; its steps are kept whatever that is, so that a later one can amend it."""
    call = case.call
    if call is None:
        return Decision("error", "internal", detail=f"call {case.command.source_id} came without its steps: replay it")
    decision = _decided(case, call)
    return replace(decision, source_states={**decision.source_states, call.call_id: state_of(call)})


def _decided(case: Case, call: Call) -> Decision:
    condition = unmet(case.settings.filters, call_values(case, call), PATHS_OF_CALLS)
    if condition is not None:
        return case.decided("skipped", (f"filter:{condition.name}",), (_beside(case, call),), "filtered")
    switch = case.book.row("call_activity", "on" if case.settings.activity.enabled else "off")
    if switch.then == "skip":
        detail = "the integration logs no activities: set activity.enabled to log calls"
        return case.decided("skipped", (switch.rule,), (Part(detail=detail),), "no_activity")
    joint = shared_activity.joint(case, effects(case.command)[0])
    existing = case.match.activities.get(joint.effect)
    logged = case.book.row("call_logged", "logged" if existing else "not_logged")
    if logged.then == "amend":
        return _log(case, call, joint, ActivityTarget(), _whose(case, existing), (logged.rule,))
    match = case.match
    known = "known" if match.leads or match.contacts or match.accounts else "nobody"
    direction = call.direction if call.direction in ("internal", "inbound", "outbound") else "unknown"
    row = case.book.row("call", direction, known, "short" if _given_up(case, call) else "full")
    if row.then != "log":
        reason, detail = _SKIPPED[row.then]
        return case.decided("skipped", (row.rule,), (replace(_beside(case, call), detail=detail),), reason)
    chosen = choose_record(case)
    rules = (row.rule, *(("VS-7",) if match.followed else ()), *chosen.rules)
    if chosen.record is None:
        return case.decided("error", rules, (chosen.refusal,))
    on = Part(linked=(chosen.record,), tie_break=chosen.tie_break)
    return _log(case, call, joint, _place(chosen.record), (on,), rules)


def _log(
    case: Case,
    call: Call,
    joint: shared_activity.Joint,
    target: ActivityTarget,
    beside: tuple[Part, ...],
    rules: tuple[str, ...],
) -> Decision:
    """Return the decision that makes the call's activity at *target*, or amends the one that is there."""
    existing = case.match.activities.get(joint.effect)
    fields = shared_activity.own_fields(
        "pbx_call", task_fields(case, call, amending=existing is not None), joint.shared, case.book
    )
    fields, left_out = _writable(fields, case.facts.objects.get(case.settings.activity.object), existing)
    part = log(case, joint.effect, target, fields)
    part = replace(part, discarded=left_out)
    reason: Reason = "activity_updated" if existing else "activity_created"
    kind = "activity" if part.step else "updated"
    return case.decided(kind, rules, (part, _beside(case, call), *beside), reason, source_states=joint.source_states)


def _whose(case: Case, existing: Record | None) -> tuple[Part, ...]:
    """Return the record that an activity hangs on, where it is among those that match: the outcome names it."""
    where = {existing.fields.get("WhoId"), existing.fields.get("WhatId")} if existing else set()
    found = (*case.match.leads, *case.match.contacts, *case.match.accounts)
    return tuple(Part(linked=(one,)) for one in found if one.id in where)


def _writable(
    fields: Mapping[str, Scalar], facts: ObjectFacts | None, existing: Record | None
) -> tuple[dict[str, Scalar], tuple[str, ...]]:
    """Return the fields that the org lets us write, and the names of the others."""
    wanted = {name: value for name, value in fields.items() if existing is None or name not in _ONCE}
    if facts is None:
        return wanted, ()
    kept: dict[str, Scalar] = {}
    for name, value in wanted.items():
        fact = facts.fields.get(name)
        if fact is not None and (fact.createable if existing is None else fact.updateable):
            kept[name] = value
    return kept, tuple(f"{facts.name}.{name}" for name in wanted if name not in kept)


def _place(record: Record) -> ActivityTarget:
    """Return where the activity hangs: on a person, who alone is named, or on an account (XB-11)."""
    return ActivityTarget(what=record.id) if record.object == "Account" else ActivityTarget(who=record.id)


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
