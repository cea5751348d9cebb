"""
Field clocks: which event wrote each field of a record last, when, and what stood there before.

In: steps as they were written.  Out: JSON of the ledger's table `field_clock`, one object by API field for each record.
Rule of this file: nothing else knows that form; times are text of one length, so that they compare as they are written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

import orjson

from schemas.values import Scalar

Fields: TypeAlias = Mapping[str, Mapping[str, Any]]
"""What is kept of one record, by API field, as plain values."""


@dataclass(frozen=True, slots=True)
class Clock:
    """
    What is kept of one field. `at` is the event's time (UTC, clamped where it was ahead of ours).

    `command` is the ID of the outcome that tells of the write; `source` is the mapping that the value came from.
    `seen` and `seen_event` belong to a later event that found the value there already: it wrote nothing, but no older
    event may overwrite it. Where we never wrote the field, `at` is empty.
    """

    at: str = ""
    event: str = ""
    command: str = ""
    integration: str = ""
    contract: str = ""
    rules: tuple[str, ...] = ()
    value: Scalar = None
    before: Scalar = None
    source: str | None = None
    seen: str = ""
    seen_event: str = ""

    @property
    def latest(self) -> str:
        """The time of the newest event that said what the field holds."""
        return max(self.at, self.seen)


def clock_of(fields: Fields, name: str) -> Clock | None:
    """Return what is kept of one field, or None."""
    found = fields.get(name)
    if found is None:
        return None
    known = {one: found[one] for one in Clock.__dataclass_fields__ if found.get(one) is not None}
    return Clock(**{**known, "rules": tuple(known.get("rules", ()))})


def written(clock: Clock) -> dict[str, Any]:
    """Return the plain value of a field that was written; a NUL, which no database takes as text, is left out."""
    plain: dict[str, Any] = {
        name: _text(getattr(clock, name)) for name in Clock.__dataclass_fields__ if name not in ("seen", "seen_event")
    }
    return plain


def _text(value: Any) -> Any:
    return value.replace("\0", "") if isinstance(value, str) else value


def stamp(moment: datetime) -> str:
    """Return a moment in UTC as text that sorts as time does."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def fields_to_json(fields: Fields) -> bytes:
    """Return one record's fields as the ledger keeps them."""
    return orjson.dumps(fields)


def fields_from_json(data: bytes) -> Fields:
    """Return one record's fields that the ledger kept."""
    found: Fields = orjson.loads(data)
    return found
