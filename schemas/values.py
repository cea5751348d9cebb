"""
Small values that several contracts share.

Rule of this file: nothing here knows which contract it travels in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeAlias

Scalar: TypeAlias = bool | int | float | str | None
"""A field's value as it travels: JSON's scalars; dates and times are ISO 8601 text."""


@dataclass(frozen=True, slots=True)
class Agent:
    """
    Who acted, as the source application knows them.

    `extension` is theirs inside the network; `user_id` is the ID of the Salesforce user.
    """

    email: str | None = None
    name: str | None = None
    extension: str | None = None
    user_id: str | None = None


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
    if value is None:
        return None
    # Contracts in which an agent has no extension and no user ID leave these out.
    return Agent(value["email"], value["name"], value.get("extension"), value.get("user_id"))


def person_from(value: Mapping[str, Any]) -> Person:
    """Return the person of a decoded Avro record."""
    return Person(
        first_name=value["first_name"],
        last_name=value["last_name"],
        email=value["email"],
        phones=tuple(value["phones"]),
        company=value["company"],
    )


def plain(value: Any) -> Any:
    """Return a frozen value as fastavro writes it: nested dataclasses as dicts, tuples as lists, the rest as it is."""
    kind: type = type(value)
    names = _names(kind)
    if names is not None:
        return {name: plain(getattr(value, name)) for name in names}
    return [plain(one) for one in value] if kind is tuple else value


@cache
def _names(kind: type) -> tuple[str, ...] | None:
    # Asked once a type: `dataclasses.asdict` asks for every value and copies each one deeply.
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else None
