"""
Stage: duplicate rules.

In: a row before it is saved and the rules of the org file. Out: nothing, or the refusal in its real, misspelt shape.
Rule of this file: an alert is a refusal unless the caller allows the save; a block is one always.
Source: fact sheet A5, D.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from simulator.call import Call
from simulator.errors import ApiError
from simulator.values import stamp

_TEXT = "Use one of these records?"
_TOLD = ("Name", "Email", "Company", "Phone", "OwnerId", "CreatedDate", "LastModifiedDate")
"""What `includeRecordDetails` tells of a record; which fields a real org tells is a guess."""


def check(call: Call, sobject: str, row: Mapping[str, Any], *, creating: bool) -> None:
    """
    Raise DUPLICATES_DETECTED where a rule finds the row's like.

    A rule: `{object, name, action: alert|block, on: [create, edit], fields: [Email], match: [Lead, Contact], message}`;
    the row matches a record that equals it, in any case, in every field of *fields*, each of them filled.
    """
    for rule in call.org.file.duplicate_rules:
        if rule.get("object") != sobject or ("create" if creating else "edit") not in rule.get("on", ("create",)):
            continue
        block = rule.get("action", "alert") == "block"
        if call.allow_save and not block:
            continue
        found = [(kind, item) for kind in rule.get("match", (sobject,)) for item in _like(call, kind, rule, row)]
        if found:
            raise _refusal(call, sobject, rule, found, block=block)


def _like(call: Call, kind: str, rule: Mapping[str, Any], row: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = [str(name) for name in rule.get("fields", ("Email",))]
    wanted = [row.get(name) for name in names]
    if any(value in (None, "") for value in wanted):
        return []
    found = call.org.store.find(kind, names[0], wanted[0])
    return [
        item for item in found
        if item["Id"] != row.get("Id")
        and not item.get("IsConverted")
        and all(str(item.get(name, "")).lower() == str(row[name]).lower() for name in names[1:])
    ]  # fmt: skip


def _told(call: Call, row: Mapping[str, Any]) -> dict[str, Any]:
    if not call.tells_duplicates:
        return {}
    fields = ((name, row.get(name)) for name in _TOLD)
    return {name: stamp(value) if isinstance(value, datetime) else value for name, value in fields if value is not None}


def _refusal(
    call: Call, sobject: str, rule: Mapping[str, Any], found: list[tuple[str, dict[str, Any]]], *, block: bool
) -> ApiError:
    message = str(rule.get("message", _TEXT))
    results = []
    for kind in dict.fromkeys(kind for kind, _ in found):
        records = [
            {"additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0,
             "record": {"attributes": {"type": kind, "url": f"{call.base}/sobjects/{kind}/{row['Id']}"},
                        "Id": row["Id"], **_told(call, row)}}
            for name, row in found if name == kind
        ]  # fmt: skip
        results.append({"entityType": kind, "errors": [], "matchEngine": "ExactMatchEngine", "matchRecords": records,
                        "rule": f"{kind}_MR", "size": len(records), "success": True})  # fmt: skip
    detail = {
        "allowSave": not block,
        "duplicateRule": str(rule.get("name", f"Standard_{sobject}_Duplicate_Rule")),
        "duplicateRuleEntityType": sobject,
        "errorMessage": message,
        "matchResults": results,
    }
    return ApiError("DUPLICATES_DETECTED", message, extra={"duplicateResut": detail})
