"""
Rule: record types of an object: which one a new record gets, and which ones a user may give.

In: the org, an object, given values. Out: describe's recordTypeInfos; the default; the refusal of a wrong one.
Rule of this file: the org file's `record_types` says which there are; an object that has none has no RecordTypeId.
Source: describe of an org with record types; the refusal as the API writes it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from simulator.call import Call
from simulator.catalogue import ObjectDef
from simulator.errors import ApiError
from simulator.org import Org
from simulator.store import Row

MASTER = "012000000000000AAA"


def infos(org: Org, entity: ObjectDef, where: str) -> list[dict[str, Any]]:
    """Return the recordTypeInfos of a describe at the address *where*: the master last."""
    own = list(_rows(org, entity))
    default = _default(org, entity)
    found = [
        _info(row["Id"], row["DeveloperName"], row["Name"], where, active=row["IsActive"],
              available=_available(org, entity, row), default=row["Id"] == default)
        for row in own
    ]  # fmt: skip
    return [*found, _info(MASTER, "Master", "Master", where, active=True, available=True, default=not default)]


def _info(
    record_id: str, developer: str, name: str, where: str, *, active: bool, available: bool, default: bool
) -> dict[str, Any]:
    return {"active": active, "available": available, "defaultRecordTypeMapping": default, "developerName": developer,
            "master": record_id == MASTER, "name": name, "recordTypeId": record_id,
            "urls": {"layout": f"{where}/describe/layouts/{record_id}"}}  # fmt: skip


def apply(call: Call, entity: ObjectDef, row: dict[str, Any], given: Mapping[str, Any]) -> None:
    """Give a new row its default record type. Raises ApiError for a given one that the user may not give."""
    if "recordtypeid" not in entity.fields:
        return
    value = given.get("RecordTypeId")
    if value is None and not row.get("RecordTypeId"):
        row["RecordTypeId"] = _default(call.org, entity)
    elif value is not None and not any(item["Id"] == value for item in _rows(call.org, entity, usable=True)):
        text = f"Record Type ID: this ID value isn't valid for the user: {value}"
        raise ApiError("INVALID_CROSS_REFERENCE_KEY", text, fields=["RecordTypeId"])
    _picked(call.org, entity, row, given)


def _picked(org: Org, entity: ObjectDef, row: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Refuse a restricted pick that the record's type does not have (`values` of the type, by field)."""
    own = next((item for item in _rows(org, entity) if item["Id"] == row.get("RecordTypeId")), None)
    for name, values in (_said(org, entity, own).get("values", {}) if own else {}).items():
        field, value = entity.fields[name.lower()], given.get(name)
        if field.restricted and value is not None and not set(str(value).split(";")) <= set(map(str, values)):
            text = f"{field.label}: bad value for restricted picklist field: {value}"
            raise ApiError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", text, fields=[field.name])


def _rows(org: Org, entity: ObjectDef, *, usable: bool = False) -> Iterator[Row]:
    for row in org.store.rows("RecordType"):
        if row["SobjectType"] == entity.name and (not usable or (row["IsActive"] and _available(org, entity, row))):
            yield row


def _said(org: Org, entity: ObjectDef, row: Row) -> Mapping[str, Any]:
    types = org.file.record_types.get(entity.name, ())
    return next((item for item in types if item["name"] == row["DeveloperName"]), {})


def _available(org: Org, entity: ObjectDef, row: Row) -> bool:
    return bool(_said(org, entity, row).get("available", True))


def _default(org: Org, entity: ObjectDef) -> str | None:
    return next((row["Id"] for row in _rows(org, entity, usable=True) if _said(org, entity, row).get("default")), None)
