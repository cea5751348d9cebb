"""
The activity of a call result, where its integration logs one.

In: a case and what its action decided.  Out: the decision with one Task more, on the person's record.
Rule of this file: pure; nothing is logged where the action itself is refused.
"""

from dataclasses import replace

from processors.deciding import shared_activity
from processors.deciding.activity import ActivityTarget, log, object_of
from processors.deciding.case import Case
from processors.integration.paths import value_at
from processors.model.decision import Decision
from processors.model.normalise import is_blank
from schemas.command import Command
from schemas.identity import effect_key
from schemas.outcome import Reason
from schemas.values import Scalar

_PEOPLE = ("Lead", "Contact")


def effects(command: Command, _states: object = None) -> tuple[str, ...]:
    """Return the effect key of the activity that a call result logs by itself."""
    return (effect_key(command.integration, command.source_id, "activity"),)


def with_activity(case: Case, decision: Decision) -> Decision:
    """Return *decision* with the activity of its call: its own, or that of the interaction that it is part of."""
    place = _place(decision)
    if not case.settings.activity.enabled or decision.kind == "error" or place is None:
        return decision
    joint = shared_activity.joint(case, effects(case.command)[0])
    fields = shared_activity.own_fields("call_result", _fields(case), joint.shared, case.book)
    placeholders = {} if joint.shared else _placeholders(case)
    part = log(case, joint.effect, place, fields, placeholders)
    left_out = (*decision.discarded_fields, *part.discarded)
    decision = replace(decision, unfit=(*decision.unfit, *part.unfit), discarded_fields=left_out)
    if part.step is None:
        return replace(decision, linked=(*decision.linked, *part.linked), source_states=joint.source_states)
    reason: Reason = "activity_updated" if part.step.operation == "update" else "activity_created"
    unchanged = decision.reason in ("unchanged", "stale")
    return replace(
        decision,
        kind="activity" if unchanged else decision.kind,
        reason=reason if unchanged else decision.reason,
        steps=(*decision.steps, part.step),
        flags=(*decision.flags, *part.flags),
        source_states=joint.source_states,
    )


def _fields(case: Case) -> dict[str, Scalar]:
    """Return what the activity says: the call's day and length, then what the integration maps."""
    command = case.command
    start = command.started or command.ended or command.event_time
    own: dict[str, Scalar] = {"Status": "Completed", "ActivityDate": case.zone.day(start)}
    if object_of(case) == "Event":
        first = value_at({"start": start}, "start")
        own = {"StartDateTime": first, "EndDateTime": value_at(command, "ended") or first}
    elif command.started and command.ended and command.ended >= command.started:
        own["CallDurationInSeconds"] = round((command.ended - command.started).total_seconds())
    mapped = {name: value for name, value in command.activity.items() if not is_blank(value)}
    return {**own, **mapped}


def _placeholders(case: Case) -> dict[str, Scalar]:
    """Return what a new activity says where the integration maps nothing; its subtype can only be given then."""
    return {"Subject": "Call"} if object_of(case) == "Event" else {"Subject": "Call", "TaskSubtype": "Call"}


def _place(decision: Decision) -> ActivityTarget | None:
    """Return the person's record that the decision ends on: the one it makes, converts into, changes or leaves."""
    for step in reversed(decision.steps):
        if step.operation == "convert":
            return ActivityTarget(role="contact")
        if step.object in _PEOPLE:
            return ActivityTarget(who=step.record_id) if step.record_id else ActivityTarget(role=step.role)
    known = [record for record in decision.linked if record.object in _PEOPLE]
    return ActivityTarget(who=known[-1].id) if known else None
