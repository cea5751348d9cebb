"""
Noun: the log of effects: what happened to records, by whom, in which request.

In: rows before and after. Out: one entry an effect.
Rule of this file: an effect is told where it is saved, and undone with it; a verifier trusts this log alone.
"""

from collections.abc import Mapping
from typing import Any

from simulator.call import Call
from simulator.catalogue import ObjectDef

_AUDIT = ("LastModifiedDate", "LastModifiedById", "SystemModstamp", "CreatedDate", "CreatedById", "IsDeleted", "Id")


def tell(call: Call, kind: str, entity: ObjectDef, row: Mapping[str, Any], before: Mapping[str, Any] | None) -> None:
    """Add an effect: *kind* is create, update, delete or convert."""
    old = before or {}
    # The whole of an address says nothing beyond its parts.
    changed = [
        name
        for name, value in row.items()
        if name not in _AUDIT and old.get(name) != value and not isinstance(value or old.get(name), dict)
    ]
    call.org.store.effects.append({
        "time": call.org.now(),
        "kind": kind,
        "object": entity.name,
        "id": row["Id"],
        "external_ids": {key.name: row[key.name] for key in entity.keys if key.external_id and row.get(key.name)},
        "before": {name: old.get(name) for name in changed} if before is not None else None,
        "after": {name: row[name] for name in changed},
        "request": call.seq,
        "user": call.user.username,
    })  # fmt: skip
