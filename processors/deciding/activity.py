"""
What is logged beside a person's record: one Task or Event for the source entity (1F-activity).

In: a case, where the activity hangs, the one logged so far.  Out: a part (JI-19 to JI-22, XB-3, XB-4, XB-11, XB-12).
Rule of this file: an activity is found by its effect key and nothing else, so that there is one for ever; who owns it
is decided here alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from processors.deciding.case import Case
from processors.deciding.conform import written
from processors.deciding.owners import OWNER, owned, user_called, user_with
from processors.deciding.part import Part
from processors.integration.model import Integration
from processors.model.decision import Step
from processors.model.normalise import is_blank, record_id
from processors.model.record import Record, Role
from processors.model.stored_form import same_value
from schemas.command import Command
from schemas.identity import effect_key
from schemas.values import Scalar

LEAD_PREFIX = "00Q"
"""What the IDs of leads begin with."""

CANCELLED = "Cancelled: "
"""What stands before the subject of an activity that is marked as cancelled."""


@dataclass(frozen=True, slots=True)
class ActivityTarget:
    """Where an activity hangs: a person's record (`who`), the one that `role` makes, or an account (`what`)."""

    who: str | None = None
    role: Role | None = None
    what: str | None = None


def object_of(case: Case) -> str:
    """Return what the command's activity is: Task or Event by the settings; a visit is always an Event (SP-26)."""
    return activity_object(case.settings, case.command)


def activity_object(settings: Integration, command: Command) -> str:
    """
    Return what the command's activity is: Task or Event by the settings (SP-25); a visit is an Event (SP-26), and a
    task that a user creates is a Task (XB-10).
    """
    if command.request is not None and command.request.action == "create_task":
        return "Task"
    return settings.activity_object(command.record.activity if command.record else None)


def key_of(command: Command, source_id: str) -> str:
    """Return the effect key of the activity of a source entity of the command."""
    return effect_key(command.integration, source_id, "activity")


def activity_effect(case: Case, source_id: str) -> str:
    """Return the effect key of the activity of a source entity."""
    return key_of(case.command, source_id)


def owner(case: Case) -> tuple[str | None, tuple[str, ...]]:
    """
    Return the ID of the user whose the activity is, and what the outcome flags (XB-3, XB-4, 1F-owner).

    Who acted, by user ID, e-mail, user name or extension, if active; else the configured default (`owner_fallback`);
    else nobody is named and the org gives it to the integration user (`owner_unknown`).
    """
    found = acting_user(case)
    if found is not None:
        return found, ()
    default = user_named(case, case.settings.activity.owner)
    return (default, ("owner_fallback",)) if default else (None, ("owner_unknown",))


def moved_owner(case: Case, existing: Record, given: str | None, mapped: Mapping[str, Scalar]) -> str | None:
    """
    Return the user whom an activity goes to because the event names another host; None where its owner stays.

    An OwnerId that is *mapped* names the host, else it is who acted.

    *given* is the owner that an earlier event gave it, None where that is not known. Any other owner was given by a
    person, and stays.
    """
    named, held = case.owned(existing.object, mapped).owner or acting_user(case), existing.fields.get("OwnerId")
    return named if named and held and named != held and (given is None or given == held) else None


def acting_user(case: Case) -> str | None:
    """Return the ID of the org's active user who acted, or None where nobody says or the org does not know them."""
    agent = case.command.agent
    if agent is None:
        return None
    found = user_with(case.match.users, "Id", record_id(agent.user_id)) or user_named(case, agent.email or agent.name)
    field = case.settings.user_extension
    return found or (user_with(case.match.users, field, agent.extension) if field else None)


def user_named(case: Case, name: str | None) -> str | None:
    """Return the ID of the org's active user with that e-mail or user name, or None."""
    return user_called(case.match.users, name)


def log(
    case: Case,
    effect: str,
    target: ActivityTarget,
    fields: Mapping[str, Scalar],
    placeholders: Mapping[str, Scalar] | None = None,
    *,
    history: bool = False,
) -> Part:
    """
    Return the create of the activity under *effect*, or the update of the one that is there to what it should say now.

    *placeholders* are what a new one says where *fields* say nothing: they never take the place of what is there.
    *history*: the activity's fields keep a history, and what a newer event wrote stays (EG-5).
    """
    existing = case.match.activities.get(effect)
    if existing is None:
        return create_activity(case, effect, target, fields, placeholders)
    return overwrite(case, existing, effect, replace(target, role=None), fields, history=history)


def create_activity(
    case: Case,
    effect: str,
    target: ActivityTarget,
    fields: Mapping[str, Scalar],
    placeholders: Mapping[str, Scalar] | None = None,
) -> Part:
    """Return the create of the activity under *effect*, owned by whom the map names, else who acted (XB-3, JI-19)."""
    mapped = owned(case.match.users, {name: value for name, value in fields.items() if not is_blank(value)})
    fitting, unfit = case.conform.create(object_of(case), {**(placeholders or {}), **mapped.fields})
    owner_id, flags = (mapped.owner, ()) if mapped.owner else owner(case)
    own: dict[str, Scalar] = {OWNER: owner_id} if owner_id else {}
    values, left_out = _values(object_of(case), target, fitting, None)
    step = Step(
        "activity",
        "create",
        object_of(case),
        fields={**values, **own},
        refs=_refs(target),
        effect=effect,
    )
    flags = (*mapped.flags, *flags, *case.zone.flags)
    return Part(step, flags=flags, unfit=unfit, discarded=left_out)


def overwrite(
    case: Case,
    existing: Record,
    effect: str,
    target: ActivityTarget,
    fields: Mapping[str, Scalar],
    *,
    history: bool = False,
) -> Part:
    """Return the update of an activity to what it should say now, and to where it hangs (JI-20)."""
    mapped = case.owned(existing.object, fields)
    fitting, unfit = case.conform.update(existing.object, mapped.fields)
    refs = _refs(target)
    values, left_out = _values(existing.object, target, fitting, existing)
    changed = {
        name: value
        for name, value in values.items()
        if not same_value(case.facts.field(existing.object, name), value, existing.fields.get(name))
    }
    stale = _stale(case, existing, changed) if history else {}
    changed = {name: value for name, value in changed.items() if name not in stale}
    listed, rules = tuple(f"{existing.object}.{name}" for name in stale), tuple(dict.fromkeys(stale.values()))
    unfit = written(unfit, changed)
    if not changed and not refs:
        return Part(record=existing, rules=rules, linked=(existing,), stale=listed, unfit=unfit, discarded=left_out)
    before = {name: case.held(existing, name) for name in (*changed, *refs)}
    step = Step(
        "activity",
        "update",
        existing.object,
        record_id=existing.id,
        fields=changed,
        before=before,
        refs=refs,
        effect=effect,
    )
    flags = (*mapped.flags, *case.zone.flags)
    return Part(step, existing, rules, stale=listed, flags=flags, unfit=unfit, discarded=left_out)


def _stale(case: Case, existing: Record, changed: Mapping[str, Scalar]) -> dict[str, str]:
    """Return the fields that a newer event wrote, each with the rule that keeps it (EG-5)."""
    guard = case.guard(existing)
    rows = {name: guard.order(name, case.book) for name in changed}
    return {name: row.rule for name, row in rows.items() if row.then == "stale"}


def _values(
    name: str, target: ActivityTarget, fields: Mapping[str, Scalar], existing: Record | None
) -> tuple[dict[str, Scalar], tuple[str, ...]]:
    """
    Return the values of an activity at *target*, and the names of those that it cannot have.

    What the integration maps as WhatId is written where the target itself names none. An activity of a lead takes no
    WhatId (Salesforce, Task and Event): it is left out, and the outcome lists it.
    """
    own: dict[str, Scalar] = {"WhoId": target.who, "WhatId": target.what}
    values: dict[str, Scalar] = {
        field: value
        for field, value in {**fields, **{link: to for link, to in own.items() if to}}.items()
        if value is not None
    }
    who = str(values.get("WhoId") or (existing.fields.get("WhoId") if existing else None) or "")
    if "WhatId" in values and (target.role == "lead" or (not target.role and who.startswith(LEAD_PREFIX))):
        del values["WhatId"]
        return values, (f"{name}.WhatId",)
    return values, ()


def _refs(target: ActivityTarget) -> dict[str, Role]:
    return {"WhoId": target.role} if target.role else {}


def delete(existing: Record, effect: str, role: Role = "activity") -> Part:
    """Return the deletion of an activity (JI-21)."""
    return Part(Step(role, "delete", existing.object, record_id=existing.id, effect=effect), existing)


def mark_cancelled(existing: Record, effect: str, own: Mapping[str, Scalar] | None = None) -> Part:
    """Return the update that marks an activity as cancelled, with *own* fields; one that is marked stays as it is."""
    subject = str(existing.fields.get("Subject") or "")
    if subject.startswith(CANCELLED):
        return Part(record=existing, linked=(existing,))
    fields: dict[str, Scalar] = {"Subject": (CANCELLED + subject)[:255], **(own or {})}
    step = Step(
        "activity",
        "update",
        existing.object,
        record_id=existing.id,
        fields=fields,
        before={name: existing.fields.get(name) for name in fields},
        effect=effect,
    )
    return Part(step, existing)
