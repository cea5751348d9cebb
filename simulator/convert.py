"""
Stage: convertLead.

In: one conversion. Out: the account, contact and opportunity; the lead locked.
Rule of this file: all rules of conversion, each once; the XML is simulator.soap's business.
Source: fact sheet B.
"""

from collections.abc import Mapping

from simulator import effects, ids, records
from simulator.call import Call
from simulator.errors import ApiError
from simulator.person_fields import on_account
from simulator.rules import person_accounts
from simulator.store import Row

MOST = 100
_ADDRESS = ("Street", "City", "State", "PostalCode", "Country")
_ACCOUNT = {"Phone": "Phone", "Fax": "Fax", "Website": "Website", "Industry": "Industry", "Rating": "Rating",
            "AnnualRevenue": "AnnualRevenue", "NumberOfEmployees": "NumberOfEmployees", "LeadSource": "AccountSource",
            **{name: f"Billing{name}" for name in _ADDRESS}}  # fmt: skip
_CONTACT = {"FirstName": "FirstName", "LastName": "LastName", "Salutation": "Salutation", "Title": "Title",
            "Email": "Email", "Phone": "Phone", "MobilePhone": "MobilePhone", "Fax": "Fax",
            "LeadSource": "LeadSource", "Description": "Description",
            "HasOptedOutOfEmail": "HasOptedOutOfEmail", "DoNotCall": "DoNotCall",
            **{name: f"Mailing{name}" for name in _ADDRESS}}  # fmt: skip


def convert(call: Call, row: Mapping[str, str]) -> dict[str, str | None]:
    """Convert one lead and return the IDs. Raises ApiError."""
    if not call.user.convert:
        raise ApiError("INSUFFICIENT_ACCESS_OR_READONLY", "You need the Convert Leads permission")
    lead = _record(call, "Lead", row.get("leadId"), "leadId")
    if lead.get("IsConverted"):
        raise ApiError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    _lock(call, lead["Id"])
    status = _status(call, row.get("convertedStatus"))
    owner = _owner(call, lead, row.get("ownerId"))
    no_opportunity = row.get("doNotCreateOpportunity") == "true"
    _arguments(row, no_opportunity=no_opportunity)
    account = _account(call, lead, row.get("accountId"), owner)
    contact = _person(call, account) or _contact(call, lead, row, account, owner)
    opportunity = None if no_opportunity else _opportunity(call, lead, row, account, owner)
    _finish(call, lead, status, account, contact, opportunity)
    return {"accountId": account, "contactId": contact, "leadId": lead["Id"], "opportunityId": opportunity}


def _record(call: Call, sobject: str, value: str | None, name: str) -> Row:
    key = ids.normal(value)
    if key is None or key[:3] != call.org.objects[sobject.lower()].prefix:
        raise ApiError("INVALID_CROSS_REFERENCE_KEY", f"invalid {name}: {value}", fields=[name])
    row = call.org.store.get(sobject, key)
    if row is None or row["IsDeleted"] or not call.user.sees(sobject, row):
        raise ApiError("INVALID_CROSS_REFERENCE_KEY", f"invalid cross reference id: {value}", fields=[name])
    return row


def _lock(call: Call, record_id: str) -> None:
    if call.org.locked(record_id) or call.lock in (record_id, "*"):
        text = f"unable to obtain exclusive access to this record or 1 records: {record_id}"
        raise ApiError("UNABLE_TO_LOCK_ROW", text)


def _status(call: Call, label: str | None) -> str:
    for row in call.org.store.rows("LeadStatus"):
        if label and row["MasterLabel"] == label and row["IsConverted"]:
            return label
    raise ApiError("INVALID_STATUS", f"invalid convertedStatus: {label}", fields=["convertedStatus"])


def _owner(call: Call, lead: Row, wanted: str | None) -> str:
    if wanted:
        return str(_record(call, "User", wanted, "ownerId")["Id"])
    if str(lead["OwnerId"]).startswith("00G"):
        text = "The lead is owned by a queue: ownerId is required"
        raise ApiError("REQUIRED_FIELD_MISSING", text, fields=["ownerId"])
    return str(lead["OwnerId"])


def _arguments(row: Mapping[str, str], *, no_opportunity: bool) -> None:
    if row.get("contactId") and not row.get("accountId"):
        raise ApiError("REQUIRED_FIELD_MISSING", "accountId is required where contactId is given", fields=["accountId"])
    if row.get("overwriteLeadSource") == "true" and not row.get("contactId"):
        raise ApiError("REQUIRED_FIELD_MISSING", "overwriteLeadSource needs contactId", fields=["contactId"])
    named = [name for name in ("opportunityId", "opportunityName") if row.get(name)]
    if len(named) == 2 or (named and no_opportunity):
        raise ApiError("INVALID_FIELD", "opportunityId and opportunityName exclude each other and "
                       "doNotCreateOpportunity", fields=named)  # fmt: skip
    if len(row.get("opportunityName", "")) > 80:
        raise ApiError("STRING_TOO_LONG", "opportunityName: data value too large (max length=80)",
                       fields=["opportunityName"])  # fmt: skip


def _fill(call: Call, sobject: str, target: Row, lead: Row, mapped: Mapping[str, str]) -> None:
    """Fill only the empty fields of an existing target."""
    blanks = {to: lead[name] for name, to in mapped.items() if lead.get(name) and target.get(to) in (None, "")}
    if blanks:
        records.update(call, call.org.objects[sobject.lower()], target, blanks)


def _account(call: Call, lead: Row, wanted: str | None, owner: str) -> str:
    if wanted:
        target = _record(call, "Account", wanted, "accountId")
        _lock(call, target["Id"])
        _fill(call, "Account", target, lead, _ACCOUNT)
        return str(target["Id"])
    if not lead.get("Company"):
        return _new_person(call, lead, owner)
    values = {to: lead[name] for name, to in _ACCOUNT.items() if lead.get(name)}
    body = {"Name": lead["Company"], "OwnerId": owner, **values}
    return str(records.create(call, call.org.objects["account"], body)["Id"])


def _new_person(call: Call, lead: Row, owner: str) -> str:
    """Return the account of a lead without a company: a person account (API guide)."""
    named = {on_account(to): lead[name] for name, to in _CONTACT.items() if lead.get(name)}
    body = {name: value for name, value in named.items() if name}
    body |= {"RecordTypeId": person_accounts.person_type(call), "OwnerId": owner}
    return str(records.create(call, call.org.objects["account"], body)["Id"])


def _person(call: Call, account: str) -> str | None:
    """Return the contact of a person account; None for an account of a business."""
    row = call.org.store.get("Account", account) or {}
    return str(row["PersonContactId"]) if row.get("IsPersonAccount") else None


def _contact(call: Call, lead: Row, row: Mapping[str, str], account: str, owner: str) -> str:
    if row.get("contactId"):
        target = _record(call, "Contact", row["contactId"], "contactId")
        if target.get("AccountId") != account:
            text = "the contact does not belong to the account"
            raise ApiError("INVALID_CROSS_REFERENCE_KEY", text, fields=["contactId"])
        _fill(call, "Contact", target, lead, _CONTACT)
        if row.get("overwriteLeadSource") == "true" and lead.get("LeadSource"):
            current = call.org.store.get("Contact", target["Id"]) or target
            records.update(call, call.org.objects["contact"], current, {"LeadSource": lead["LeadSource"]})
        return str(target["Id"])
    values = {to: lead[name] for name, to in _CONTACT.items() if lead.get(name)}
    body = {**values, "AccountId": account, "OwnerId": owner}
    return str(records.create(call, call.org.objects["contact"], body)["Id"])


def _opportunity(call: Call, lead: Row, row: Mapping[str, str], account: str, owner: str) -> str:
    if row.get("opportunityId"):
        return str(_record(call, "Opportunity", row["opportunityId"], "opportunityId")["Id"])
    now = call.org.stamp()
    # The close date of a conversion is the end of the quarter (standard behaviour of the UI; a guess for the API).
    month = (now.month - 1) // 3 * 3 + 3
    body = {"Name": row.get("opportunityName") or str(lead["Company"])[:80], "AccountId": account, "OwnerId": owner,
            "StageName": "Prospecting", "CloseDate": f"{now.year}-{month:02d}-{30 if month in (6, 9) else 31}",
            "LeadSource": lead.get("LeadSource")}  # fmt: skip
    return str(records.create(call, call.org.objects["opportunity"], body)["Id"])


def _finish(call: Call, lead: Row, status: str, account: str, contact: str, opportunity: str | None) -> None:
    """Lock the lead; point its activities and campaign members to what it became."""
    org, now = call.org, call.org.stamp()
    stamp = {"LastModifiedDate": now, "SystemModstamp": now, "LastModifiedById": call.user.id}
    for kind in ("Task", "Event"):
        for row in org.store.find(kind, "WhoId", lead["Id"]):
            moved = {"WhoId": contact, "WhatId": opportunity or account, "AccountId": account}
            _move(call, kind, row, {**row, **stamp, **moved})
    for row in org.store.find("CampaignMember", "LeadId", lead["Id"]):
        _move(call, "CampaignMember", row, {**row, **stamp, "ContactId": contact})
    done = {**lead, **stamp, "IsConverted": True, "ConvertedDate": now.date(), "ConvertedAccountId": account,
            "ConvertedContactId": contact, "ConvertedOpportunityId": opportunity, "Status": status}  # fmt: skip
    org.store.put("Lead", done)
    call.written += 1
    effects.tell(call, "convert", org.objects["lead"], done, lead)


def _move(call: Call, kind: str, before: Row, row: Row) -> None:
    """Save a record that follows its lead; the platform does it, so no rule of the org is asked."""
    call.org.store.put(kind, row)
    effects.tell(call, "update", call.org.objects[kind.lower()], row, before)
