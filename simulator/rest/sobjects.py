"""
Noun: the resource of single records.

In: a call on /sobjects/X…. Out: its answer.
Rule of this file: the shapes of HTTP; the writing itself is done by `simulator.records`.
Source: fact sheet A3.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from simulator import fields, records
from simulator.call import Call, Reply
from simulator.catalogue import ObjectDef
from simulator.errors import ApiError
from simulator.fielddef import FieldDef
from simulator.soql import ids as soql_ids
from simulator.store import Row


def shown(call: Call, entity: ObjectDef, row: Row, names: list[str] | None = None) -> dict[str, Any]:
    """Return a record as the API shows it."""
    body: dict[str, Any] = {
        "attributes": {"type": entity.name, "url": f"{call.base}/sobjects/{entity.name}/{row['Id']}"}
    }
    chosen = [_field(entity, name) for name in names] if names is not None else list(entity.fields.values())
    for field in chosen:
        body[field.name] = row.get(field.name)
    return body


def _field(entity: ObjectDef, name: str) -> FieldDef:
    found = entity.fields.get(name.strip().lower())
    if found is None:
        raise fields.no_column(entity, name.strip())
    return found


def create(call: Call, entity: ObjectDef, body: Any) -> Reply:
    """POST /sobjects/X."""
    row = records.create(call, entity, mapping(body))
    return created(call, entity, row)


def created(call: Call, entity: ObjectDef, row: Row, **more: Any) -> Reply:
    """Return the answer to a create."""
    where = {"Location": f"{call.base}/sobjects/{entity.name}/{row['Id']}"}
    return Reply(201, {"id": row["Id"], "success": True, "errors": [], **more}, where)


def mapping(body: Any) -> Mapping[str, Any]:
    """Return the body where it is a JSON object."""
    if not isinstance(body, dict):
        raise ApiError("JSON_PARSER_ERROR", "The HTTP entity body is required, and must be a JSON object")
    return body


def one_record(call: Call, entity: ObjectDef, record_id: str, body: Any) -> Reply:
    """GET, PATCH, DELETE /sobjects/X/{id}."""
    method = call.request.method
    if method in ("GET", "HEAD"):
        row = records.by_id(call, entity, record_id)
        if row["IsDeleted"]:
            raise ApiError("ENTITY_IS_DELETED", "entity is deleted", status=404)
        tag = _tag(entity, row)
        if (unchanged := condition(call, row["SystemModstamp"], tag)) is not None:
            return unchanged
        names = call.request.query.get("fields")
        when = {"Last-Modified": format_datetime(row["SystemModstamp"], usegmt=True), **({"ETag": tag} if tag else {})}
        return Reply(200, shown(call, entity, row, names.split(",") if names else None), when)
    if method == "PATCH":
        row = records.by_id(call, entity, record_id, write=True)
        if (stale := condition(call, row["SystemModstamp"], _tag(entity, row))) is not None:
            return stale
        records.update(call, entity, row, mapping(body))
        return Reply(204)
    if method == "DELETE":
        records.delete(call, entity, records.by_id(call, entity, record_id, write=True))
        return Reply(204)
    raise not_allowed(call)


def _tag(entity: ObjectDef, row: Row) -> str:
    """Return the ETag of a record: accounts alone have one (fact sheet A6)."""
    # What it holds, too: a stamp has whole seconds.
    text = f"{row['Id']} {sorted((name, str(value)) for name, value in row.items())}"
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"' if entity.name == "Account" else ""


def _names(header: str | None, tag: str) -> bool:
    return header is not None and (header.strip() == "*" or tag in [part.strip() for part in header.split(",")])


def condition(call: Call, modified: datetime, tag: str = "") -> Reply | None:
    """Return 304 or 412 where a conditional header says so (one second granularity, fact sheet A6)."""
    modified = modified.replace(microsecond=0)
    if tag and call.request.method in ("GET", "HEAD") and _names(call.headers.get("if-none-match"), tag):
        return Reply(304, None, {"ETag": tag, "Last-Modified": format_datetime(modified, usegmt=True)})
    if tag and "if-match" in call.headers and not _names(call.headers["if-match"], tag):
        return _stale()
    since, unless = (call.headers.get(name) for name in ("if-modified-since", "if-unmodified-since"))
    try:
        if since and call.request.method in ("GET", "HEAD") and modified <= parsedate_to_datetime(since):
            return Reply(304, None, {"Last-Modified": format_datetime(modified, usegmt=True)})
        if unless and modified > parsedate_to_datetime(unless):
            return _stale()
    except (ValueError, TypeError):
        return None
    return None


def _stale() -> Reply:
    return Reply(412, [{"errorCode": "PRECONDITION_FAILED", "message": "The record was modified since."}])


def not_allowed(call: Call) -> ApiError:
    """The method is not known here."""
    text = f"HTTP Method '{call.request.method}' not allowed. Allowed are GET,POST,PATCH,DELETE"
    return ApiError("METHOD_NOT_ALLOWED", text, status=405)


def key_field(entity: ObjectDef, name: str) -> FieldDef:
    """Return the field that may name a record. Raises NOT_FOUND."""
    found = entity.fields.get(name.lower())
    if found is None or not (found.external_id or found.id_lookup):
        text = f"Provided external ID field does not exist or is not accessible: {name}"
        raise ApiError("NOT_FOUND", text, status=404)
    return found


def by_key(call: Call, entity: ObjectDef, name: str, value: str, body: Any) -> Reply:
    """GET, PATCH, DELETE /sobjects/X/Field/value, POST /sobjects/X/Id."""
    field = key_field(entity, name)
    if field.name == "Id":
        if call.request.method == "POST" or not value:
            return create(call, entity, body)
        return one_record(call, entity, value, body)
    found = matches(call, entity, field, value)
    if len(found) > 1:
        return Reply(300, [f"{call.base}/sobjects/{entity.name}/{row['Id']}" for row in found])
    if call.request.method in ("PATCH", "POST"):
        row, new = upsert(call, entity, field, value, mapping(body), only_update=_flag(call, "updateOnly"))
        if new:
            return created(call, entity, row, created=True)
        if float(call.version) < 46:
            return Reply(204)
        return Reply(200, {"id": row["Id"], "success": True, "errors": [], "created": False})
    if not found:
        raise ApiError("NOT_FOUND", "The requested resource does not exist", status=404)
    return one_record(call, entity, found[0]["Id"], body)


def _flag(call: Call, name: str) -> bool:
    return call.request.query.get(name, "").lower() == "true"


def matches(call: Call, entity: ObjectDef, field: FieldDef, value: Any) -> list[Row]:
    """Return the living records whose key *field* is *value*."""
    if field.name == "Id":
        row = call.org.store.get(entity.name, soql_ids.long_id(str(value)) or "")
        return [row] if row is not None and not row["IsDeleted"] else []
    if value in (None, ""):
        return []
    return [row for row in call.org.store.find(entity.name, field.name, value) if call.user.sees(entity.name, row)]


def upsert(
    call: Call, entity: ObjectDef, field: FieldDef, value: Any, body: Mapping[str, Any], *, only_update: bool = False
) -> tuple[Row, bool]:
    """Save the record that *field* = *value* names; return it and whether it is new."""
    found = matches(call, entity, field, value)
    if len(found) > 1:
        raise fields.several(field, found)
    rest = {name: item for name, item in body.items() if name.lower() != field.name.lower()}
    if any(name.lower() == field.name.lower() for name in body) and str(body.get(field.name, value)) != str(value):
        text = f"The {field.name} field should not be specified in the sobject data."
        raise ApiError("INVALID_FIELD", text, fields=[field.name])
    if found:
        return records.update(call, entity, found[0], rest), False
    if only_update:
        raise ApiError("NOT_FOUND", "The requested resource does not exist", status=404)
    return records.create(call, entity, {**rest, field.name: value}), True
