"""
What an activity or a visit of a field sales application does: one Task or Event on its record, and nothing else.

In: a case of the contract `FieldActivity`.  Out: a `Decision` (SP-6, SP-25 to SP-27, SP-35 to SP-38).
Rule of this file: pure; what is sent is what `map.activity` names (SP-27). Its record is the one that the field record
is linked with, else the one that matches by key.
"""

from dataclasses import replace
from datetime import timedelta

from processors.deciding.actions import selected_records
from processors.deciding.activity import ActivityTarget, log, object_of
from processors.deciding.case import Case
from processors.deciding.part import Part
from processors.integration.paths import value_at
from processors.model.decision import Decision
from processors.model.normalise import is_blank
from processors.model.record import Record
from processors.sources.field_sales.left_out import why as left_out_why
from schemas.command import Command
from schemas.identity import effect_key
from schemas.outcome import Reason
from schemas.values import Scalar

WAIT = timedelta(minutes=10)
"""How long an activity waits for its record: they come on topics of their own, and may pass each other."""


def effects(command: Command, _states: object = None) -> tuple[str, ...]:
    """Return the effect key of the activity: it is the same record for ever, however often it changes."""
    return (effect_key(command.integration, command.source_id, "activity"),)


def decide_field_activity(case: Case) -> Decision:
    """Return what an activity's state does."""
    if not case.settings.activity.enabled:
        detail = "activities are off (activity.enabled): nothing is logged"
        return case.decided("skipped", ("SP-25",), (Part(detail=detail),), "no_activity")
    records, how = selected_records(case)
    age = case.now - case.command.command_time
    left_out = left_out_why(case.command, case.match.source_states) if not records else None
    found = "left_out" if left_out else ("none", "one", "several")[min(len(records), 2)]
    row = case.book.row("field_activity", found, "fresh" if age < WAIT else "late")
    if row.then == "log":
        return _logged(case, records[0], (row.rule, *how.rules), how)
    if row.then == "skip":
        detail = f"its field record was left out ({left_out}): what belongs to it is left out too"
        return case.decided("skipped", (row.rule,), (Part(detail=detail),), "filtered")
    if row.then == "refuse":
        detail = f"{len(records)} records match: merge them, or let the field record come first, which links one"
        refusal = Part(refusal="multiple_match", candidates=records, detail=detail, park=how.park)
        return case.decided("error", (row.rule, *how.rules), (refusal,))
    detail = "its field record is linked with no record of the org, and no key matches"
    decision = case.decided("error", (row.rule,), (Part(refusal="no_match", detail=detail),))
    if row.then == "wait":
        return replace(decision, wait_seconds=max(2.0, age.total_seconds() / 2))
    return decision


def _logged(case: Case, record: Record, rules: tuple[str, ...], how: Part) -> Decision:
    part = log(
        case, effects(case.command)[0], ActivityTarget(who=record.id), _fields(case), _placeholders(case), history=True
    )
    reason: Reason = "activity_updated" if part.step and part.step.operation == "update" else "activity_created"
    said = replace(how, rules=(), park=False, linked=(record,))
    return case.decided("activity" if part.step else "updated", rules, (part, said), reason)


def _fields(case: Case) -> dict[str, Scalar]:
    """Return what the activity says: its times and status, then what the integration maps (SP-27, SP-37, SP-38)."""
    command = case.command
    start, end = value_at(command, "started"), value_at(command, "ended")
    mapped = {name: value for name, value in command.activity.items() if not is_blank(value)}
    if object_of(case) == "Event":
        first = start or value_at(command, "event_time")
        own: dict[str, Scalar] = {"StartDateTime": first, "EndDateTime": end or first}
        return {**own, **{name: value for name, value in mapped.items() if name not in ("ActivityDate", "Status")}}
    done = command.record is not None and command.record.done
    status: dict[str, Scalar] = {"Status": "Completed"} if done else {}
    return {**status, **mapped, **status}


def _placeholders(case: Case) -> dict[str, Scalar]:
    """Return what a new activity says where neither the source nor the integration says it."""
    if object_of(case) == "Event":
        return {"Subject": "Visit"}
    return {"Subject": "Activity", "Status": "Not Started"}
