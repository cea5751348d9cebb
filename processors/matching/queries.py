"""
What to ask the org about a batch of commands: one question an object, in two rounds.

In: commands with their settings, facts; for round two the records found and the opportunities kept.  Out: questions.
Rule of this file: pure; it may ask for more records than any one command wants (`match.py` decides exactly), but never
for a field or an object that the org does not have.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from processors.integration.model import CallObject, Integration
from processors.model.normalise import is_blank, phone_formats, record_id
from processors.model.phone_numbers import dialled
from processors.model.values import In, OrgFacts, Question, Record
from schemas.command import Command, MatchKey

ConfiguredCommand: TypeAlias = tuple[Command, Integration | None]
"""A command and the executor's settings of its integration (None: not configured; nothing is asked for it)."""

_ALWAYS = ("Id", "Name", "CreatedDate", "LastModifiedDate", "OwnerId", "IsDeleted")
_NAMES = ("Email", "Phone", "MobilePhone")
"""What else a person may be known by: read always, since a record found is claimed by all of its names (D10)."""
_MORE = {
    "Lead": (*_NAMES, "IsConverted", "ConvertedContactId", "ConvertedAccountId"),
    "Contact": (*_NAMES, "AccountId"),
    "Account": (),
    "Opportunity": ("IsClosed", "AccountId"),
}
_PREFIX = {"00Q": "Lead", "003": "Contact", "001": "Account"}
Values: TypeAlias = dict[tuple[str, ...], dict[str, dict[str, None]]]


def person_object(record: str) -> str | None:
    """Return the object that a record ID's prefix names: Lead, Contact, Account, or None for any other."""
    return _PREFIX.get(record[:3])


def key_field(key: MatchKey, object_name: str) -> str | None:
    """Return the API field that holds *key* on the object, or None where it is not on it."""
    return key.lead if object_name == "Lead" else key.contact


def key_sets(command: Command) -> tuple[tuple[MatchKey, ...], ...]:
    """Return the command's key sets in the order in which they are tried (VS-8)."""
    sets: dict[int, list[MatchKey]] = {}
    for key in command.keys:
        sets.setdefault(key.set, []).append(key)
    return tuple(tuple(sets[number]) for number in sorted(sets))


def person_questions(
    asked: Sequence[ConfiguredCommand],
    facts: OrgFacts,
    region: str = "US",
    chosen: Iterable[str] = (),
    old_keys: Iterable[str] = (),
) -> tuple[Question, ...]:
    """
    Return round one: leads and contacts by SalesforceID and keys, accounts by keys, each value once (VS-7, VS-8).

    *region* is the country of telephone numbers that name none; *chosen* are the IDs of records that someone chose,
    or that earlier events wrote, and *old_keys* the keys of release 0.1.0 under which people may have been created.
    """
    live = _live(asked)
    wanted: dict[str, Values] = {"Lead": {}, "Contact": {}, "Account": {}}
    _add_known(wanted, chosen, old_keys, facts)
    for command, settings in live:
        sfid = record_id(command.salesforce_id) if settings.match.salesforce_id else None
        if sfid and (name := person_object(sfid)):
            _add(wanted[name], {"Id": (sfid,)})
        for keys in () if is_call(command, settings) else key_sets(command):
            for name in ("Lead", "Contact"):
                _add(wanted[name], _conditions(keys, name, region))
        if settings.account.enabled:
            values = {key: command.account.get(key) for key in settings.account.keys}
            if values and not any(is_blank(value) for value in values.values()):
                _add(wanted["Account"], {key: (str(value).strip(),) for key, value in values.items()})
        _add_numbers(wanted, command, settings, region)
    return _questions(wanted, live, facts)


def _add_known(wanted: Mapping[str, Values], chosen: Iterable[str], old_keys: Iterable[str], facts: OrgFacts) -> None:
    """Ask for records that are known by their ID, and for people who may carry a key of release 0.1.0."""
    for one in chosen:
        if name := person_object(one):
            _add(wanted[name], {"Id": (one,)})
    keys = tuple(dict.fromkeys(old_keys))
    for name in ("Lead", "Contact"):
        if keys and name in facts.external_field:
            _add(wanted[name], {facts.external_field[name]: keys})


def _add_numbers(wanted: Mapping[str, Values], command: Command, settings: Integration, region: str) -> None:
    """Ask for the person's numbers in each field that may hold them, in every written form: any of these will do."""
    for number in numbers_of(command, settings, region):
        forms = phone_formats(number, region_of(settings, region))
        for name, fields in number_fields(settings).items():
            for field in fields:
                _add(wanted[name], {field: forms})


def number_fields(settings: Integration) -> dict[CallObject, tuple[str, ...]]:
    """Return the fields that are searched for a caller's number, by object in the order of priority (XB-11)."""
    search = settings.phone_search
    return {name: search.phone_fields.get(name, ()) for name in search.objects} if search else {}


def is_call(command: Command, settings: Integration) -> bool:
    """Return whether it is a PBX call, which is matched by number alone: not what a user of the network did by hand."""
    return settings.phone_search is not None and command.request is None


def numbers_of(command: Command, settings: Integration, region: str) -> tuple[str, ...]:
    """Return the person's numbers that can be looked up, as E.164, each once: none withheld, none of the network."""
    found = (dialled(one, region_of(settings, region)) for one in command.person.phones)
    return tuple(dict.fromkeys(one for one in found if one))


def region_of(settings: Integration, region: str) -> str:
    """Return the country of numbers that name none: the network's, else the executor's *region*."""
    return (settings.phone_search.region if settings.phone_search else None) or region


def follow_up(
    asked: Sequence[ConfiguredCommand], facts: OrgFacts, found: Iterable[Record], opportunities: Mapping[str, str]
) -> tuple[Question, ...]:
    """
    Return round two: contacts of converted leads, accounts of contacts, and the opportunities kept for them.

    *found* are the rows of round one; *opportunities* maps a contact's ID to the ID of its opportunity (1G).
    """
    live = _live(asked)
    rows = list(found)
    known = {row.id for row in rows}
    wanted: dict[str, Values] = {"Contact": {}, "Account": {}, "Opportunity": {}}
    contacts = {row.id: row.fields.get("AccountId") for row in rows if row.object == "Contact"}
    for row in rows:
        followed = row.fields.get("ConvertedContactId") if row.object == "Lead" else None
        if followed:
            contacts.setdefault(str(followed), row.fields.get("ConvertedAccountId"))
    _add(wanted["Contact"], {"Id": tuple(one for one in contacts if one not in known)})
    if any(settings.account.enabled for _, settings in live):
        accounts = dict.fromkeys(str(one) for one in contacts.values() if one)
        _add(wanted["Account"], {"Id": tuple(one for one in accounts if one not in known)})
    if any(settings.opportunity.enabled for _, settings in live):
        _add(wanted["Opportunity"], {"Id": tuple(opportunities[one] for one in contacts if one in opportunities)})
    return _questions(wanted, live, facts)


def _live(asked: Sequence[ConfiguredCommand]) -> list[tuple[Command, Integration]]:
    return [(command, settings) for command, settings in asked if settings is not None and command.kind == "apply"]


def _conditions(keys: Sequence[MatchKey], object_name: str, region: str) -> dict[str, tuple[str, ...]]:
    """Return the values to ask for by field, or nothing where a key of the set is not on the object (1G-keys)."""
    fields = [key_field(key, object_name) for key in keys]
    if None in fields or any(is_blank(key.value) for key in keys):
        return {}
    asked: dict[str, tuple[str, ...]] = {}
    for name, key in zip(fields, keys, strict=True):
        values = phone_formats(key.value, region) if key.kind == "phone" else (key.value.strip(),)
        asked[str(name)] = (*asked.get(str(name), ()), *values)
    return asked


def _add(wanted: Values, conditions: Mapping[str, tuple[str, ...]]) -> None:
    """Merge conditions with all others on the same fields: a wider question, but one."""
    if not conditions or not all(conditions.values()):
        return
    merged = wanted.setdefault(tuple(sorted(conditions)), {})
    for name, values in conditions.items():
        merged.setdefault(name, {}).update(dict.fromkeys(values))


def _questions(
    wanted: Mapping[str, Values], live: Sequence[tuple[Command, Integration]], facts: OrgFacts
) -> tuple[Question, ...]:
    asked = []
    for name, alternatives in wanted.items():
        held = facts.objects.get(name)
        if held is None:
            continue
        any_of = tuple(
            tuple(In(one, tuple(merged[one])) for one in shape)
            for shape, merged in alternatives.items()
            if all(one in held.fields for one in shape)
        )
        if any_of:
            asked.append(Question(name, fields_to_read(name, live, facts), any_of))
    return tuple(asked)


def fields_to_read(name: str, live: Sequence[tuple[Command, Integration]], facts: OrgFacts) -> tuple[str, ...]:
    """Return what to read: who and when, links, effect key, keys, and all that the batch is about to write."""
    wanted = dict.fromkeys((*_ALWAYS, *_MORE[name], facts.external_field.get(name, "Id")))
    for command, settings in live:
        wanted.update(
            dict.fromkeys(one for own, fields in number_fields(settings).items() if own == name for one in fields)
        )
        if name in ("Lead", "Contact"):
            wanted.update(dict.fromkeys(one for key in command.keys if (one := key_field(key, name))))
            wanted.update(
                dict.fromkeys(one for one in (settings.record_link.id_field, settings.record_link.synced_field) if one)
            )
        if name == "Account":
            wanted.update(dict.fromkeys(settings.account.keys))
        wanted.update(dict.fromkeys(getattr(command, name.lower())))
        if name == "Lead":
            # A contact made by conversion takes over the lead's fields of the same name.
            wanted.update(dict.fromkeys(command.contact))
    held = facts.objects[name].fields
    return tuple(one for one in wanted if one in held)
