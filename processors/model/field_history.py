"""
Field history: which event wrote each field of a record last, when, and what stood there before.

In: steps as they were written.  Out: JSON of the ledger's table `field_clock`, an object by API field for each record.
Rule of this file: nothing else knows that form; times are text of one length, so that they compare as they are written.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeAlias

import orjson

from schemas.values import Scalar

Fields: TypeAlias = Mapping[str, Mapping[str, Any]]
"""What is kept of one record, by API field, as plain values."""


@dataclass(frozen=True, slots=True)
class LastWrite:
    """
    What is kept of one field that we wrote. `at` is the event's time (UTC, clamped where it was ahead of ours).

    `command` is the ID of the outcome that tells of the write; `source` is the mapping that the value came from.
    """

    at: str
    event: str
    command: str = ""
    integration: str = ""
    contract: str = ""
    rules: tuple[str, ...] = ()
    value: Scalar = None
    before: Scalar = None
    source: str | None = None


ORDER = "order"
"""In an entry of an event whose time is that of its receipt: the time that counts in its place, empty for none."""
_SEEN = "seen:"
"""Before a field's name: a later event that found its value there already. It wrote nothing, but it is the newest."""


def last_write_of(fields: Fields, name: str) -> LastWrite | None:
    """Return what is kept of the last write of a field, or None where we never wrote it."""
    found = fields.get(name)
    if found is None:
        return None
    known = {key: found[key] for key in _NAMES if found.get(key) is not None}
    return LastWrite(**{**known, "rules": tuple(known.get("rules", ()))})


def latest_events(fields: Fields, name: str) -> tuple[str, frozenset[str]]:
    """Return when it was last said what a field holds (empty: never), and the IDs of the events that said it then."""
    found = [fields[key] for key in (name, _SEEN + name) if key in fields]
    latest = max((str(row.get(ORDER, row["at"])) for row in found), default="")
    return latest, frozenset(str(row["event"]) for row in found)


def confirmed(fields: Fields, name: str) -> dict[str, str] | None:
    """Return the event (`event`, `at`) that found the field's value there after it was written, or None."""
    found, clock = fields.get(_SEEN + name), fields.get(name, {})
    if found is None or str(found["at"]) < str(clock.get("at", "")):
        return None
    return {"event": str(found["event"]), "at": str(found["at"])}


def written_entry(name: str, clock: LastWrite) -> dict[str, dict[str, Any]]:
    """Return the plain entry of a field that was written."""
    return entries(clock, ((name, clock.value, clock.before, clock.source),))


def entries(event: LastWrite, values: Iterable[tuple[str, Scalar, Scalar, str | None]]) -> dict[str, dict[str, Any]]:
    """
    Return the plain entries of the fields that one event wrote: name, value, value before, mapping.

    A NUL, which no database takes as text, is left out.
    """
    common = {
        "at": event.at,
        "event": _text(event.event),
        "command": event.command,
        "integration": event.integration,
        "contract": event.contract,
        "rules": event.rules,
    }
    return {
        name: {**common, "value": _text(value), "before": _text(before), "source": source}
        for name, value, before, source in values
    }


def with_order(made: Mapping[str, Mapping[str, Any]], before: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """
    Return entries of an event whose time is that of its receipt: it proves no order, and they take the one *before*.

    Args:
        before: When it was last said what a field holds, by field; one that is not named has no time.
    """
    return {name: {**row, ORDER: before.get(name, "")} for name, row in made.items()}


def seen(name: str, at: str, event: str) -> dict[str, dict[str, Any]]:
    """Return the plain entry of a field that held already what an event says."""
    return {_SEEN + name: {"at": at, "event": _text(event)}}


def written_fields(fields: Fields) -> tuple[str, ...]:
    """Return the names of the fields that we wrote."""
    return tuple(name for name in fields if not name.startswith(_SEEN))


def restricted_to(fields: Fields, names: Container[str]) -> Fields:
    """Return what is kept of these fields alone."""
    return {name: field for name, field in fields.items() if name.removeprefix(_SEEN) in names}


def _text(value: Any) -> Any:
    return value.replace("\0", "") if isinstance(value, str) and "\0" in value else value


@lru_cache(4096)
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


_NAMES = tuple(LastWrite.__dataclass_fields__)
