"""
Stage: one record written.

In: a call, an object and a body. Out: the row, saved; or the org's refusal.
Rule of this file: every write, from whatever resource, passes here; in the order of the platform: rights, values,
required, locks, derived fields, validation rules, duplicates, uniqueness, save.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from simulator import cascade, effects, ids
from simulator.call import Call
from simulator.catalogue import ObjectDef
from simulator.errors import ApiError, not_done, not_found
from simulator.fields import given_fields
from simulator.known_objects import not_done_object
from simulator.rules import conditions, duplicates, people, person_accounts, places, record_types
from simulator.rules.derived import derive
from simulator.store import Row

PARENTS = ("AccountId", "WhoId", "WhatId", "OpportunityId", "CampaignId")


def sobject(call: Call, name: str) -> ObjectDef:
    """Return the object that the user may read. Raises NOT_FOUND, and NOT_IMPLEMENTED for one that is not done."""
    found = call.org.object(name, call.user)
    if found is None and (known := not_done_object(name)):
        raise not_done(f"the object {known}")
    if found is None or not call.user.may("read", found.name):
        raise not_found()
    return found


def create(call: Call, entity: ObjectDef, body: Mapping[str, Any]) -> Row:
    """Save a new record and return it."""
    if not call.user.may("create", entity.name):
        raise _no_right(f"entity type cannot be inserted: {entity.label}", "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")
    given = given_fields(call, entity, body, creating=True)
    now, by = call.org.stamp(), call.user.id
    row: Row = {
        "Id": "",
        "IsDeleted": False,
        "CreatedDate": now,
        "CreatedById": by,
        **_owner(entity, by),
        **entity.defaults,
    }
    row.update((name, value) for name, value in given.items() if value is not None or name not in entity.defaults)
    person_accounts.refuse_contact(call, entity, {}, given)
    record_types.apply(call, entity, row, given)
    person_accounts.prepare(call, entity, row, given, None)
    _required(entity, row)
    places.apply(call.org.file.countries, entity, row, given)
    conditions.assign(call, entity.name, row)
    derive(call.org, entity, row, given, now)
    _check(call, entity, row, None)
    row["Id"] = call.org.store.next_id(entity)
    _save(call, entity, row, None)
    person_accounts.mirror(call, entity, row, partial(_mirrored, call))
    if entity.name == "Campaign":
        call.org.add_statuses(row["Id"])
    return row


def update(call: Call, entity: ObjectDef, row: Row, body: Mapping[str, Any]) -> Row:
    """Save changes of *row* and return the new row."""
    if row["IsDeleted"]:
        raise ApiError("ENTITY_IS_DELETED", "entity is deleted", status=404)
    if not call.user.may("edit", entity.name) or not call.user.edits(entity.name, row):
        raise ApiError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", status=403)
    if row.get("IsConverted") and entity.name == "Lead" and not call.user.edit_converted:
        raise ApiError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    people.check_approval(call, entity.name, row)
    given = given_fields(call, entity, body, creating=False)
    changed = {**row, **given}
    for name in given:
        field = entity.fields[name.lower()]
        if changed[name] is None and not field.nillable and field.createable:
            raise _missing([name])
    person_accounts.refuse_contact(call, entity, row, given)
    record_types.apply(call, entity, changed, given)
    person_accounts.prepare(call, entity, changed, given, row)
    places.apply(call.org.file.countries, entity, changed, given)
    conditions.assign(call, entity.name, changed)
    derive(call.org, entity, changed, given, call.org.stamp())
    _check(call, entity, changed, row)
    _save(call, entity, changed, row)
    person_accounts.mirror(call, entity, changed, partial(_mirrored, call))
    return changed


def delete(call: Call, entity: ObjectDef, row: Row) -> None:
    """Put *row* into the recycle bin."""
    if row["IsDeleted"]:
        raise ApiError("ENTITY_IS_DELETED", "entity is deleted", status=404)
    if not call.user.may("delete", entity.name) or not call.user.edits(entity.name, row):
        raise ApiError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", status=403)
    person_accounts.refuse_contact(call, entity, row, {})
    people.check_approval(call, entity.name, row)
    cascade.refuse(call, entity, row)
    _bin(call, entity, row)


def _bin(call: Call, entity: ObjectDef, row: Row) -> None:
    _locks(call, row)
    gone = {**row, "IsDeleted": True, **_stamp(call)}
    call.org.store.put(entity.name, gone)
    call.written += 1
    effects.tell(call, "delete", entity, gone, row)
    cascade.follow(call, entity, row, bin_it=lambda child, found: _bin(call, child, found),
                   save=lambda child, changed, found: _save(call, child, changed, found))  # fmt: skip


def by_id(call: Call, entity: ObjectDef, record_id: object, *, write: bool = False) -> Row:
    """Return the record of an ID in a path or body. Raises the org's refusal of a wrong or unknown one."""
    key = ids.normal(record_id)
    if key is None or (key[:3] != entity.prefix and write):
        if write:
            text = f"{entity.label} ID: id value of incorrect type: {record_id}"
            raise ApiError("MALFORMED_ID", text, fields=["Id"])
        raise ApiError("NOT_FOUND", "Provided external ID field does not exist or is not accessible: "
                       f"{record_id}", status=404)  # fmt: skip
    row = call.org.store.get(entity.name, key)
    if row is None or not call.user.sees(entity.name, row):
        if write:
            raise ApiError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", status=404)
        raise not_found()
    return row


def _owner(entity: ObjectDef, by: str) -> dict[str, str]:
    return {"OwnerId": by} if "ownerid" in entity.fields else {}


def _required(entity: ObjectDef, row: Mapping[str, Any]) -> None:
    missing = [field.name for field in entity.fields.values() if field.required and row.get(field.name) is None]
    if missing:
        raise _missing(missing)


def _missing(names: list[str]) -> ApiError:
    text = f"Required fields are missing: [{', '.join(names)}]"
    return ApiError("REQUIRED_FIELD_MISSING", text, fields=names)


def _no_right(text: str, code: str) -> ApiError:
    return ApiError(code, text)


def _check(call: Call, entity: ObjectDef, row: Mapping[str, Any], before: Mapping[str, Any] | None) -> None:
    _locks(call, row)
    people.check_owner(call, entity.name, row, before)
    conditions.validate(call, entity.name, row, before)
    duplicates.check(call, entity.name, row, creating=before is None)
    _unique(call, entity, row)


def _mirrored(call: Call, entity: ObjectDef, row: Row, before: Row | None) -> None:
    """Save a person's contact: neither rules nor triggers of contacts run for it, but its keys are unique."""
    derive(call.org, entity, row, row, call.org.stamp())
    _unique(call, entity, row)
    _save(call, entity, row, before)


def _unique(call: Call, entity: ObjectDef, row: Mapping[str, Any]) -> None:
    for key in entity.keys:
        value = row.get(key.name)
        if not key.unique or value is None:
            continue
        for twin in call.org.store.find(entity.name, key.name, value):
            if twin["Id"] != row["Id"]:
                text = f"duplicate value found: {key.name} duplicates value on record with id: {twin['Id']}"
                raise ApiError("DUPLICATE_VALUE", text)


def _locks(call: Call, row: Mapping[str, Any]) -> None:
    for record_id in (row.get("Id"), *(row.get(name) for name in PARENTS)):
        if call.org.locked(record_id) or (record_id and record_id == call.lock) or call.lock == "*":
            text = f"unable to obtain exclusive access to this record or 1 records: {record_id or ''}"
            raise ApiError("UNABLE_TO_LOCK_ROW", text)


def _stamp(call: Call) -> dict[str, Any]:
    now = call.org.stamp()
    return {"LastModifiedDate": now, "LastModifiedById": call.user.id, "SystemModstamp": now}


def _save(call: Call, entity: ObjectDef, row: Row, before: Row | None) -> None:
    row.update(_stamp(call))
    if before is None:  # one moment: a new record was created and modified at once
        row["CreatedDate"] = row["SystemModstamp"]
    call.org.store.put(entity.name, row)
    call.written += 1
    effects.tell(call, "create" if before is None else "update", entity, row, before)
