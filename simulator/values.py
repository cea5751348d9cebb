"""
Noun: values on the wire.

In: JSON text and Python values. Out: the other one, with dates as an org writes them.
Rule of this file: within the org a date is a `date` and a time is an aware `datetime` in UTC; text only at the edge.
"""

import json
import re
from datetime import UTC, date, datetime, time
from typing import Any

import orjson


def stamp(value: datetime) -> str:
    """Return *value* as an org writes it: milliseconds and `+0000`."""
    value = value.astimezone(UTC)
    return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}+0000"


def _other(value: object) -> str:
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date | time):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")


def dump(value: Any) -> bytes:
    """Return JSON."""
    return orjson.dumps(value, _other, orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS)


def load(data: bytes) -> Any:
    """Return the value of JSON text; raises ValueError."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        # json takes what a JVM's parser takes as well: whole numbers of any size.
        return json.loads(data)


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?))?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d(Z|[+-]\d\d:?\d\d)?")


def written_datetime(value: object) -> datetime:
    """Return the time that a write of *value* keeps, at whole seconds; raises ValueError where no org takes it."""
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError("not a time with its offset")
    return to_datetime(value).replace(microsecond=0)


def written_date(value: object) -> date:
    """Return the day that a write of *value* keeps; raises ValueError where no org takes it, such as for a time."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("not a day")
    return date.fromisoformat(value[:10])


def to_datetime(value: object) -> datetime:
    """Return the time that *value* writes; raises ValueError."""
    if not isinstance(value, str):
        raise ValueError("not a text")
    if len(value) == 10:
        return datetime.combine(date.fromisoformat(value), time(tzinfo=UTC))
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    found = found.astimezone(UTC)
    return found.replace(microsecond=found.microsecond // 1000 * 1000)


def to_date(value: object) -> date:
    """Return the day that *value* writes; raises ValueError."""
    if not isinstance(value, str):
        raise ValueError("not a text")
    return date.fromisoformat(value) if len(value) == 10 else to_datetime(value).date()
