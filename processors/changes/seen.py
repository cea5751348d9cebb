"""
What was last seen of a record: values before, and how far each integration was told.

In: bytes of the compacted topic.  Out: `Seen` values, and back.
Rule of this file: names and types alone; pure. What is read here was written by an older version too: a name that is
missing has its empty value.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from schemas.values import Scalar


@dataclass(frozen=True, slots=True)
class Seen:
    """
    A record as it was last read. `values` are the org's own, by field, of those that somebody maps or filters by.

    `told` holds every integration that was told of it: True while it is up to date, False where the record has left
    its filters since. `marks` are the events of our own writes that were taken into account, by field. `edits` counts
    the states that were read under the stamp after the first: an org stamps to the second.
    """

    changed: datetime
    deleted: bool = False
    values: Mapping[str, Scalar] = field(default_factory=dict)
    told: Mapping[str, bool] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)
    edits: int = 0

    def to_bytes(self) -> bytes:
        """Return it as the topic keeps it."""
        value: dict[str, Any] = {"changed": self.changed.isoformat()}
        value |= {"deleted": True} if self.deleted else {}
        value |= {"edits": self.edits} if self.edits else {}
        parts = {"values": self.values, "told": self.told, "marks": self.marks}
        return orjson.dumps(value | {name: dict(part) for name, part in parts.items() if part})

    @classmethod
    def from_bytes(cls, data: bytes) -> "Seen":
        """Return what `to_bytes` wrote."""
        value = orjson.loads(data)
        changed = datetime.fromisoformat(value["changed"]).astimezone(UTC)
        parts = {name: value.get(name, {}) for name in ("values", "told", "marks")}
        return cls(changed, bool(value.get("deleted")), **parts, edits=int(value.get("edits", 0)))
