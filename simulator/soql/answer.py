"""
Noun: the answer to a query, in the JSON shape of the REST API.

In: values of rows. Out: JSON values, attributes, envelopes.
Rule of this file: how a value looks on the wire is said here and nowhere else.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """*rows* as they stand in ``records``; *total_size* is the count itself for COUNT(), whose rows are empty."""

    rows: list[dict[str, Any]]
    total_size: int
    is_count: bool = False


def shown(value: Any) -> Any:  # any value of a row → any JSON value
    """The JSON form of one value; moments as ``2026-01-02T03:04:05.000+0000``."""
    if isinstance(value, datetime):
        moment = value.astimezone(UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def attributes(kind: str, sobject: str, record_id: str, version: str) -> dict[str, str]:
    """The ``attributes`` of a record: *kind* is its type, or ``Name`` behind a reference to several objects."""
    return {"type": kind, "url": f"/services/data/v{version}/sobjects/{sobject}/{record_id}"}


def envelope(records: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The value of a nested query; null where it found nothing."""
    return {"totalSize": len(records), "done": True, "records": records} if records else None
