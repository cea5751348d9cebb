"""
What to ask the org about a batch of commands: one question an object, in two rounds.

In: commands with their settings, facts; for round two the records found and the opportunities kept.  Out: questions.
Rule of this file: pure; it may ask for more records than any one command wants (`match.py` decides exactly), but never
for a field or an object that the org does not have.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from processors.integration.model import CallObject, Integration
from processors.matching.accounts import accounts_meant, company_named
from processors.matching.conditions import Column, Values, account_conditions, add, any_of, key_conditions
from processors.matching.lookup import PERSON_FIELDS
from processors.model.normalise import record_id
from processors.model.org_facts import IS_PERSON, OrgFacts
from processors.model.parents import written_field
from processors.model.phone_forms import written_forms
from processors.model.phone_numbers import dialled
from processors.model.record import Record
from processors.model.requests import Question
from schemas.command import Command, MatchKey

ConfiguredCommand: TypeAlias = tuple[Command, Integration | None]
"""A command and the executor's settings of its integration (None: not configured; nothing is asked for it)."""

OWNER_NAME = "Owner.Name"
"""The name of a record's owner: read with the record, so that people are told it and not an ID."""
_ALWAYS = ("Id", "Name", "CreatedDate", "LastModifiedDate", "OwnerId", OWNER_NAME, "IsDeleted")
_NAMES = tuple(field for fields in PERSON_FIELDS.values() for field in fields)
"""What else a person may be known by: read always, since a record found is claimed by all of its names (D10)."""
_MERGED = ("MasterRecordId",)
"""What a deleted record became, where it was merged."""
_MORE = {
    "Lead": (*_NAMES, *_MERGED, "Country", "Company", "IsConverted", "ConvertedContactId", "ConvertedAccountId"),
    "Contact": (*_NAMES, *_MERGED, "MailingCountry", "AccountId", IS_PERSON),
    "Account": (*_MERGED, "BillingCountry", IS_PERSON),
    "Opportunity": ("IsClosed", "AccountId"),
}
_PREFIX = {"00Q": "Lead", "003": "Contact", "001": "Account"}
_ID = Column("Id")


def person_object(record: str) -> str | None:
    """Return the object that a record ID's prefix names: Lead, Contact, Account, or None for any other."""
    return _PREFIX.get(record[:3])


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
            add(wanted[name], {_ID: (sfid,)})
        for keys in () if is_call(command, settings) else key_sets(command):
            for name in ("Lead", "Contact"):
                for condition in key_conditions(keys, name, settings, region_of(settings, region)):
                    add(wanted[name], condition)
        for values in accounts_meant(command, settings):
            for condition in account_conditions(values, settings.account.legal_forms):
                add(wanted["Account"], condition)
        _add_numbers(wanted, command, settings, region)
    return _questions(wanted, live, facts)


def _add_known(wanted: Mapping[str, Values], chosen: Iterable[str], old_keys: Iterable[str], facts: OrgFacts) -> None:
    """Ask for records that are known by their ID, and for people who may carry a key of release 0.1.0."""
    for chosen_id in chosen:
        if name := person_object(chosen_id):
            add(wanted[name], {_ID: (chosen_id,)})
    keys = tuple(dict.fromkeys(old_keys))
    for name in ("Lead", "Contact"):
        if keys and name in facts.external_field:
            add(wanted[name], {Column(facts.external_field[name]): keys})


def _add_numbers(wanted: Mapping[str, Values], command: Command, settings: Integration, region: str) -> None:
    """Ask for the person's numbers in each field that may hold them, in every written form: any of these will do."""
    for number in numbers_of(command, settings, region):
        forms = written_forms(number, region_of(settings, region))
        for name, fields in number_fields(settings).items():
            for field in fields:
                add(wanted[name], {Column(field): forms})


def number_fields(settings: Integration) -> dict[CallObject, tuple[str, ...]]:
    """Return the fields that are searched for a caller's number, by object in the order of priority (XB-11)."""
    search = settings.phone_search
    return {name: search.phone_fields.get(name, ()) for name in search.objects} if search else {}


def is_call(command: Command, settings: Integration) -> bool:
    """Return whether it is a PBX call, which is matched by number alone: not what a user of the network did by hand."""
    return settings.phone_search is not None and command.request is None


def numbers_of(command: Command, settings: Integration, region: str) -> tuple[str, ...]:
    """Return the person's numbers that can be looked up, as E.164, each once: none withheld, none of the network."""
    found = (dialled(phone, region_of(settings, region)) for phone in command.person.all_phones)
    return tuple(dict.fromkeys(number for number in found if number))


def region_of(settings: Integration | None, region: str) -> str:
    """Return the country of numbers that name none: the network's, the integration's, else the executor's *region*."""
    if settings is None:
        return region
    return (settings.phone_search.region if settings.phone_search else None) or settings.match.region or region


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
    add(wanted["Contact"], {_ID: tuple(contact for contact in contacts if contact not in known)})
    if any(settings.account.enabled for _, settings in live):
        accounts = dict.fromkeys(str(contact) for contact in contacts.values() if contact)
        add(wanted["Account"], {_ID: tuple(account for account in accounts if account not in known)})
    for company, settings in _companies(rows, live):
        for condition in account_conditions({"Name": company}, settings.account.legal_forms):
            add(wanted["Account"], condition)
    if any(settings.opportunity.enabled for _, settings in live):
        add(
            wanted["Opportunity"],
            {_ID: tuple(opportunities[contact] for contact in contacts if contact in opportunities)},
        )
    return _questions(wanted, live, facts)


def winners(asked: Sequence[ConfiguredCommand], facts: OrgFacts, found: Iterable[Record]) -> tuple[Question, ...]:
    """
    Return the questions for records that merged ones became and that were not read yet; none where there is none.

    Merges may be chained: ask again with what this finds.
    """
    rows = list(found)
    known = {row.id for row in rows}
    wanted: dict[str, Values] = {"Lead": {}, "Contact": {}, "Account": {}}
    for row in rows:
        master = row.fields.get("MasterRecordId") if row.fields.get("IsDeleted") else None
        if master and row.object in wanted and str(master) not in known:
            add(wanted[row.object], {_ID: (str(master),)})
    return _questions(wanted, _live(asked), facts)


def _companies(
    rows: Iterable[Record], live: Sequence[tuple[Command, Integration]]
) -> Iterator[tuple[str, Integration]]:
    """Yield the companies of leads that may be converted, with the settings by which their accounts are found."""
    converting = [settings for _, settings in live if settings.may_convert]
    for row in rows if converting else ():
        if row.object == "Lead" and not row.fields.get("IsConverted") and not row.fields.get("IsDeleted"):
            for settings in {integration.account.legal_forms: integration for integration in converting}.values():
                if company := company_named(row.fields.get("Company"), settings):
                    yield company, settings


def _live(asked: Sequence[ConfiguredCommand]) -> list[tuple[Command, Integration]]:
    return [(command, settings) for command, settings in asked if settings is not None and command.kind == "apply"]


def _questions(
    wanted: Mapping[str, Values], live: Sequence[tuple[Command, Integration]], facts: OrgFacts
) -> tuple[Question, ...]:
    asked = []
    for name, conditions in wanted.items():
        held = facts.objects.get(name)
        if held is None:
            continue
        if alternatives := any_of(conditions, held.fields):
            asked.append(Question(name, fields_to_read(name, live, facts), alternatives, deleted=name != "Opportunity"))
    return tuple(asked)


def fields_to_read(name: str, live: Sequence[tuple[Command, Integration]], facts: OrgFacts) -> tuple[str, ...]:
    """Return what to read: who and when, links, effect key, keys, and all that the batch is about to write."""
    known = facts.objects[name]
    also = facts.looked_up.get(name, ())
    wanted = dict.fromkeys((*_ALWAYS, *_MORE[name], *also, facts.external_field.get(name, "Id")))
    for command, settings in live:
        wanted.update(
            dict.fromkeys(field for own, fields in number_fields(settings).items() if own == name for field in fields)
        )
        if name in ("Lead", "Contact"):
            wanted.update(dict.fromkeys(field_name for key in command.keys for field_name in key.fields_of(name)))
            wanted.update(
                dict.fromkeys(
                    field_name
                    for field_name in (settings.record_link.id_field, settings.record_link.synced_field)
                    if field_name
                )
            )
        if name == "Account":
            wanted.update(dict.fromkeys(settings.account.keys))
        wanted.update(dict.fromkeys(written_field(known, item) for item in getattr(command, name.lower())))
        if name == "Lead":
            # A contact made by conversion takes over the lead's fields of the same name.
            contact = facts.objects.get("Contact")
            wanted.update(dict.fromkeys(written_field(contact, field_name) for field_name in command.contact))
    held = known.fields
    return tuple(
        field_name for field_name in wanted if field_name in held or (field_name == OWNER_NAME and "OwnerId" in held)
    )
