"""
What is logged beside a person's record: one Task or Event for the source entity (1F-activity).

In: a case, where the activity hangs, the one logged so far.  Out: a part (JI-19 to JI-22, XB-3, XB-4, XB-11, XB-12).
Rule of this file: an activity is found by its effect key and nothing else, so that there is one for ever; who owns it
is decided here alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from processors.deciding.case import Case, Part
from processors.deciding.conform import written
from processors.integration.model import Integration
from processors.model.normalise import is_blank, record_id
from processors.model.stored_form import same_value
from processors.model.values import Record, Role, Step
from schemas.command import Command
from schemas.identity import effect_key
from schemas.values import Scalar

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
    """Return what the command's activity is: Task or Event by the settings (SP-25); a visit is an Event (SP-26)."""
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


def moved_owner(case: Case, existing: Record, given: str | None) -> str | None:
    """
    Return the user whom an activity goes to because the event names another host; None where its owner stays.

    *given* is the owner that an earlier event gave it, None where that is not known. Any other owner was given by a
    person, and stays.
    """
    named, held = acting_user(case), existing.fields.get("OwnerId")
    return named if named and held and named != held and (given is None or given == held) else None


def acting_user(case: Case) -> str | None:
    """Return the ID of the org's active user who acted, or None where nobody says or the org does not know them."""
    agent = case.command.agent
    if agent is None:
        return None
    found = _user_with(case, "Id", record_id(agent.user_id)) or user_named(case, agent.email or agent.name)
    field = case.settings.user_extension
    return found or (_user_with(case, field, agent.extension) if field else None)


def user_named(case: Case, name: str | None) -> str | None:
    """Return the ID of the org's active user with that e-mail or user name, or None."""
    wanted = (name or "").strip().casefold()
    if not wanted:
        return None
    return _user_with(case, "Email", wanted) or _user_with(case, "Username", wanted)


def _user_with(case: Case, field: str, value: str | None) -> str | None:
    """Return the ID of the active user whose field has that value, without regard to case; of several the lowest."""
    wanted = (value or "").strip().casefold()
    ids = [
        user.id
        for user in case.match.users
        if wanted
        and user.fields.get("IsActive")
        and str((user.id if field == "Id" else user.fields.get(field)) or "").casefold() == wanted
    ]
    return min(ids, default=None)


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
    A Lead's Task takes no WhatId: that is left out where `who` is a lead (Salesforce, Task). *history*: the activity's
    fields keep a history, and what a newer event wrote stays (EG-5).
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
    """Return the create of the activity under *effect*, owned by who acted (XB-3, XB-4, JI-19)."""
    filled = {name: value for name, value in fields.items() if not is_blank(value)}
    fitting, unfit = case.conform.create(object_of(case), {**(placeholders or {}), **filled})
    owner_id, flags = owner(case)
    own: dict[str, Scalar] = {"OwnerId": owner_id} if owner_id else {}
    step = Step(
        "activity",
        "create",
        object_of(case),
        fields={**_values(target, fitting), **own},
        refs=_refs(target),
        effect=effect,
    )
    return Part(step, flags=(*flags, *case.zone.flags), unfit=unfit)


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
    fitting, unfit = case.conform.update(existing.object, fields)
    values, refs = _values(target, fitting), _refs(target)
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
        return Part(record=existing, rules=rules, linked=(existing,), stale=listed, unfit=unfit)
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
    return Part(step, existing, rules, stale=listed, flags=case.zone.flags, unfit=unfit)


def _stale(case: Case, existing: Record, changed: Mapping[str, Scalar]) -> dict[str, str]:
    """Return the fields that a newer event wrote, each with the rule that keeps it (EG-5)."""
    guard = case.guard(existing)
    rows = {name: guard.order(name, case.book) for name in changed}
    return {name: row.rule for name, row in rows.items() if row.then == "stale"}


def _values(target: ActivityTarget, fields: Mapping[str, Scalar]) -> dict[str, Scalar]:
    values = {**fields, "WhoId": target.who, "WhatId": target.what}
    return {name: value for name, value in values.items() if value is not None}


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
