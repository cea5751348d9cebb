"""
Numbers that no written form finds are looked for in the org's search index, all of a batch in one API call.

In: commands that nothing matched so far.  Out: records that may be theirs.  I/O through the port.
Rule of this file: what the index finds are candidates; `match.py` compares them as E.164, like all others (design
section 4, phones). What the index does not hold yet was found by its written form, or is not found; what the search
cannot tell whole is named, never taken as nobody.
"""

from collections.abc import Sequence
from typing import NamedTuple

from processors.integration.model import Integration
from processors.matching.index import Index
from processors.matching.match import match_person
from processors.matching.queries import ConfiguredCommand, fields_to_read, number_fields, numbers_of, region_of
from processors.model.org_facts import OrgFacts
from processors.model.phone_forms import numbers_in, search_words
from processors.model.ports import Salesforce
from processors.model.record import Record
from schemas.command import Command


class Searched(NamedTuple):
    """Records that may have one of the numbers, and the numbers of which there are more than the search tells."""

    records: list[Record]
    unsettled: frozenset[str]


def search_numbers(
    asked: Sequence[ConfiguredCommand], records: Sequence[Record], salesforce: Salesforce, facts: OrgFacts, region: str
) -> Searched:
    """Return what the org's search finds for the numbers of commands that *records* do not match."""
    sought = [
        (command, settings)
        for command, settings in asked
        if settings is not None and command.kind == "apply" and numbers_sought(command, settings, region)
    ]
    if not sought:
        return Searched([], frozenset())
    index = Index(records, region)
    unmatched = [(command, settings, _unmatched(command, settings, index, region)) for command, settings in sought]
    wanted = [(command, settings) for command, settings, own in unmatched if own]
    numbers = dict.fromkeys(text for _, _, own in unmatched for text in own)
    if not numbers:
        return Searched([], frozenset())
    objects = dict.fromkeys(name for command, settings in wanted for name in _objects(command, settings))
    fields = {name: fields_to_read(name, wanted, facts) for name in objects if name in facts.objects}
    words = {number: search_words(number) for number in numbers}
    found = salesforce.search([word for of_number in words.values() for word in of_number], fields)
    full = {number for number, of_number in words.items() if not set(of_number).isdisjoint(found.unsettled)}
    return Searched([record for rows in found.rows for record in rows], frozenset(full))


def numbers_sought(command: Command, settings: Integration, region: str) -> tuple[str, ...]:
    """Return the numbers by which a command looks for its person, as E.164: a caller's, or those of its keys."""
    if settings.phone_search is not None:
        return numbers_of(command, settings, region)
    texts = dict.fromkeys(value for key in command.keys if key.kind == "phone" for value in key.values)
    country = region_of(settings, region)
    return tuple(dict.fromkeys(number for text in texts for number in numbers_in(text, country)))


def _objects(command: Command, settings: Integration) -> list[str]:
    if settings.phone_search is not None:
        return list(number_fields(settings))
    return [name for name in ("Lead", "Contact") if any(key.fields_of(name) for key in command.keys)]


def _unmatched(command: Command, settings: Integration, index: Index, region: str) -> tuple[str, ...]:
    """Return the numbers to search for: all of a person's where nothing matches; of a call, those of nobody."""
    match = match_person(command, settings, index, {})
    numbers = numbers_sought(command, settings, region)
    if not match.further:
        return numbers if match.is_nobody else ()
    return tuple(number for number in numbers if match.further.get(number, match).is_nobody)
