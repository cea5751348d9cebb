"""
Stage: what the server itself writes into a row, and what one object refuses.

In: a row before it is saved. Out: the row with its derived fields.
Rule of this file: rules of single objects, each beside its source; nothing generic.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator import compounds
from simulator.catalogue import ObjectDef
from simulator.errors import ApiError
from simulator.org import Org
from simulator.seeds import PROBABILITY, WON


def derive(org: Org, entity: ObjectDef, row: dict[str, Any], given: Mapping[str, Any], now: datetime) -> None:
    """Fill the fields that the server derives. Raises ApiError."""
    sobject = entity.name
    compounds.addresses(org.objects[sobject.lower()].fields, row)
    if sobject in ("Lead", "Contact", "User"):
        row["Name"] = " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part)
    if sobject in ("Task", "Event"):
        _activity(org, row)
    if sobject == "Task":
        _task(row, now)
    elif sobject == "Event":
        _event(row, given)
    elif sobject == "Opportunity":
        _opportunity(row, given)
    elif sobject == "CampaignMember":
        _member(org, row)


def _activity(org: Org, row: dict[str, Any]) -> None:
    """WhoId of a lead excludes WhatId (fact sheet C); a converted lead takes no activity (A5)."""
    who, what = row.get("WhoId"), row.get("WhatId")
    if who and who.startswith("00Q"):
        lead = org.store.get("Lead", who)
        if lead and lead.get("IsConverted"):
            raise ApiError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        if what:
            text = "If WhoId refers to a lead, WhatId must be empty: a lead cannot be related to another record"
            raise ApiError("FIELD_INTEGRITY_EXCEPTION", text, fields=["WhatId"])
    account: Any = None
    if what and what.startswith("001"):
        account = what
    elif what and what.startswith("006"):
        account = (org.store.get("Opportunity", what) or {}).get("AccountId")
    elif who and who.startswith("003"):
        account = (org.store.get("Contact", who) or {}).get("AccountId")
    row["AccountId"] = account


def _task(row: dict[str, Any], now: datetime) -> None:
    row["IsClosed"] = row.get("Status") == "Completed"
    row["IsHighPriority"] = row.get("Priority") == "High"
    if row["IsClosed"]:
        row["CompletedDateTime"] = row.get("CompletedDateTime") or now
    else:
        row["CompletedDateTime"] = None


def _event(row: dict[str, Any], given: Mapping[str, Any]) -> None:
    """An event needs a time, and its times must agree (fact sheet C; the exact refusal is a guess)."""
    start = given.get("StartDateTime") or given.get("ActivityDateTime") or row.get("StartDateTime")
    if row.get("IsAllDayEvent"):
        day = given.get("ActivityDate") or row.get("ActivityDate") or (start and start.date())
        if day is None:
            raise _no_time()
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        row["DurationInMinutes"] = row.get("DurationInMinutes") or 1440
    if start is None:
        raise _no_time()
    end, minutes = given.get("EndDateTime"), given.get("DurationInMinutes")
    if end is None and minutes is None:
        minutes = row.get("DurationInMinutes")
    if end is None and minutes is None:
        raise _no_time()
    finish: datetime = end if end is not None else start + timedelta(minutes=minutes or 0)
    if minutes is None:
        minutes = int((finish - start).total_seconds() // 60)
    # Where the end alone is given, a part of a minute is no disagreement.
    agree = given.get("DurationInMinutes") is None or timedelta(minutes=minutes) == finish - start
    if finish < start or not agree or finish - start > timedelta(days=14):
        text = "An event ends after it starts, at most 14 days later, and its duration must agree with its end"
        raise ApiError("FIELD_INTEGRITY_EXCEPTION", text, fields=["EndDateTime"])
    row.update(StartDateTime=start, ActivityDateTime=start, EndDateTime=finish, DurationInMinutes=minutes,
               ActivityDate=start.date(), EndDate=finish.date())  # fmt: skip


def _no_time() -> ApiError:
    fields = ["ActivityDateTime", "DurationInMinutes"]
    return ApiError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(fields)}]", fields=fields)


def _opportunity(row: dict[str, Any], given: Mapping[str, Any]) -> None:
    stage = row.get("StageName")
    row["IsClosed"], row["IsWon"] = stage in WON, stage == "Closed Won"
    if "StageName" in given and "Probability" not in given:
        row["Probability"] = PROBABILITY.get(str(stage), row.get("Probability"))
    row["ForecastCategory"] = WON.get(str(stage), ("Pipeline", 0.0))[0]
    row["ForecastCategoryName"] = row["ForecastCategory"]
    amount = row.get("Amount")
    row["ExpectedRevenue"] = amount * (row.get("Probability") or 0.0) / 100 if amount is not None else None


def _member(org: Org, row: dict[str, Any]) -> None:
    if bool(row.get("LeadId")) == bool(row.get("ContactId")) and not row.get("Id"):
        text = "Required fields are missing: [LeadId, ContactId]"
        raise ApiError("REQUIRED_FIELD_MISSING", text, fields=["LeadId", "ContactId"])
    for name in ("LeadId", "ContactId"):
        for twin in org.store.find("CampaignMember", name, row[name]) if row.get(name) else ():
            if twin["CampaignId"] == row["CampaignId"] and twin["Id"] != row.get("Id"):
                raise ApiError("DUPLICATE_VALUE", "Already a campaign member.")
    statuses = org.store.find("CampaignMemberStatus", "CampaignId", row["CampaignId"])
    own = next((status for status in statuses if status["Label"] == row.get("Status")), None)
    if own is None:  # a status that the campaign lacks becomes its default, without a word (object reference)
        own = next((status for status in statuses if status["IsDefault"]), None)
        row["Status"] = own["Label"] if own else row.get("Status")
    row["HasResponded"] = bool(own and own["HasResponded"])
