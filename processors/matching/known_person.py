"""
What is known of the person of a record that was written before, and whether an event agrees with it.

In: a record, what earlier events said of its person.  Out: addresses, numbers and names as they are compared.
Rule of this file: pure; what is absent is not different, and a part of a name is neither the same name nor another one.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import orjson

from processors.matching.index import COUNTRY
from processors.model.normalise import email
from processors.model.phone_forms import number_keys
from processors.model.values import OwnRecord, Record
from schemas.values import Person, person_from

Relation = Literal["same", "other", "unsaid"]
PEOPLE = ("Lead", "Contact")
"""The objects that a person may be in an org."""


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """What is known of the person of one own record: from the org, and from the events that made or wrote it."""

    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    names: frozenset[tuple[str, ...]] = frozenset()
    attendees: frozenset[str] = frozenset()


def known_of(record: Record | None, said: Sequence[OwnRecord], region: str) -> KnownPerson:
    """Return what is known of the person of *record* (None: it is gone), of whom earlier events *said* something."""
    people = [person_from(value) for value in _people(said)]
    fields = record.fields if record else {}
    emails = {email(one) for one in (fields.get("Email"), *(one for person in people for one in person.emails))}
    country = str(fields.get(COUNTRY.get(record.object, "")) or "") if record else ""
    numbers = {
        number
        for name, value in fields.items()
        if value and name in ("Phone", "MobilePhone", "HomePhone", "OtherPhone")
        for number in number_keys(str(value), region, country)
    }
    numbers |= {number for person in people for one in person.all_phones for number in number_keys(one, region)}
    names = {full_name(fields.get("FirstName"), fields.get("LastName"), fields.get("Name"))}
    names |= {full_name(one.first_name, one.last_name, one.full_name) for one in people}
    return KnownPerson(
        frozenset(one for one in emails if one),
        frozenset(one for one in numbers if one),
        frozenset(one for one in names if one),
        frozenset(one.attendee for one in said if one.attendee),
    )


def _people(said: Sequence[OwnRecord]) -> list[dict[str, Any]]:
    return [orjson.loads(one.person) for one in said if one.person]


def relation(said: Iterable[Any], known: frozenset[Any]) -> Relation:
    """Return whether what is *said* is among what is *known*; one of them may say nothing."""
    values = {one for one in said if one}
    if not values or not known:
        return "unsaid"
    return "same" if values & known else "other"


def name_relation(said: tuple[str, ...], known: frozenset[tuple[str, ...]]) -> Relation:
    """Return whether a full name is one of the names *known*."""
    found = relation({said}, known)
    # A part of a name, such as a last name alone, is neither the same full name nor another one.
    part = any(set(said) < set(one) or set(one) < set(said) for one in known)
    return "unsaid" if found == "other" and part else found


def compared_name(person: Person) -> tuple[str, ...]:
    """Return the full name of a person as it is compared."""
    return full_name(person.first_name, person.last_name, person.full_name)


@lru_cache(maxsize=20_000)
def full_name(first: str | None, last: str | None, whole: str | None = None) -> tuple[str, ...]:
    """Return a full name as it is compared: its words without case, accents and order; empty where there is none."""
    text = f"{first or ''} {last or ''}".strip() or (whole or "")
    bare = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return tuple(sorted("".join(one if one.isalnum() else " " for one in bare.casefold()).split()))
