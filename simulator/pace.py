"""
Noun: how long an answer takes.

In: calls and records. Out: seconds.
Rule of this file: pure arithmetic; who waits is the server's business.
Source: fact sheet I (`published`: the 350 records/s that a peer measured on a real org with 10 calls in flight).
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Pace:
    """*base* seconds a call, *record* seconds a record written, at most *in_flight* calls at once (0: any number)."""

    base: float = 0.0
    record: float = 0.0
    in_flight: int = 0
    name: str = "instant"

    def seconds(self, records: int) -> float:
        """Return how long a call that wrote *records* takes."""
        return self.base + self.record * records

    @classmethod
    def of(cls, value: Any) -> "Pace":
        """Return the pace of a name, of seconds (a fixed answer time), or of a mapping. Raises ValueError."""
        if isinstance(value, str) and value in MODELS:
            return MODELS[value]
        if isinstance(value, int | float) and value >= 0:
            return cls(float(value), name="fixed")
        if isinstance(value, dict) and not set(value) - {"base", "record", "in_flight"}:
            base, record = float(value.get("base", 0)), float(value.get("record", 0))
            return cls(base, record, int(value.get("in_flight", 0)), "own")
        raise ValueError(f"pace {value!r}: one of {', '.join(MODELS)}, seconds, or base, record and in_flight")


MODELS = {
    "instant": Pace(),
    "fast": Pace(0.120, 0.002, 0, "fast"),
    "published": Pace(0.120, 0.028, 10, "published"),
}
