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

from processors.deciding.case import Case
from processors.deciding.part import Part
from processors.integration.model import OBJECTS
from processors.model.decision import Decision, Unfit
from processors.model.normalise import is_blank, record_id
from processors.model.org_facts import ObjectFacts, OrgFacts
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
    nowhere = {entry: path for entry, value in mapped.items() if (path := _leads_nowhere(known, entry, value, parents))}
    if not nowhere and not _refers(mapped):
        return ReferencedValues(mapped)
    fields = {entry: value for entry, value in mapped.items() if not is_path(entry) and entry not in nowhere}
    unknown: list[UnknownParent] = []
    for text, path in nowhere.items():
        unfit = Unfit(f"{name}.{text}", mapped[text], mapped[text], NOT_FOUND, dropped=True)
        unknown.append(UnknownParent(unfit, _text(unfit, path, 0)))
    for item in filter(is_path, mapped):
        value, named = mapped[item], known_path(known, item)
        own = named.field if named else likely_field(item)
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
    return any(is_path(field_name) or field_name == RECORD_TYPE for field_name in mapped)


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
        f"{kind.title()}.{item}": f"{kind.title()}.{path.field}"
        for kind, mapped in maps.items()
        for item in mapped
        if (path := known_path(facts.objects.get(activity if kind == "activity" else kind.title()), item)) is not None
    }
    defaulted = tuple(names.get(field_name, field_name) for field_name in command.defaulted)
    fields: dict[str, Any] = {kind: referenced_values.fields for kind, referenced_values in found.items()}
    changed = replace(command, defaulted=defaulted, **fields)
    return ReferencedCommand(changed, tuple(unknown_parent for own in found.values() for unknown_parent in own.unknown))


def with_unknown(case: Case, decision: Decision, unknown: Sequence[UnknownParent]) -> Decision:
    """
    Return *decision* with the references of its records that name no record: left out, or the reason of its refusal.

    A field with `unfit: refuse` refuses the command, as Salesforce itself refuses an external ID that is not there.
    """
    written = {step.object for step in decision.steps} | {record.object for record in decision.linked}
    missing = [unknown_parent for unknown_parent in unknown if unknown_parent.unfit.field in decision.missing_fields]
    if missing:
        return replace(decision, detail="; ".join(unknown_parent.text for unknown_parent in missing))
    told = [unknown_parent for unknown_parent in unknown if unknown_parent.unfit.field.partition(".")[0] in written]
    refused = [
        unknown_parent
        for unknown_parent in told
        if case.settings.write.unfit_of(unknown_parent.unfit.field) == "refuse"
    ]
    if refused and decision.kind not in ("error", "skipped"):
        reason = next(
            refusal
            for why, refusal in _REFUSALS.items()
            if any(unknown_parent.unfit.why == why for unknown_parent in refused)
        )
        part = Part(refusal=reason, detail="; ".join(unknown_parent.text for unknown_parent in refused))
        return case.decided("error", decision.rule_ids, (part,))
    listed = (unknown_parent.unfit for unknown_parent in told)
    return replace(decision, unfit=tuple(dict.fromkeys((*decision.unfit, *listed))))
