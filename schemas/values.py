"""
Small values that several contracts share.

Rule of this file: nothing here knows which contract it travels in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

Scalar: TypeAlias = bool | int | float | str | None
"""A field's value as it travels: JSON's scalars; dates and times are ISO 8601 text."""


@dataclass(frozen=True, slots=True)
class Agent:
    """Who acted, as the source application knows them."""

    email: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """The outside person whom an event is about, as the source application knows them."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phones: tuple[str, ...] = ()
    company: str | None = None


def from_millis(value: int | datetime) -> datetime:
    """Return the UTC moment of an Avro timestamp-millis, decoded or raw."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime.fromtimestamp(value / 1000, UTC)


def agent_from(value: Mapping[str, Any] | None) -> Agent | None:
    """Return the agent of a decoded Avro record, or None where the event names nobody."""
    return None if value is None else Agent(email=value["email"], name=value["name"])


def person_from(value: Mapping[str, Any]) -> Person:
    """Return the person of a decoded Avro record."""
    return Person(
        first_name=value["first_name"],
        last_name=value["last_name"],
        email=value["email"],
        phones=tuple(value["phones"]),
        company=value["company"],
    )
