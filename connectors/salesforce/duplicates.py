"""
Duplicates: which records a duplicate rule found, as an error of the org tells them.

In: one error in REST's shape.  Out: the records and the rule.  Pure.
Rule of this file: a single record's refusal tells them, under the key `duplicateResut` (so misspelt) or
`duplicateResult`; a collection's refusal does not (fact sheet A5), so the record is sent once more by itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from processors.model.record import Record

DUPLICATES = "Sforce-Duplicate-Rule-Header"
"""Says for a whole (sub)request that records which a duplicate rule warns of are saved (fact sheet D)."""
_KEYS = ("duplicateResut", "duplicateResult")


def duplicates_of(item: Mapping[str, Any]) -> tuple[tuple[Record, ...], str]:
    """Return the records that the error names, each once, and the duplicate rule; empty where it has none."""
    result: Mapping[str, Any] = next((item[key] for key in _KEYS if isinstance(item.get(key), Mapping)), {})
    found: dict[str, Record] = {}
    for match in _list(result.get("matchResults")):
        for row in _list(match.get("matchRecords")):
            record = row.get("record")
            if isinstance(record, Mapping) and isinstance(record.get("Id"), str):
                found[record["Id"]] = _record(record, str(match.get("entityType") or ""))
    return tuple(found.values()), str(result.get("duplicateRule") or "")


def _list(value: Any) -> Sequence[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _record(record: Mapping[str, Any], entity: str) -> Record:
    kind = (record.get("attributes") or {}).get("type")
    fields = {name: value for name, value in record.items() if name != "attributes" and not isinstance(value, Mapping)}
    return Record(str(kind or entity), str(record["Id"]), fields)
