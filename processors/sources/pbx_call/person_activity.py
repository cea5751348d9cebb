"""
What a call does about one person outside: it makes their activity, amends it, or says why they have none.

In: a person of the call with their own case, the effect key, the row of the whole call.  Out: a `PersonActivity`.
Rule of this file: pure; an activity once made stays where it is: what comes later amends what it says, never whose it
is (XB-20).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from processors.deciding import shared_activity
from processors.deciding.activity import ActivityTarget, log
from processors.deciding.case import Case
from processors.deciding.part import Part
from processors.model.org_facts import ObjectFacts
from processors.model.record import Record
from processors.model.rule_table import Row
from processors.sources.pbx_call.activity import task_fields
from processors.sources.pbx_call.people import PersonOfCall
from processors.sources.pbx_call.record_choice import RecordChoice, choose_record
from schemas.values import Scalar

_ONCE = frozenset({"TaskSubtype", "Status", "WhoId", "WhatId", "OwnerId"})
"""What an activity is given when it is made, and what later steps leave as people have it by then (XB-20)."""


@dataclass(frozen=True, slots=True)
class PersonActivity:
    """
    What a call does about one person: `part` is their activity, None where they have none.

    `on` names the record that the activity hangs on, `made` whether it is a new one. `left_out` says why nobody could
    choose a record for them; with `refused` the whole call waits for that, or ends with it.
    """

    number: str
    part: Part | None = None
    beside: tuple[Part, ...] = ()
    rules: tuple[str, ...] = ()
    source_states: Mapping[str, bytes] = field(default_factory=dict)
    on: str | None = None
    made: bool = False
    left_out: Part | None = None
    refused: bool = False


def activity_of(person: PersonOfCall, effect: str, row: Row, taken: Collection[str]) -> PersonActivity:
    """
    Return what the call does about *person*, whose activity has the key *effect* unless they share another source's.

    Args:
        row: What becomes of a call that is not logged yet.
        taken: IDs of the records on which other people of the call have their activities.
    """
    case = person.case
    joint = shared_activity.joint(case, effect)
    existing = case.match.activities.get(joint.effect)
    logged = case.book.row("call_logged", "logged" if existing else "not_logged")
    if logged.then == "amend":
        return _written(person, joint, ActivityTarget(), _whose(case, existing), (logged.rule,))
    if row.then != "log":
        return PersonActivity(person.number)
    return _first(person, joint, row) if person.first else _further(person, joint, row, taken)


def _first(person: PersonOfCall, joint: shared_activity.Joint, row: Row) -> PersonActivity:
    """Return the activity of the command's own person; where nothing chooses their record, the call is refused."""
    if person.case.match.is_nobody:
        return PersonActivity(person.number)
    chosen = choose_record(person.case)
    rules = (row.rule, *_followed(person.case), *chosen.rules)
    if chosen.record is None:
        return PersonActivity(person.number, rules=rules, left_out=chosen.refusal, refused=True)
    return _on(person, joint, chosen, chosen.record, rules)


def _further(person: PersonOfCall, joint: shared_activity.Joint, row: Row, taken: Collection[str]) -> PersonActivity:
    """Return the activity of somebody else in the call; who cannot be told apart keeps no other from theirs."""
    match = person.case.match
    chosen = RecordChoice() if match.is_nobody else choose_record(person.case)
    found = "nobody" if match.is_nobody and not match.unsettled else "several"
    if chosen.record is not None:
        found = "same_record" if chosen.record.id in taken else "record"
    then = person.case.book.row("call_further", found)
    rules = (row.rule, *_followed(person.case), *chosen.rules, then.rule)
    if then.then == "leave_out":
        return PersonActivity(person.number)
    if then.then == "log":
        told = Part(detail="no record is known to log the call on")
        return _on(person, joint, chosen, chosen.record, rules) if chosen.record else _left_out(person, rules, told)
    return _left_out(person, rules, replace(chosen.refusal, park=False))


def _left_out(person: PersonOfCall, rules: tuple[str, ...], told: Part) -> PersonActivity:
    return PersonActivity(person.number, rules=rules, left_out=told)


def _followed(case: Case) -> tuple[str, ...]:
    return ("VS-7",) if case.match.followed else ()


def _on(
    person: PersonOfCall, joint: shared_activity.Joint, chosen: RecordChoice, record: Record, rules: tuple[str, ...]
) -> PersonActivity:
    beside = (Part(linked=(record,), tie_break=chosen.tie_break),)
    return replace(_written(person, joint, _place(record), beside, rules), on=record.id, made=True)


def _written(
    person: PersonOfCall,
    joint: shared_activity.Joint,
    target: ActivityTarget,
    beside: tuple[Part, ...],
    rules: tuple[str, ...],
) -> PersonActivity:
    """Return the activity made at *target*, or the one that is there with what it should say now."""
    case = person.case
    existing = case.match.activities.get(joint.effect)
    said = task_fields(case, person.call, amending=existing is not None)
    fields = shared_activity.own_fields("pbx_call", said, joint.shared, case.book)
    fields, left_out = _writable(fields, case.facts.objects.get(case.settings.activity.object), existing)
    part = log(case, joint.effect, target, fields)
    part = replace(part, discarded=(*part.discarded, *left_out))
    where = existing.fields.get("WhoId") or existing.fields.get("WhatId") if existing else None
    return PersonActivity(person.number, part, beside, rules, joint.source_states, on=str(where) if where else None)


def _whose(case: Case, existing: Record | None) -> tuple[Part, ...]:
    """Return the record that an activity hangs on, where it is among those that match: the outcome names it."""
    where = {existing.fields.get("WhoId"), existing.fields.get("WhatId")} if existing else set()
    found = (*case.match.leads, *case.match.contacts, *case.match.accounts)
    return tuple(Part(linked=(record,)) for record in found if record.id in where)


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
