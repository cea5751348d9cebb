"""
Write: records packed into sObject Collections, and the results of each record.

In: writes in order.  Out: subrequests, and one `Written` for each write.
Rule of this file: the order is kept; a collection holds one operation on one object, at most 200 records, no record
and no external ID twice (every row that shares one would fail). What a row got is a value; a collection without
a usable answer leaves the whole call in doubt.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.salesforce.composite import MOST_SUBREQUESTS, Answer, Subrequest, api_name, checked_record_id
from connectors.salesforce.duplicates import DUPLICATES
from connectors.salesforce.errors import Unusable, doubt, fail, kind_of, problems, row_error
from processors.model.requests import RowError, Write, Written

MOST_ROWS = 200
ASSIGN = "Sforce-Auto-Assign"
"""Says whether assignment rules choose the owner, on create and on update; the org itself says TRUE (fact sheet A6)."""
_NEVER = frozenset({"id", "attributes"})


@dataclass(frozen=True, slots=True)
class Collection:
    """A run of writes of one operation on one object."""

    rows: tuple[Write, ...]

    def subrequest(self, headers: Mapping[str, str]) -> Subrequest:
        """Return how it is sent; IDs from outside stand in the body, or are checked first (delete)."""
        first, headers = self.rows[0], self.headers(headers)
        if first.operation == "delete":
            ids = ",".join(checked_record_id(row.record_id or "") for row in self.rows)
            return Subrequest("DELETE", f"composite/sobjects?ids={ids}&allOrNone=false", headers=headers)
        body = {"allOrNone": False, "records": [_body(row) for row in self.rows]}
        if first.operation == "update":
            return Subrequest("PATCH", "composite/sobjects", body, headers)
        # A create is an insert, with or without a key: an upsert would write onto the record that has the key already.
        return Subrequest("POST", "composite/sobjects", body, headers)

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return *headers* with what these rows say of the org's duplicate and assignment rules."""
        first = self.rows[0]
        own = {DUPLICATES: "allowSave=true"} if first.allow_duplicates else {}
        return {**headers, **own, **({ASSIGN: "TRUE"} if first.assign else {})}

    def parts(self) -> list["Collection"]:
        """Return it in as many parts as one call takes."""
        size = math.ceil(len(self.rows) / MOST_SUBREQUESTS)
        return [Collection(self.rows[start : start + size]) for start in range(0, len(self.rows), size)]


def spoilt(written: Sequence[Written]) -> bool:
    """Return whether one row's value may have refused all of them: the org could not read the collection at all."""
    return len(written) > 1 and all(item.errors and item.errors[0].code == "JSON_PARSER_ERROR" for item in written)


def collections_of(writes: Sequence[Write]) -> list[Collection]:
    """Return the collections of one call, in order. Raises ValueError where they are more than one call takes."""
    packed = _packed(writes)
    if len(packed) > MOST_SUBREQUESTS:
        raise ValueError(f"{len(writes)} writes need {len(packed)} collections; one call takes {MOST_SUBREQUESTS}")
    return packed


def packed_calls(writes: Sequence[Write]) -> list[list[Collection]]:
    """Return the collections in order, in as many calls as they take."""
    packed = _packed(writes)
    return [packed[start : start + MOST_SUBREQUESTS] for start in range(0, len(packed), MOST_SUBREQUESTS)]


def _packed(writes: Sequence[Write]) -> list[Collection]:
    packed: list[list[Write]] = []
    seen: set[str] = set()
    for write in writes:
        name = _name(write)
        last = packed[-1] if packed else None
        if last is None or _run(last[0]) != _run(write) or len(last) >= MOST_ROWS or (name and name in seen):
            packed.append(last := [])
            seen = set()
        last.append(write)
        seen.add(name)
    return [Collection(tuple(rows)) for rows in packed]


def _run(write: Write) -> tuple[str, str, bool, bool, int]:
    return write.operation, write.object, write.allow_duplicates, write.assign, write.collection


def _name(write: Write) -> str:
    """Return what may stand only once in a collection: the record (15 significant characters), or the external ID."""
    if write.operation != "create":
        return (write.record_id or "")[:15]
    return write.external[1].lower() if write.external else ""


def _body(write: Write) -> dict[str, Any]:
    for field, value in write.fields.items():
        # An event's field named `attributes` or `Id` must not choose what is written (S10).
        if api_name(field).lower() in _NEVER or (write.external and field.lower() == write.external[0].lower()):
            raise ValueError(f"{write.object}.{field} cannot be written as a field")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{write.object}.{field} is not a number that can be written")
    body: dict[str, Any] = {"attributes": {"type": api_name(write.object)}, **write.fields}
    if write.operation == "update":
        body["id"] = checked_record_id(write.record_id or "")
    elif write.external is not None:
        body[write.external[0]] = write.external[1]
    return body


def write_results(collections: Sequence[Collection], answers: Sequence[Answer]) -> list[Written]:
    """
    Return what each write got, in order.

    Raises `OrgDown` or `Transient` where nothing of the call was applied, `InDoubt` where a collection may have been.
    """
    if answers and all(answer.status != 200 for answer in answers):
        kinds = {_kind(answer) for answer in answers}
        if kinds <= {"org", "transient", "lock", "smaller"}:
            fail(answers[0].status, answers[0].body, write=True, what="write")
    return [row for pair in zip(collections, answers, strict=True) for row in _rows(*pair)]


def _kind(answer: Answer) -> str:
    found = problems(answer.body)
    if not found:
        return kind_of("", answer.status)
    return kind_of(found[0].code, 400 if answer.status == 404 else answer.status, found[0].message)


def _rows(collection: Collection, answer: Answer) -> list[Written]:
    if answer.status != 200:
        if _kind(answer) == "doubt" or not problems(answer.body):
            doubt(
                f"a collection of {collection.rows[0].object} got HTTP {answer.status}",
                code=str(answer.status),
                write=True,
            )
        errors = problems(answer.body)
        return [Written(success=False, id=row.record_id, errors=errors) for row in collection.rows]
    if not isinstance(answer.body, list) or len(answer.body) != len(collection.rows):
        raise Unusable("the answer of a collection has not one result for each record")
    return [_written(row, result) for row, result in zip(collection.rows, answer.body, strict=True)]


def _written(write: Write, result: Any) -> Written:
    if not isinstance(result, Mapping) or not isinstance(result.get("success"), bool):
        raise Unusable("a result of a collection does not say whether it succeeded")
    record = result.get("id") or write.record_id
    if not result["success"]:
        errors = tuple(row_error(item) for item in result.get("errors") or () if isinstance(item, Mapping))
        return Written(False, record, errors=errors or (RowError("UNKNOWN", "refused without a reason"),))
    if not isinstance(record, str):
        raise Unusable("a result of a collection names no record")
    created = write.operation == "create"
    return Written(True, record, created=created)


def alone(write: Write, headers: Mapping[str, str]) -> Subrequest:
    """Return the write of one record by itself, whose refusal names what the rule found, with the records' fields."""
    headers = Collection((write,)).headers(headers)
    save = headers.get(DUPLICATES, "allowSave=false")
    headers = {**headers, DUPLICATES: f"{save}; includeRecordDetails=true"}
    fields = {name: value for name, value in _body(write).items() if name not in ("attributes", "id")}
    path = f"sobjects/{api_name(write.object)}"
    if write.operation == "update":
        return Subrequest("PATCH", f"{path}/{checked_record_id(write.record_id or '')}", fields, headers)
    return Subrequest("POST", path, fields, headers)


def saved_id(write: Write, answer: Answer) -> str | None:
    """Return the ID of the record where it was saved after all: the duplicates are gone since."""
    if answer.status in (200, 204) and write.operation == "update":
        return write.record_id
    made = answer.body.get("id") if isinstance(answer.body, Mapping) else None
    return str(made) if answer.status == 201 and made else None
