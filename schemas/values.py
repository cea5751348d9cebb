"""
Small values that several contracts share.

Rule of this file: nothing here knows which contract it travels in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, TypeAlias

Scalar: TypeAlias = bool | int | float | str | None
"""A field's value as it travels: JSON's scalars; dates and times are ISO 8601 text."""

FieldValue: TypeAlias = Scalar | list[str]
"""A value of the source's own: a scalar, or the texts of a list. A list, not a tuple: Avro's writer takes no tuple."""

NumberKind = Literal["mobile", "work", "home", "other"]


@dataclass(frozen=True, slots=True)
class LocalDay:
    """The day of a moment in a time zone; None: the event names none."""

    moment: datetime
    zone: str | None


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
class PhoneNumber:
    """A telephone number, as the source writes it, and what kind of number it is."""

    number: str
    kind: NumberKind = "other"


@dataclass(frozen=True, slots=True)
class Person:
    """
    The outside person whom an event is about, as the source application knows them.

    `full_name` stands for first and last name where the source does not keep them apart. `numbers` are telephone
    numbers whose kind is known; `phones` may name them too.
    """

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phones: tuple[str, ...] = ()
    company: str | None = None
    full_name: str | None = None
    second_email: str | None = None
    numbers: tuple[PhoneNumber, ...] = ()

    @property
    def all_phones(self) -> tuple[str, ...]:
        """All numbers, each once: those without a kind first."""
        return tuple(dict.fromkeys((*self.phones, *(number.number for number in self.numbers))))

    @property
    def emails(self) -> tuple[str, ...]:
        """All addresses, the main one first."""
        return tuple(dict.fromkeys(text for text in (self.email, self.second_email) if text))

    @property
    def whole_name(self) -> str | None:
        """The whole name as the source said it, else first and last name; None where there is neither."""
        parts = [text.strip() for text in (self.first_name, self.last_name) if text and text.strip()]
        return (self.full_name or "").strip() or " ".join(parts) or None

    @property
    def is_named(self) -> bool:
        """Whether anything is said by which the person may be known: an address, a number or a name."""
        return bool(self.emails or self.all_phones or self.whole_name)

    @property
    def mobile(self) -> str | None:
        """The first mobile number."""
        return self._first("mobile")

    @property
    def work_phone(self) -> str | None:
        """The first number at work."""
        return self._first("work")

    @property
    def home_phone(self) -> str | None:
        """The first number at home."""
        return self._first("home")

    @property
    def other_phone(self) -> str | None:
        """The first number of another kind."""
        return self._first("other")

    def _first(self, kind: NumberKind) -> str | None:
        return next((number.number for number in self.numbers if number.kind == kind and number.number.strip()), None)


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
        # What release 0.1.0 stored has none of these.
        full_name=value.get("full_name"),
        second_email=value.get("second_email"),
        numbers=tuple(PhoneNumber(**item) for item in value.get("numbers", ())),
    )


def plain(value: Any) -> Any:
    """Return a frozen value as fastavro writes it: nested dataclasses as dicts, tuples as lists, the rest as it is."""
    kind: type = type(value)
    names = _names(kind)
    if names is not None:
        return {name: plain(getattr(value, name)) for name in names}
    return [plain(item) for item in value] if kind is tuple else value


@cache
def _names(kind: type) -> tuple[str, ...] | None:
    # Asked once a type: `dataclasses.asdict` asks for every value and copies each one deeply.
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else None
