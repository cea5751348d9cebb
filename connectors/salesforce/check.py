"""
Check: what an org lacks, and what that costs.

In: `OrgFacts`.  Out: lines for the reader.  Pure.
Rule of this file: every line says what is missing, what it costs, and what to do.
"""

from collections.abc import Mapping

from connectors.salesforce.facts import OBJECTS
from processors.model.org_facts import OrgFacts

_ACTIVITIES = ("Task", "Event")
_UNKEYED = ("User",)
"""Objects that are read alone."""


_WRITTEN = ("Lead", "Contact", "Account", "Opportunity", "Task", "Event")
PERMISSIONS = ("ApiEnabled", "ConvertLeads", "ViewAllData", "ModifyAllData")
"""Permissions of the user that are asked for; the last two are more than is needed."""


def _rights(facts: OrgFacts) -> list[str]:
    """Return one line for each object that the user may read and not create, or not change."""
    found = []
    for name in _WRITTEN:
        item = facts.objects.get(name)
        lacks = (
            [word for word, may in (("create", item.createable), ("edit", item.updateable)) if not may] if item else []
        )
        if lacks:
            found.append(
                f"{facts.org}: the integration user may not {' and '.join(lacks)} {name}: the org is paused (cause "
                "no_rights) when such a record comes; assign the permission set of deploy/salesforce"
            )
    return found


def _people(facts: OrgFacts, wanted: str | None) -> list[str]:
    """Return a line where new persons cannot become person accounts of the record type that is *wanted*."""
    account = facts.objects.get("Account")
    if wanted is None or (account is not None and wanted in account.record_types):
        return []
    line = (
        f"{facts.org}: the integration user may give accounts no record type {wanted} (person_account_type): no person "
        "account can be made; assign the record type to the permission set, or correct the name"
    )
    return [line]


def permission_lines(org: str, given: Mapping[str, bool]) -> list[str]:
    """Return one line for each permission that is missing, or more than is needed; *given* is empty where not told."""
    if not given:
        return [f"{org}: does not tell the user's permissions (UserPermissionAccess): Convert Leads is not proven"]
    lines = []
    if not given.get("ConvertLeads"):
        lines.append(
            f"{org}: the integration user has no permission Convert Leads: no lead can be converted; "
            "assign the permission set of deploy/salesforce"
        )
    lines += [
        f"{org}: the integration user has {label}, which is more than Signalbox needs; take it away"
        for name, label in (("ViewAllData", "View All Data"), ("ModifyAllData", "Modify All Data"))
        if given.get(name)
    ]
    return lines


def missing(facts: OrgFacts, person_account_type: str | None = None) -> list[str]:
    """Return one line for each thing that the org lacks; none where it has all (design: external IDs)."""
    lines = []
    for name in OBJECTS:
        if name in facts.objects and name in _UNKEYED:
            continue
        if name not in facts.objects:
            lines.append(
                f"{facts.org}: {name} is not visible to the integration user: nothing can be found or written there; "
                "assign the permission set of deploy/salesforce"
            )
        elif name not in facts.external_field and name in _ACTIVITIES:
            lines.append(
                f"{facts.org}: {name} has no Unique External ID field for effect keys: a new one whose answer is lost "
                "is looked for by what it hangs on and says, after the org's request limit has passed; deploy "
                "deploy/salesforce (the field is made on Activity) and assign its permission set"
            )
        elif name not in facts.external_field:
            lines.append(
                f"{facts.org}: {name} has no Unique External ID field for effect keys: a create without an answer "
                "waits until the org's request limit has passed before it is tried again; "
                "deploy deploy/salesforce and assign its permission set"
            )
    lines += _rights(facts)
    lines += _people(facts, person_account_type)
    if not facts.converted_status:
        lines.append(
            f"{facts.org}: no lead status counts as converted, or LeadStatus is not visible: "
            "no lead can be converted unless the integration names convert.status; mark a status as Converted in Setup"
        )
    return lines
