"""
What is known of the person of a record that was written before, and whether an event agrees with it.

In: a record, what earlier events said of its person.  Out: addresses, numbers and names as they are compared.
Rule of this file: pure; what is absent is not different, and a part of a name is neither the same name nor another one.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import orjson

from processors.integration.model import Integration
from processors.matching.index import COUNTRY
from processors.matching.lookup import PEOPLE, PERSON_FIELDS
from processors.model.normalise import email, without_tag
from processors.model.phone_forms import number_keys
from processors.model.record import OwnRecord, Record
from processors.model.visible import visible
from schemas.command import Command, KeyKind
from schemas.values import Person, person_from, plain

Relation = Literal["same", "part", "other", "unsaid"]
_FOLDED = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
    | dict.fromkeys("'\u2019\u2018\u02bc\u0060\u00b4")
)
"""Letters whose accent Unicode does not take apart, and apostrophes."""
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")
_KEY_EMAILS, _KEY_PHONES = "key_emails", "key_phones"
"""What is kept of an event's keys beside its person: addresses and numbers that it says in fields of its own."""


def emails_said(command: Command) -> tuple[str, ...]:
    """Return the addresses that an event says of its person: the person's, and those of its match keys."""
    return _said(command, "email", command.person.emails)


def phones_said(command: Command) -> tuple[str, ...]:
    """Return the numbers that an event says of its person: the person's, and those of its match keys."""
    return _said(command, "phone", command.person.all_phones)


def _said(command: Command, kind: KeyKind, texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*texts, *(value for key in command.keys if key.kind == kind for value in key.values))))


def person_said(command: Command) -> bytes:
    """Return what the ledger keeps of an event's person: JSON, raw, with what its match keys say beside."""
    person = command.person
    emails = [text for text in emails_said(command) if text not in person.emails]
    phones = [text for text in phones_said(command) if text not in person.all_phones]
    more = {name: said for name, said in ((_KEY_EMAILS, emails), (_KEY_PHONES, phones)) if said}
    return orjson.dumps({**plain(person), **more})


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    How addresses and numbers of one person are compared: as the match does.

    `region` is the country of numbers that name none; `untagged`: the tag of plus addressing does not count. `fields`
    are those of each object that an integration matches by, by kind of key.
    """

    region: str = "US"
    untagged: bool = False
    fields: Mapping[tuple[str, KeyKind], tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, command: Command, settings: Integration, region: str) -> "Comparison":
        """Return how an integration compares what *command* says of its person."""
        kinds: tuple[KeyKind, ...] = ("email", "phone")
        fields = {
            (name, kind): tuple(
                field_name for key in command.keys if key.kind == kind for field_name in key.fields_of(name)
            )
            for name in PEOPLE
            for kind in kinds
        }
        for name, searched in settings.phone_search.phone_fields.items() if settings.phone_search else ():
            if name in PEOPLE:
                fields[name, "phone"] = (*fields[name, "phone"], *searched)
        return cls(region, settings.match.plus_addressing == "same", fields)

    def fields_of(self, name: str, kind: KeyKind) -> tuple[str, ...]:
        """Return the fields of a lead or contact that hold its addresses or numbers."""
        return tuple(dict.fromkeys((*PERSON_FIELDS[kind], *self.fields.get((name, kind), ()))))

    def emails(self, texts: Iterable[Any]) -> set[str]:
        """Return addresses as they are compared."""
        form = without_tag if self.untagged else email
        return {item for text in texts if text and (item := form(str(text)))}

    def numbers(self, texts: Iterable[Any], country: str | None = None) -> set[str]:
        """Return numbers as they are compared; *country* is the record's own."""
        return {key for text in texts if text for key in number_keys(str(text), self.region, country)}


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """What is known of the person of one own record: from the org, and from the events that made or wrote it."""

    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    names: frozenset[tuple[str, ...]] = frozenset()
    attendees: frozenset[str] = frozenset()


def known_of(record: Record | None, said: Sequence[OwnRecord], compare: Comparison) -> KnownPerson:
    """Return what is known of the person of *record* (None: it is gone), of whom earlier events *said* something."""
    kept = _people(said)
    people = [person_from(value) for value in kept]
    fields = record.fields if record else {}
    name = record.object if record else ""
    country = str(fields.get(COUNTRY.get(name, "")) or "") or None
    emails = [fields.get(field_name) for field_name in compare.fields_of(name, "email")]
    emails += [text for person in people for text in person.emails]
    emails += [item for value in kept for item in value.get(_KEY_EMAILS, ())]
    numbers = compare.numbers((fields.get(field_name) for field_name in compare.fields_of(name, "phone")), country)
    numbers |= compare.numbers(phone for person in people for phone in person.all_phones)
    numbers |= compare.numbers(item for value in kept for item in value.get(_KEY_PHONES, ()))
    names = {full_name(fields.get("FirstName"), fields.get("LastName"), fields.get("Name"))}
    names |= {full_name(person.first_name, person.last_name, person.full_name) for person in people}
    return KnownPerson(
        frozenset(compare.emails(emails)),
        frozenset(numbers),
        frozenset(entry for entry in names if entry),
        frozenset(own_record.attendee for own_record in said if own_record.attendee),
    )


def _people(said: Sequence[OwnRecord]) -> list[dict[str, Any]]:
    return [orjson.loads(own_record.person) for own_record in said if own_record.person]


def relation(said: Iterable[Any], known: frozenset[Any]) -> Relation:
    """Return whether what is *said* is among what is *known*; one of them may say nothing."""
    values = {item for item in said if item}
    if not values or not known:
        return "unsaid"
    return "same" if values & known else "other"


def name_relation(said: tuple[str, ...], known: frozenset[tuple[str, ...]]) -> Relation:
    """Return whether a full name is one of the names *known*; `part`: it is a part of one, or one is a part of it."""
    found = relation({said}, known)
    # A part of a name, such as a last name alone, is neither the same full name nor another one.
    part = any(set(said) < set(entry) or set(entry) < set(said) for entry in known)
    return "part" if found == "other" and part else found


def are_several(people: Sequence[KnownPerson]) -> bool:
    """Return whether these are more than one person: two of them share no full name, or where one has none, nothing."""
    return any(not _are_one(people[0], person) for person in people[1:])


def _are_one(first: KnownPerson, second: KnownPerson) -> bool:
    if first.names and second.names:
        return bool(first.names & second.names)
    return bool(first.emails & second.emails or first.phones & second.phones)


def compared_name(person: Person) -> tuple[str, ...]:
    """Return the full name of a person as it is compared."""
    return full_name(person.first_name, person.last_name, person.full_name)


@lru_cache(maxsize=20_000)
def full_name(first: str | None, last: str | None, whole: str | None = None) -> tuple[str, ...]:
    """
    Return a full name as it is compared: its words without case, accents, apostrophes and order; empty: there is none.

    A word in a script that writes names without blanks is its signs: family and given name may be apart or not.
    """
    text = f"{first or ''} {last or ''}".strip() or (whole or "")
    parts = unicodedata.normalize("NFKD", visible(text))
    bare = unicodedata.normalize("NFC", "".join(part for part in parts if not unicodedata.combining(part)))
    plain_text = bare.casefold().translate(_FOLDED)
    words = "".join(item if item.isalnum() else " " for item in plain_text).split()
    return tuple(sorted(sign for word in words for sign in (word if _is_unspaced(word) else (word,))))


def _is_unspaced(word: str) -> bool:
    return not word.isascii() and all(unicodedata.name(text, "").startswith(_UNSPACED) for text in word)
