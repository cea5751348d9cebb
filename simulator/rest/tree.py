"""
Noun: composite/tree: records and their children, created at once.

In: up to 200 nested records. Out: an ID for each reference, or the failures; all or none.
Rule of this file: create only; at most 5 levels and 5 objects.
Source: fact sheet A7.
"""

from collections.abc import Mapping
from typing import Any

from simulator import records
from simulator.call import Call, Reply
from simulator.errors import ApiError
from simulator.rest import sobjects

MOST, DEEPEST, MOST_KINDS = 200, 5, 5


class _RolledBack(Exception):
    """A record of the tree failed."""


def handle(call: Call, name: str, body: Any) -> Reply:
    """Answer POST /composite/tree/X."""
    rows = sobjects.mapping(body).get("records")
    if not isinstance(rows, list) or not rows:
        raise ApiError("JSON_PARSER_ERROR", "records: an array of objects is required")
    found: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    kinds: set[str] = set()
    try:
        with call.org.store.savepoint():
            for row in rows:
                _create(call, name, row, {}, 1, found, failed, kinds)
            if failed:
                raise _RolledBack
    except _RolledBack:
        return Reply(400, {"hasErrors": True, "results": failed})
    return Reply(201, {"hasErrors": False, "results": found})


def _create(
    call: Call, name: str, row: Mapping[str, Any], parent: Mapping[str, Any], level: int,
    found: list[dict[str, Any]], failed: list[dict[str, Any]], kinds: set[str],
) -> None:  # fmt: skip
    entity = records.sobject(call, name)
    kinds.add(entity.name)
    if level > DEEPEST or len(kinds) > MOST_KINDS or len(found) + len(failed) >= MOST:
        raise ApiError("INVALID_INPUT", f"A tree takes {MOST} records, {DEEPEST} levels, {MOST_KINDS} objects")
    children = {key: value["records"] for key, value in row.items() if isinstance(value, dict) and "records" in value}
    reference = (row.get("attributes") or {}).get("referenceId")
    if not reference:
        raise ApiError("INVALID_INPUT", "attributes.referenceId is required")
    try:
        saved = records.create(call, entity, {**{k: v for k, v in row.items() if k not in children}, **parent})
    except ApiError as error:
        failed.append({"referenceId": reference, "errors": [error.row()]})
        return
    found.append({"referenceId": reference, "id": saved["Id"]})
    for key, rows in children.items():
        child = entity.child_relationships.get(key.lower())
        if child is None:
            raise ApiError("INVALID_FIELD", f"{entity.name} has no child relationship {key}")
        for item in rows:
            _create(call, child[0], item, {child[1]: saved["Id"]}, level + 1, found, failed, kinds)
