"""
Mapped references as record IDs: `Account.Number__c` becomes the `AccountId` of the account that has the number, and a
record type's developer name its `RecordTypeId`.

In: mapped values, what describe says, the records that were found.  Out: values by the fields' own names; what names
no record.
Rule of this file: pure; a reference that names no record, or more than one, is left out and told, never guessed
(docs/decisions/0089, 0090).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from processors.deciding.case import Case, Part
from processors.integration.model import OBJECTS
from processors.model.normalise import is_blank, record_id
from processors.model.parents import (
    ParentIds,
    ParentPath,
    is_path,
    known_path,
    likely_field,
    named_by_id,
    parent_key,
    takes,
)
from processors.model.record_types import RECORD_TYPE, no_record_type, record_type
from processors.model.values import Decision, ObjectFacts, OrgFacts, Unfit
from schemas.command import Command
from schemas.outcome import Reason
from schemas.values import Scalar

NOT_FOUND = "record_not_found"
SEVERAL = "several_records"
NO_TYPE = "unknown_record_type"
_REFUSALS: Mapping[str, Reason] = {NOT_FOUND: "no_match", SEVERAL: "multiple_match", NO_TYPE: "picklist_unmapped"}
"""What refuses the command where the field's setting is `unfit: refuse`; the first of them that is met."""


@dataclass(frozen=True, slots=True)
class UnknownParent:
    """A reference that names no record, or several: `unfit` as the outcome lists it, `text` for who reads it."""

    unfit: Unfit
    text: str


@dataclass(frozen=True, slots=True)
class ReferencedValues:
    """Mapped values by the fields' own names, and the references that name no record."""

    fields: Mapping[str, Scalar]
    unknown: tuple[UnknownParent, ...] = ()


@dataclass(frozen=True, slots=True)
class ReferencedCommand:
    """A command whose maps have the fields' own names, and the references in them that name no record."""

    command: Command
    unknown: tuple[UnknownParent, ...] = ()


def referenced(name: str, mapped: Mapping[str, Scalar], facts: OrgFacts, parents: ParentIds) -> ReferencedValues:
    """Return what is mapped for the object *name*, its references by an external ID as record IDs."""
    known = facts.objects.get(name)
    nowhere = {one: path for one, value in mapped.items() if (path := _leads_nowhere(known, one, value, parents))}
    if not nowhere and not _refers(mapped):
        return ReferencedValues(mapped)
    fields = {one: value for one, value in mapped.items() if not is_path(one) and one not in nowhere}
    unknown: list[UnknownParent] = []
    for one, path in nowhere.items():
        unfit = Unfit(f"{name}.{one}", mapped[one], mapped[one], NOT_FOUND, dropped=True)
        unknown.append(UnknownParent(unfit, _text(unfit, path, 0)))
    for one in filter(is_path, mapped):
        value, named = mapped[one], known_path(known, one)
        own = named.field if named else likely_field(one)
        ids = _ids(named, value, facts, parents)
        if is_blank(value):
            fields.setdefault(own, value)
        elif len(ids) == 1:
            fields[own] = ids[0]
        else:
            why = SEVERAL if ids else NOT_FOUND
            unfit = Unfit(f"{name}.{own}", value, value, why, dropped=True)
            unknown.append(UnknownParent(unfit, _text(unfit, named, len(ids))))
    kind = record_type(facts.objects.get(name), fields.get(RECORD_TYPE))
    if kind is not None:
        fields[RECORD_TYPE] = kind
    elif not is_blank(sent := fields.get(RECORD_TYPE)):
        del fields[RECORD_TYPE]
        unfit = Unfit(f"{name}.{RECORD_TYPE}", sent, sent, NO_TYPE, dropped=True)
        unknown.append(UnknownParent(unfit, f"{unfit.field}: {no_record_type(facts.objects.get(name), sent)}"))
    return ReferencedValues(fields, tuple(unknown))


def _leads_nowhere(known: ObjectFacts | None, name: str, value: Scalar, parents: ParentIds) -> ParentPath | None:
    """Return what a reference by record ID means, where it takes no such record, or none that is there; else None."""
    path = named_by_id(known, name, value)
    if path is None or known is None:
        return None
    asked = parents.get((path.parent, path.key))
    there = asked is None or parent_key(None, str(record_id(str(value)))) in asked
    return None if there and takes(known, path) else path


def _refers(mapped: Iterable[str]) -> bool:
    return any(is_path(one) or one == RECORD_TYPE for one in mapped)


def _ids(path: ParentPath | None, value: Scalar, facts: OrgFacts, parents: ParentIds) -> tuple[str, ...]:
    if path is None:
        return ()
    fact = facts.field(path.parent, path.key)
    return parents.get((path.parent, path.key), {}).get(parent_key(fact, value), ())


def _text(unfit: Unfit, path: ParentPath | None, count: int) -> str:
    if path is None:
        return f"{unfit.field}: the org has no such reference"
    which = f"{count} records of {path.parent} have" if count else f"no {path.parent} has"
    return f"{unfit.field}: {which} {path.key} {unfit.sent!r}"


def with_references(command: Command, activity: str, facts: OrgFacts, parents: ParentIds) -> ReferencedCommand:
    """Return *command* with its references as record IDs; *activity* is the object of its activity."""
    maps = {kind: getattr(command, kind) for kind in OBJECTS}
    found = {
        kind: referenced(activity if kind == "activity" else kind.title(), mapped, facts, parents)
        for kind, mapped in maps.items()
    }
    if all(found[kind].fields is mapped for kind, mapped in maps.items()):
        return ReferencedCommand(command)
    names = {
        f"{kind.title()}.{one}": f"{kind.title()}.{path.field}"
        for kind, mapped in maps.items()
        for one in mapped
        if (path := known_path(facts.objects.get(activity if kind == "activity" else kind.title()), one)) is not None
    }
    defaulted = tuple(names.get(one, one) for one in command.defaulted)
    fields: dict[str, Any] = {kind: one.fields for kind, one in found.items()}
    changed = replace(command, defaulted=defaulted, **fields)
    return ReferencedCommand(changed, tuple(one for own in found.values() for one in own.unknown))


def with_unknown(case: Case, decision: Decision, unknown: Sequence[UnknownParent]) -> Decision:
    """
    Return *decision* with the references of its records that name no record: left out, or the reason of its refusal.

    A field with `unfit: refuse` refuses the command, as Salesforce itself refuses an external ID that is not there.
    """
    written = {step.object for step in decision.steps} | {one.object for one in decision.linked}
    missing = [one for one in unknown if one.unfit.field in decision.missing_fields]
    if missing:
        return replace(decision, detail="; ".join(one.text for one in missing))
    told = [one for one in unknown if one.unfit.field.partition(".")[0] in written]
    refused = [one for one in told if case.settings.write.unfit_of(one.unfit.field) == "refuse"]
    if refused and decision.kind not in ("error", "skipped"):
        reason = next(refusal for why, refusal in _REFUSALS.items() if any(one.unfit.why == why for one in refused))
        part = Part(refusal=reason, detail="; ".join(one.text for one in refused))
        return case.decided("error", decision.rule_ids, (part,))
    listed = (one.unfit for one in told)
    return replace(decision, unfit=tuple(dict.fromkeys((*decision.unfit, *listed))))
