"""
Bounds: how long, how many, how large and how late what an event holds may be.

In: a value of a source's contract, as it is read or about to be written.  Out: nothing; `Misfit` names the field.
Rule of this file: pure; what passes here can be stored whole by every database, encoded in JSON and sent to Salesforce,
so that nothing behind the door has to cut it. docs/publishers.md shows the table; docs/decisions/0091 says why.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from schemas.checks import Check, Misfit, check_items
from schemas.topics import SOURCES

ID_CHARACTERS = 200
"""Of an ID, and of a name of a value (`fields`, `answers`): also the width of the columns that keep IDs."""
LINE_CHARACTERS = 2_000
"""Of a name, an e-mail address, a number, a word or an address on the web."""
TEXT_CHARACTERS = 131_072
"""Of a text (notes, descriptions, values of `fields` and `answers`): the longest text that Salesforce holds."""
LIST_ITEMS = 200
"""Of a list of numbers or guests."""
MAP_VALUES = 1_000
"""Of `fields` and `answers`, and of the items of a list among their values."""
EVENT_BYTES = 400_000
"""Of a whole event as Avro writes it: with its mapped fields, its command stays below Kafka's limit of 1 MB."""
FIRST_MOMENT = datetime(1900, 1, 1, tzinfo=UTC)
LAST_MOMENT = datetime(2200, 1, 1, tzinfo=UTC)
"""Moments are from the first one on and before the last one: both databases and Salesforce hold them."""
_FIRST_MILLIS, _LAST_MILLIS = (int(moment.timestamp()) * 1000 for moment in (FIRST_MOMENT, LAST_MOMENT))
LONGEST_SECONDS = 366 * 86_400.0
"""Of a duration: a year."""
DEPTH = 6
"""Levels of records, lists and maps in a contract; JSON that is nested deeper is no event."""

BOUNDED = frozenset(SOURCES.values())
"""The contracts that sources write."""
IDS = frozenset(
    {
        *("event_id", "call_id", "booking_id", "prospect_id", "record_id", "activity_id", "action_id", "attendee_id"),
        *("previous_booking", "merged_into", "about", "salesforce_id", "user_id", "leg", "to_leg", "object"),
        *("workspace", "project", "network", "integration"),
    }
)
"""Fields that hold an ID, or a name that settings know."""
TEXTS = frozenset({"description", "notes", "cancel_reason"})
"""Fields that hold texts of many lines."""
DURATIONS = frozenset({"duration", "talk"})


def check_size(data: bytes) -> None:
    """Raise `Misfit` where the bytes of an event are too many to be read."""
    if len(data) > EVENT_BYTES:
        raise Misfit(f"{len(data):,} bytes, more than the {EVENT_BYTES:,} of an event")


def compile_bounds(schema: Any, name: str = "", names: dict[str, Check] | None = None) -> Check:
    """Return the check of a parsed schema; *name* is the field that it is of, *names* the named types met so far."""
    names = {} if names is None else names
    if isinstance(schema, list):
        return _union([(part, compile_bounds(part, name, names)) for part in schema])
    if isinstance(schema, str):
        return names.get(schema) or _primitive(schema, name)
    if schema.get("logicalType") == "timestamp-millis":
        return _moment
    kind = schema["type"]
    if kind == "record":
        parts = {part["name"]: compile_bounds(part["type"], part["name"], names) for part in schema["fields"]}
        names[schema["name"]] = check = _record(parts)
        return check
    if kind == "enum":
        names[schema["name"]] = _anything
        return _anything
    if kind == "array":
        return _array(compile_bounds(schema["items"], name, names), MAP_VALUES if name == _VALUE else LIST_ITEMS)
    if kind == "map":
        return _map(compile_bounds(schema["values"], _VALUE, names))
    return _primitive(kind, name)


_VALUE = "a value"
"""What values of a map are called here: texts of the source's own, of any kind."""


def _record(parts: Mapping[str, Check]) -> Check:
    bounded = [(name, check) for name, check in parts.items() if check is not _anything]

    def check(value: Any) -> None:
        name = ""
        try:
            for name, part in bounded:
                if (found := value.get(name)) is not None:
                    part(found)
        except Misfit as misfit:
            misfit.path.append(name)
            raise

    return check


def _array(item: Check, most: int) -> Check:
    def check(value: Any) -> None:
        if len(value) > most:
            raise Misfit(f"{len(value):,} items, more than {most:,}")
        check_items(value, item)

    return check


def _map(item: Check) -> Check:
    named = _text(ID_CHARACTERS, "a name")

    def check(value: Any) -> None:
        if len(value) > MAP_VALUES:
            raise Misfit(f"{len(value):,} values, more than {MAP_VALUES:,}")
        for name, part in value.items():
            named(name)
            try:
                if part is not None:
                    item(part)
            except Misfit as misfit:
                misfit.path.append(name)
                raise

    return check


def _union(branches: list[tuple[Any, Check]]) -> Check:
    """Return the check of a union; which branch a value is of follows from its type."""
    checks = [check for _, check in branches if check is not _anything]
    if len(checks) <= 1:
        return checks[0] if checks else _anything
    by_type: dict[type, Check] = {}
    for schema, branch in branches:
        for kind in _TYPES.get(schema if isinstance(schema, str) else schema["type"], (dict,)):
            by_type[kind] = branch

    def check(value: Any) -> None:
        by_type.get(type(value), _anything)(value)

    return check


_TYPES: Mapping[str, tuple[type, ...]] = {
    "null": (type(None),),
    "boolean": (bool,),
    "int": (int,),
    "long": (int,),
    "double": (float,),
    "string": (str,),
    "array": (list, tuple),
}


def _primitive(kind: str, name: str) -> Check:
    if kind == "string":
        if name in IDS:
            return _text(ID_CHARACTERS)
        return _text(TEXT_CHARACTERS if name in TEXTS or name == _VALUE else LINE_CHARACTERS)
    if kind == "double":
        return _seconds if name in DURATIONS else _number
    return _anything


def _anything(_value: Any) -> None:
    """Whole numbers, words of an enum, true and false are bounded by Avro itself."""


def _text(most: int, what: str = "text") -> Check:
    def check(value: Any) -> None:
        if len(value) > most:
            raise Misfit(f"{what} of {len(value):,} characters, more than {most:,}")
        if "\0" in value:
            raise Misfit(f"{what} with the character U+0000")

    return check


def _number(value: Any) -> None:
    if not math.isfinite(value):
        raise Misfit(f"{value} is no number that Salesforce can hold; leave it out")


def _seconds(value: Any) -> None:
    _number(value)
    if abs(value) > LONGEST_SECONDS:
        raise Misfit(f"{value:.3g} seconds, more than {LONGEST_SECONDS:,.0f}")


def _moment(value: Any) -> None:
    if isinstance(value, int):  # milliseconds, of a writer whose schema does not say that they are a moment
        if not _FIRST_MILLIS <= value < _LAST_MILLIS:
            raise Misfit("a moment that is not of the years 1900 to 2199")
    elif not FIRST_MOMENT <= value < LAST_MOMENT:
        raise Misfit(f"a moment of the year {value.year}, not of 1900 to 2199")
