"""
Noun: the fields of a person account: those that its contact has, as the account names them.

In: the contact's fields.  Out: the account's.
Rule of this file: names alone. Standard fields get the prefix `Person`, except those that both objects have; custom
fields of the contact end with `__pc`.
Source: Object Reference (Account, person account fields).
"""

from collections.abc import Iterable
from dataclasses import replace

from simulator.fielddef import FieldDef

NAMES = ("FirstName", "LastName", "Salutation")
SHARED = (*NAMES, "Phone", "Fax", "Description")
"""Fields that an account and its person share under one name."""
_OWN = frozenset(
    {"MasterRecordId", "AccountId", "ReportsToId", "Name", "OwnerId", "PhotoUrl", "Jigsaw", "CleanStatus",
     "RecordTypeId", "IsPersonAccount", "CurrencyIsoCode", "LastActivityDate", "LastViewedDate", "LastReferencedDate",
     "IsEmailBounced"}
)  # fmt: skip
"""Fields of the contact that the account does not show, or has of its own."""
LINES = """
IsPersonAccount boolean 0 ro defaulted=false
PersonContactId reference 18 ro ref=Contact rel=PersonContact
FirstName string 40
LastName string 80
Salutation picklist 40 values=Mr.|Ms.|Mrs.|Dr.|Prof.
"""


def on_account(name: str) -> str | None:
    """Return how a person account names a field of its contact; None where it does not have it."""
    if name in SHARED:
        return name
    if name.endswith("__c"):
        return f"{name[:-1]}pc"
    return None if name in _OWN else f"Person{name}"


def lines(contact: str) -> list[str]:
    """Return the lines of the fields that accounts get, from the *contact*'s of the stock file."""
    found = [part for part in LINES.split("\n") if part]
    for line in contact.split("\n"):
        name, _, rest = line.strip().partition(" ")
        shown = on_account(name) if name else None
        if shown is not None and shown != name:
            flags = " ".join(part for part in rest.split(" ") if part not in ("required", "idlookup"))
            found.append(f"{shown} {flags}")
    return found


def custom(fields: Iterable[FieldDef]) -> list[FieldDef]:
    """Return the account's view of the contact's custom fields."""
    return [
        replace(field, name=on_account(field.name) or field.name, unique=False, external_id=False, id_lookup=False,
                relationship_name=None, child=None)
        for field in fields
    ]  # fmt: skip


def is_personal(name: str) -> bool:
    """Whether a field of the account belongs to its person alone."""
    return name in NAMES or name.endswith("__pc") or (name.startswith("Person") and name != "PersonContactId")
