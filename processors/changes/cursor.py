"""
How far an org's changes were read: the cursor that travels in one transaction with the changes.

In: bytes of the compacted topic.  Out: `Cursor` values, and back.
Rule of this file: frozen values; how they move is in `plan.py`. Its size does not grow with the number of records.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from processors.changes.ports import FeedPosition


@dataclass(frozen=True, slots=True)
class Reading:
    """
    How far one object was read. `high` is the furthest position so far; `at` is behind it while the overlap is read
    again (`sweeping`), which took `pages` pages so far and is due again at `next_sweep` (seconds since the epoch).
    """

    at: FeedPosition
    high: FeedPosition
    sweeping: bool = True
    pages: int = 0
    next_sweep: float = 0.0


@dataclass(frozen=True, slots=True)
class Load:
    """How far the history of one object was read for one integration; `at` None: not begun."""

    at: FeedPosition | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """
    All of one org: `objects` by name; by `<integration>/<object>` its activation (`started`) and its history.

    `unfinished`: how far the slow look of `look_back.py` came, for each object that it has not finished; it begins
    anew at `next_look` (seconds since the epoch; 0: not planned yet).
    """

    objects: Mapping[str, Reading] = field(default_factory=dict)
    started: Mapping[str, datetime] = field(default_factory=dict)
    loads: Mapping[str, Load] = field(default_factory=dict)
    unfinished: Mapping[str, FeedPosition] = field(default_factory=dict)
    next_look: float = 0.0

    def to_bytes(self) -> bytes:
        """Return it as the topic keeps it."""
        value = {
            "objects": {
                name: {
                    "at": _pair(sobject.at),
                    "high": _pair(sobject.high),
                    "sweeping": sobject.sweeping,
                    "pages": sobject.pages,
                    "next_sweep": sobject.next_sweep,
                }
                for name, sobject in self.objects.items()
            },
            "started": {name: moment.isoformat() for name, moment in self.started.items()},
            "loads": {
                name: {"at": None if load.at is None else _pair(load.at), "done": load.done}
                for name, load in self.loads.items()
            },
            "unfinished": {name: _pair(feed_position) for name, feed_position in self.unfinished.items()},
            "next_look": self.next_look,
        }
        return orjson.dumps(value)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Cursor":
        """Return what `to_bytes` wrote."""
        value: dict[str, Any] = orjson.loads(data)
        return cls(
            {
                name: Reading(**{**item, "at": _position(item["at"]), "high": _position(item["high"])})
                for name, item in value["objects"].items()
            },
            {name: _moment(text) for name, text in value["started"].items()},
            {
                name: Load(None if item["at"] is None else _position(item["at"]), item["done"])
                for name, item in value["loads"].items()
            },
            {name: _position(pair) for name, pair in value.get("unfinished", {}).items()},
            value.get("next_look", 0.0),
        )


def _pair(position: FeedPosition) -> tuple[str, str]:
    return position.at.isoformat(), position.id


def _position(pair: list[str]) -> FeedPosition:
    return FeedPosition(_moment(pair[0]), pair[1])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
