"""
Noun: sObject Collections.

In: up to 200 records. Out: one result a record, in order, under HTTP 200.
Rule of this file: allOrNone undoes all; a key named twice fails every row that names it.
Source: fact sheet 0.2, A5, A7.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from simulator import records
from simulator.call import Call, Reply
from simulator.errors import ApiError, not_done
from simulator.known_objects import not_done_object
from simulator.rest import sobjects
from simulator.row_faults import refuse

MOST, MOST_CHUNKS, MOST_READ = 200, 10, 2000
_ROLLED_BACK = "Record rolled back because not all records were valid and the request was using AllOrNone header"
_Step = Callable[[], dict[str, Any]]


class _RolledBack(Exception):
    """One record failed and allOrNone is set."""


def handle(call: Call, rest: list[str], body: Any) -> Reply:
    """Answer /composite/sobjects[/Type[/Field]]."""
    method = call.request.method
    if method == "DELETE" and not rest:
        keys = [part for part in call.request.query.get("ids", "").split(",") if part]
        _bounded(keys)
        return _run(call, [_deleter(call, key) for key in keys], all_or_none=_true(call.request.query.get("allOrNone")))
    if method in ("GET", "POST") and len(rest) == 1:
        return _read(call, rest[0], body)
    rows = _rows(body)
    all_or_none = _true(sobjects.mapping(body).get("allOrNone"))
    if method == "POST" and not rest:
        _chunks(rows)
        steps = [_creator(call, row, number, len(rows)) for number, row in enumerate(rows)]
        return _run(call, steps, all_or_none=all_or_none)
    if method == "PATCH" and not rest:
        _chunks(rows)
        steps = [_updater(call, row, number, len(rows)) for number, row in enumerate(rows)]
        return _run(call, steps, all_or_none=all_or_none)
    if method == "PATCH" and len(rest) == 2:
        reply = _run(call, _upserters(call, rest[0], rest[1], rows), all_or_none=all_or_none)
        # Each result of an upsert says whether it made a record, that of a refused row too.
        return Reply(reply.status, [{"created": False, **item} for item in reply.body])
    raise sobjects.not_allowed(call)


def _true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _rows(body: Any) -> list[Mapping[str, Any]]:
    rows = sobjects.mapping(body).get("records")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ApiError("JSON_PARSER_ERROR", "records: an array of objects is required")
    _bounded(rows)
    return rows


def _bounded(rows: list[Any]) -> None:
    if len(rows) > MOST:
        text = f"record limit reached. cannot submit more than {MOST} records into this call"
        raise ApiError("EXCEEDED_ID_LIMIT", text)
    if not rows:
        raise ApiError("REQUIRED_FIELD_MISSING", "At least one record is required")


def _chunks(rows: list[Mapping[str, Any]]) -> None:
    """Refuse more than ten runs of the same type."""
    kinds = [str((row.get("attributes") or {}).get("type", "")).lower() for row in rows]
    runs = sum(1 for before, after in zip([None, *kinds], kinds, strict=False) if before != after)
    if runs > MOST_CHUNKS:
        raise ApiError("INVALID_INPUT", f"Too many chunks: {runs}; records of one type in a row make a chunk, "
                       f"at most {MOST_CHUNKS} are allowed")  # fmt: skip


def _type(row: Mapping[str, Any]) -> str:
    kind = (row.get("attributes") or {}).get("type")
    if not kind:
        raise ApiError("INVALID_FIELD", "attributes.type is required: it names the object of the record")
    return str(kind)


def _object(call: Call, name: str) -> Any:
    found = call.org.object(name, call.user)
    if found is None and (known := not_done_object(name)):
        raise not_done(f"the object {known}")
    # What a licence or a missing right hides is unknown to its user, as an object that is not there.
    if found is None or not call.user.may("read", found.name):
        raise ApiError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    return found


def _creator(call: Call, row: Mapping[str, Any], number: int, count: int) -> _Step:
    def step() -> dict[str, Any]:
        refuse(call.request.fault, _type(row), number, count, creating=True)
        saved = records.create(call, _object(call, _type(row)), row)
        return {"id": saved["Id"], "success": True, "errors": []}

    return step


def _updater(call: Call, row: Mapping[str, Any], number: int, count: int) -> _Step:
    def step() -> dict[str, Any]:
        refuse(call.request.fault, _type(row), number, count, creating=False)
        item = _object(call, _type(row))
        key = next((value for name, value in row.items() if name.lower() == "id"), None)
        if key is None:
            raise ApiError("MISSING_ARGUMENT", "Id not specified in an update call")
        rest = {name: value for name, value in row.items() if name.lower() != "id"}
        saved = records.update(call, item, records.by_id(call, item, key, write=True), rest)
        return {"id": saved["Id"], "success": True, "errors": []}

    return step


def _deleter(call: Call, key: str) -> _Step:
    def step() -> dict[str, Any]:
        entity = next((sobject for sobject in call.org.objects.values() if sobject.prefix == key[:3]), None)
        if entity is None:
            raise ApiError("MALFORMED_ID", f"bad id {key}")
        records.delete(call, entity, records.by_id(call, entity, key, write=True))
        return {"id": key, "success": True, "errors": []}

    return step


def _upserters(call: Call, name: str, field_name: str, rows: list[Mapping[str, Any]]) -> list[_Step]:
    entity = records.sobject(call, name)
    field = sobjects.key_field(entity, field_name)
    values = [next((value for key, value in row.items() if key.lower() == field.name.lower()), None) for row in rows]
    times = Counter(str(value).lower() for value in values if value is not None)

    def step(row: Mapping[str, Any], value: Any) -> dict[str, Any]:
        if value is not None and times[str(value).lower()] > 1:
            raise ApiError("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", fields=[field.name])
        if _type(row).lower() != entity.name.lower():
            raise ApiError("INVALID_TYPE", f"an upsert collection takes {entity.name} alone")
        if value is None and field.name != "Id":
            raise ApiError("MISSING_ARGUMENT", f"{field.name} not specified")
        rest = {key: item for key, item in row.items() if key.lower() != field.name.lower()}
        if field.name == "Id":
            if value is None:
                return {"id": records.create(call, entity, rest)["Id"], "success": True, "errors": [], "created": True}
            saved = records.update(call, entity, records.by_id(call, entity, value, write=True), rest)
            return {"id": saved["Id"], "success": True, "errors": [], "created": False}
        saved, new = sobjects.upsert(call, entity, field, value, rest)
        return {"id": saved["Id"], "success": True, "errors": [], "created": new}

    return [partial(step, row, value) for row, value in zip(rows, values, strict=True)]


def _run(call: Call, steps: list[_Step], *, all_or_none: bool) -> Reply:
    results: list[dict[str, Any]] = []
    try:
        with call.org.store.savepoint():
            results = [_one(call, step) for step in steps]
            if all_or_none and not all(result["success"] for result in results):
                raise _RolledBack
    except _RolledBack:
        rolled = {"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK", "message": _ROLLED_BACK, "fields": []}
        results = [result if not result["success"] else {"success": False, "errors": [rolled]} for result in results]
    return Reply(200, results)


def _one(call: Call, step: _Step) -> dict[str, Any]:
    try:
        with call.org.store.savepoint():
            return step()
    except ApiError as error:
        return {"success": False, "errors": [error.row()]}


def _read(call: Call, name: str, body: Any) -> Reply:
    entity = records.sobject(call, name)
    if call.request.method == "GET":
        keys, names = call.request.query.get("ids", "").split(","), call.request.query.get("fields", "").split(",")
    else:
        value = sobjects.mapping(body)
        keys, names = list(value.get("ids", ())), list(value.get("fields", ()))
    if not any(names):
        raise ApiError("MISSING_ARGUMENT", "fields: at least one field is required")
    if len(keys) > MOST_READ:
        raise ApiError("EXCEEDED_ID_LIMIT", f"at most {MOST_READ} records can be read in one call")
    found: list[Any] = []
    for key in keys:
        try:
            row = records.by_id(call, entity, key)
        except ApiError:
            found.append(None)
            continue
        found.append(None if row["IsDeleted"] else sobjects.shown(call, entity, row, names))
    return Reply(200, found)
