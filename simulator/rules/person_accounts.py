"""
Rule: person accounts: one account and one contact that are the same person.

In: a call, an account's row, given values.  Out: the row as a person has it; the contact that mirrors it.
Rule of this file: the record type says whether an account is a person; a person is written by its account, and its
contact follows. Changing a business account into a person is not done.
Source: API guide (Person Account Record Types), Object Reference, Salesforce Help 005305352; whether an org takes other
changes of a person's contact than the record type is not documented: here none.
"""

from collections.abc import Callable, Mapping
from typing import Any

from simulator.call import Call
from simulator.catalogue import ObjectDef
from simulator.errors import ApiError, not_done
from simulator.person_fields import is_personal, on_account
from simulator.store import Row

Save = Callable[[ObjectDef, Row, Row | None], None]
TYPE = "PersonAccount"


def person_type(call: Call) -> str:
    """Return the ID of the record type that a lead without a company becomes an account of."""
    return next(str(row["Id"]) for row in call.org.store.rows("RecordType") if row.get("IsPersonType"))


def prepare(call: Call, entity: ObjectDef, row: Row, given: Mapping[str, Any], before: Row | None) -> None:
    """Make *row* a person's account where its record type says so. Raises ApiError for fields of the other kind."""
    if entity.name != "Account" or not call.org.file.person_accounts:
        return
    kind = call.org.store.get("RecordType", str(row.get("RecordTypeId") or "")) or {}
    person = bool(kind.get("IsPersonType"))
    if before is not None and person != bool(before.get("IsPersonAccount")):
        raise not_done("the change of an account into a person account")
    wrong = [name for name in given if (name == "Name" if person else is_personal(name))]
    if wrong:
        text = f"Account: bad field names on insert/update call: {', '.join(wrong)}"
        raise ApiError("INVALID_FIELD_FOR_INSERT_UPDATE", text, fields=wrong)
    if not person:
        return
    if not row.get("LastName"):
        raise ApiError("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", fields=["LastName"])
    row["IsPersonAccount"] = True
    row["Name"] = " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part)
    if not row.get("PersonContactId"):
        row["PersonContactId"] = call.org.store.next_id(call.org.objects["contact"])


def mirror(call: Call, entity: ObjectDef, row: Row, save: Save) -> None:
    """Save the contact of a person account as the account has it now."""
    if entity.name != "Account" or not row.get("IsPersonAccount"):
        return
    contact = call.org.objects["contact"]
    before = call.org.store.get("Contact", str(row["PersonContactId"]))
    made = {"Id": row["PersonContactId"], "IsDeleted": False, "CreatedById": row["CreatedById"], **contact.defaults}
    fresh: Row = dict(made if before is None else before)
    fresh |= {"AccountId": row["Id"], "IsPersonAccount": True, "Name": row["Name"], "OwnerId": row.get("OwnerId")}
    for field in contact.fields.values():
        shown = on_account(field.name)
        if shown is not None and shown.lower() in entity.fields:
            fresh[field.name] = row.get(shown)
    save(contact, fresh, before)


def refuse_contact(call: Call, entity: ObjectDef, row: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Refuse to write a person's contact, and to give a person account another one."""
    if entity.name != "Contact" or not call.org.file.person_accounts:
        return
    if row.get("IsPersonAccount"):
        raise ApiError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
    account = call.org.store.get("Account", str(given.get("AccountId") or ""))
    if account is not None and account.get("IsPersonAccount"):
        text = "A person account has no contact but its own"
        raise ApiError("FIELD_INTEGRITY_EXCEPTION", text, fields=["AccountId"])
