"""
Stage: what a delete takes along.

In: a record that goes to the bin. Out: its children in the bin, or without their reference.
Rule of this file: describe's cascadeDelete and the rules read one table; who deletes needs no right to the children.
Source: cascadeDelete of recorded describes of Account, Contact and Lead.
"""

from collections.abc import Callable

from simulator.call import Call
from simulator.catalogue import ObjectDef
from simulator.errors import ApiError
from simulator.store import Row

CASCADES = frozenset({
    ("Contact", "AccountId"), ("Opportunity", "AccountId"),
    ("Task", "WhatId"), ("Event", "WhatId"), ("Task", "WhoId"), ("Event", "WhoId"),
    ("CampaignMember", "LeadId"), ("CampaignMember", "ContactId"), ("CampaignMember", "CampaignId"),
    ("OpportunityContactRole", "ContactId"), ("OpportunityContactRole", "OpportunityId"),
})  # fmt: skip
_CLEARED = frozenset({("Account", "ParentId"), ("Contact", "ReportsToId"), ("Opportunity", "CampaignId"),
                      ("Opportunity", "ContactId"), ("Campaign", "ParentId")})  # fmt: skip
Save = Callable[[ObjectDef, Row, Row], None]


def refuse(call: Call, entity: ObjectDef, row: Row) -> None:
    """Refuse to delete an account with won opportunities. Raises DELETE_FAILED (its words are from memory)."""
    if entity.name != "Account":
        return
    won = [item["Name"] for item in call.org.store.find("Opportunity", "AccountId", row["Id"]) if item.get("IsWon")]
    if won:
        name = row["Name"]
        text = (f"Your attempt to delete {name} could not be completed because some opportunities in that account "
                f"were closed won. The following opportunities cannot be deleted: {', '.join(won)}")  # fmt: skip
        raise ApiError("DELETE_FAILED", text)


def follow(call: Call, entity: ObjectDef, row: Row, *, bin_it: Callable[[ObjectDef, Row], None], save: Save) -> None:
    """Put the children of *row* into the bin by *bin_it*, or take their reference away by *save*."""
    for child in call.org.objects.values():
        for field in child.fields.values():
            if entity.name not in field.reference_to:
                continue
            pair = (child.name, field.name)
            if pair not in CASCADES and pair not in _CLEARED and not (field.custom and field.nillable):
                continue
            for found in call.org.store.find(child.name, field.name, row["Id"]):
                if pair in CASCADES:
                    bin_it(child, found)
                else:
                    save(child, {**found, field.name: None}, found)
