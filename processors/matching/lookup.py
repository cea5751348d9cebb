"""
By which fields the integrations of one org look for people, and the claim keys of what a record holds in them.

In: all integrations of an org; fields of a lead or contact.  Out: fields to read, claim keys.
Rule of this file: pure. Whoever is about to write a record claims it by every name by which another command may look
for it; a number counts as of each country that an integration takes it for (design section 3, points 2 and 3).
"""

import hashlib
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from processors.integration.model import Integration
from processors.matching.index import COUNTRY
from processors.model.normalise import email, text_key, without_tag
from processors.model.phone_forms import number_keys
from schemas.command import KeyKind

PEOPLE = ("Lead", "Contact")
"""The objects that a person may be in an org."""
PERSON_FIELDS: Mapping[KeyKind, tuple[str, ...]] = {
    "email": ("Email",),
    "phone": ("Phone", "MobilePhone", "HomePhone", "OtherPhone"),
}
"""Fields that hold a person's addresses and numbers in every org, whatever an integration looks by (decision 0101)."""
_MOST_TEXTS = 64
"""By how many combinations of fields a key set of texts is claimed one by one, at the most."""

TextSet = tuple[tuple[str, ...], ...]
"""A key set of texts alone on one object: for each of its keys, the fields that may hold it."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """
    The fields by which an org's people are looked for, by object and kind, and the key sets that are texts alone.

    `regions` are the countries of numbers that name none.
    """

    fields: Mapping[tuple[str, KeyKind], tuple[str, ...]] = field(default_factory=dict)
    text_sets: Mapping[str, tuple[TextSet, ...]] = field(default_factory=dict)
    regions: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Iterable[Integration], region: str) -> "Lookup":
        """Return how these integrations look for people; *region*: the country of numbers where a file names none."""
        fields: dict[tuple[str, KeyKind], dict[str, None]] = {}
        texts: dict[str, dict[TextSet, None]] = {}
        regions: dict[str, None] = {}
        for setting in settings:
            search = setting.phone_search
            regions.setdefault((search.region if search else None) or setting.match.region or region)
            for keys, name in itertools.product(setting.match.key_sets, PEOPLE):
                named = [(key.kind, key.lead if name == "Lead" else key.contact) for key in keys]
                for kind, held in named:
                    fields.setdefault((name, kind), {}).update(dict.fromkeys(held))
                if all(held and kind == "text" for kind, held in named):
                    texts.setdefault(name, {}).setdefault(tuple(tuple(held) for _, held in named))
            for searched, held in search.phone_fields.items() if search else ():
                fields.setdefault((searched, "phone"), {}).update(dict.fromkeys(held))
        return cls(
            {place: tuple(held) for place, held in fields.items()},
            {name: tuple(sets) for name, sets in texts.items()},
            tuple(regions),
        )

    def of_kind(self, name: str, kind: KeyKind) -> tuple[str, ...]:
        """Return the fields of an object that hold e-mails or numbers of people."""
        return tuple(dict.fromkeys((*PERSON_FIELDS.get(kind, ()), *self.fields.get((name, kind), ()))))

    def to_read(self) -> dict[str, tuple[str, ...]]:
        """Return the fields to read with every lead and contact, by object."""
        kinds: tuple[KeyKind, ...] = ("email", "phone", "text")
        return {name: tuple(field_name for kind in kinds for field_name in self.of_kind(name, kind)) for name in PEOPLE}

    def names(self, name: str, fields: Mapping[str, Any], region: str) -> frozenset[str]:
        """Return the claim keys of a lead or contact that holds *fields*; *region*: that of whoever claims it."""
        keys = {key for field_name in self.of_kind(name, "email") for key in email_keys(fields.get(field_name))}
        country = fields.get(COUNTRY.get(name, ""))
        for held in (str(fields.get(field_name) or "") for field_name in self.of_kind(name, "phone")):
            # A number with its country is the same one everywhere.
            everywhere = {region} if held.startswith("+") else {region, *self.regions}
            for own in everywhere if held else ():
                keys |= {f"phone:{key}" for key in number_keys(held, own, str(country) if country else None)}
        for text_set in self.text_sets.get(name, ()):
            held_texts = [
                [(field_name, str(fields[field_name])) for field_name in own if fields.get(field_name)]
                for own in text_set
            ]
            keys |= text_keys(name, text_set, held_texts)
        return frozenset(keys)


def email_keys(text: Any) -> frozenset[str]:
    """Return the claim keys of an address: as it is, and without the tag that some integrations pass over."""
    if not text or (own := email(str(text))) is None:
        return frozenset()
    return frozenset({f"email:{own}", f"address:{without_tag(own)}"})


def text_keys(name: str, text_set: TextSet, choices: Sequence[Sequence[tuple[str, str]]]) -> frozenset[str]:
    """
    Return the claim keys of a set of texts: for each of its keys, the fields with the texts that may be there.

    One key stands for each combination. Where the fields of *text_set* have more than 64 combinations, all who use such
    a set on the object share one coarse key too, and wait for each other: too much waits then, never too little.
    """
    if not choices or not all(choices):
        return frozenset()
    wide = math.prod(map(len, text_set)) > _MOST_TEXTS
    found = {f"text:{text_digest([(name,)])}"} if wide else set()
    for pairs in itertools.islice(itertools.product(*choices), _MOST_TEXTS if wide else None):
        named = [(name, text, key) for text, value in pairs if (key := text_key(value))]
        if len(named) == len(pairs):
            found.add(f"text:{text_digest(named)}")
    return frozenset(found)


def text_digest(pairs: Iterable[tuple[str, ...]]) -> str:
    """Return what stands for these texts in a claim key."""
    return hashlib.sha256(repr(sorted(pairs)).encode()).hexdigest()[:32]
