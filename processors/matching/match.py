"""
match: which records of the org a command is about.

In: a command, its settings, the rows of a batch, the opportunities kept.  Out: a `Match`; before it, the keys to claim.
Rule of this file: pure; SalesforceID first, then key sets in order, all keys of a set together (VS-8, 1G-keys). Deleted
records never match; a converted lead and its contact are one person, the contact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from processors.integration.model import CallObject, Integration
from processors.matching import accounts
from processors.matching.guest_commands import guest_commands
from processors.matching.index import Index, full_id
from processors.matching.known_person import emails_said, phones_said
from processors.matching.lookup import PEOPLE, Lookup, email_keys, text_digest, text_keys
from processors.matching.queries import (
    ConfiguredCommand,
    follow_up,
    is_call,
    key_sets,
    number_fields,
    numbers_of,
    person_object,
    person_questions,
    region_of,
)
from processors.matching.rules import BOOK
from processors.model.company_name import company
from processors.model.match import Match
from processors.model.normalise import record_id, text_key
from processors.model.org_facts import IS_PERSON
from processors.model.phone_forms import number_keys
from processors.model.record import Record
from processors.model.rule_table import Book
from schemas.command import Command, MatchKey

__all__ = [
    "ConfiguredCommand",
    "account_keys",
    "follow_up",
    "match_call",
    "match_person",
    "names_of",
    "person_keys",
    "person_questions",
    "the_one",
]


def person_keys(command: Command, region: str = "US") -> frozenset[str]:
    """
    Return what *command* must hold before its match: every name that the person goes by, and its source entity.

    `sfid:`, `email:` and `phone:` keys, `address:` for an e-mail without its tag; `source:` for the source entity, and
    for the booking that it replaces; `text:` for a key set that has neither an e-mail nor a phone.
    """
    names = {f"source:{command.integration}/{command.source_id}"}
    if command.record is not None and command.record.id:
        names.add(f"source:{command.integration}/{command.record.id}")
    if command.record is not None and command.record.merged_into:
        names.add(f"source:{command.integration}/{command.record.merged_into}")
    if command.request is not None and command.request.about:
        names.add(f"source:{command.integration}/{command.request.about.strip()}")
    if command.booking is not None and command.booking.previous:
        names.add(f"source:{command.integration}/{command.booking.previous}")
    names |= {key for text in emails_said(command) for key in email_keys(text)}
    names |= {f"phone:{key}" for text in phones_said(command) for key in number_keys(text, region)}
    if (sfid := record_id(command.salesforce_id)) is not None:
        names.add(f"sfid:{sfid}")
    names |= _names_of_guests(command, region)
    for keys in key_sets(command):
        if all(key.kind == "text" for key in keys):
            for name in PEOPLE:
                text_set = tuple(key.fields_of(name) for key in keys)
                choices = [
                    [(field, value) for field in fields for value in key.values]
                    for key, fields in zip(keys, text_set, strict=True)
                ]
                names |= text_keys(name, text_set, choices)
    return frozenset(names)


def _names_of_guests(command: Command, region: str) -> frozenset[str]:
    return frozenset(key for guest in guest_commands(command).values() for key in person_keys(guest, region))


def names_of(record: Record, region: str, lookup: Lookup) -> frozenset[str]:
    """Return the keys by which commands that know *record* by another name claim it: its ID, and all that it holds."""
    return frozenset({f"sfid:{full_id(record.id)}"}) | lookup.names(record.object, record.fields, region)


def account_keys(command: Command, settings: Integration) -> frozenset[str]:
    """Return the `account:` key of the account that the command may create or touch; empty where it touches none."""
    values = accounts.account_values(command, settings)
    if values is None:
        return frozenset()
    exact = [(key, text_key(value) or "") for key, value in values.items()]
    alike = [
        (key, _company_key(value, settings) if key == "Name" else text)
        for (key, text), value in zip(exact, values.values(), strict=True)
    ]
    return frozenset({f"account:{text_digest(exact)}", f"account:{text_digest(alike)}"})


def _company_key(name: str, settings: Integration) -> str:
    """Return what all writings of a company's name share, whatever its legal form."""
    known = company(name, settings.account.legal_forms)
    return " ".join(known.words) if known else text_key(name) or ""


def match_person(
    command: Command, settings: Integration, index: Index, opportunities: Mapping[str, str], book: Book = BOOK
) -> Match:
    """
    Return what the org holds for *command* (VS-7, VS-8). *opportunities*: contact ID → ID of the one kept for it.

    A SalesforceID that is not found, deleted, or of another object is noted, and the keys decide.
    """
    if is_call(command, settings):
        return match_call(command, settings, index, book)
    ignored = None
    if command.salesforce_id and command.salesforce_id.strip():
        named = _by_salesforce_id(command, settings, index, book)
        row = book.row(
            "salesforce_id",
            "on" if settings.match.salesforce_id else "off",
            "found" if named.leads or named.contacts else "not_found",
        )
        if row.then == "use":
            return with_account_and_opportunity(
                replace(named, step="salesforce_id"), command, settings, index, opportunities
            )
        ignored = command.salesforce_id.strip() if row.then == "note_and_use_keys" else None
    match = by_keys(command, settings, index, book)
    if match.step == "none" and settings.phone_search is not None:
        return replace(match_call(command, settings, index, book), ignored_id=ignored)
    return with_account_and_opportunity(replace(match, ignored_id=ignored), command, settings, index, opportunities)


def match_call(command: Command, settings: Integration, index: Index, book: Book = BOOK) -> Match:
    """
    Return whom the person's number names (XB-11): leads, contacts and accounts that hold it in any field configured.

    Numbers are compared as E.164, whatever their written form; a converted lead is followed to its contact (VS-7). The
    numbers of a call are those of several people: the first is the match, the others are its `further` ones (XB-28).
    By hand they are one person's: any of them will do.
    """
    numbers = numbers_of(command, settings, index.region)
    if not is_call(command, settings):
        return _having_number(numbers, settings, index, book)
    further = {number: _having_number((number,), settings, index, book) for number in numbers[1:]}
    return replace(_having_number(numbers[:1], settings, index, book), further=further)


def _having_number(numbers: Sequence[str], settings: Integration, index: Index, book: Book) -> Match:
    region, fields = region_of(settings, index.region), number_fields(settings)

    def having(name: CallObject, *, merged: bool) -> tuple[Record, ...]:
        found: dict[str, Record] = {}
        for field in fields.get(name, ()):
            for number in numbers:
                found.update(index.having(name, field, "phone", number, region, merged=merged))
        return tuple(found[text] for text in sorted(found))

    for merged in (False, True):
        leads, contacts, held = (having(name, merged=merged) for name in ("Lead", "Contact", "Account"))
        # A person account that is found by its contact, too, is one person.
        persons = {contact.fields.get("AccountId") for contact in contacts if contact.fields.get(IS_PERSON)}
        held = tuple(record for record in held if record.id not in persons)
        match = follow_converted(leads, contacts, settings, index, book)
        if match.leads or match.contacts or held:
            return replace(match, accounts=held, step="phone", merged=merged)
    return Match()


def by_keys(command: Command, settings: Integration, index: Index, book: Book = BOOK) -> Match:
    """
    Return whom the first key set names that names somebody (VS-8).

    Where none does, the records count into which one was merged that a key set names: they are that person now.
    """
    for merged in (False, True):
        for keys in key_sets(command):
            leads, contacts = (_hits(keys, name, settings, index, merged=merged) for name in ("Lead", "Contact"))
            match = follow_converted(leads, contacts, settings, index, book)
            if match.leads or match.contacts:
                return replace(match, step=f"key_set:{keys[0].set}", merged=merged)
    return Match()


def _by_salesforce_id(command: Command, settings: Integration, index: Index, book: Book) -> Match:
    sfid = record_id(command.salesforce_id)
    name = person_object(sfid) if sfid else None
    record = index.get(sfid, name) if name and name != "Account" else None
    if record is None:
        return Match()
    leads, contacts = ((record,), ()) if record.object == "Lead" else ((), (record,))
    match = follow_converted(leads, contacts, settings, index, book)
    return replace(match, merged=index.merged_into(sfid) is not None)


def _hits(
    keys: Sequence[MatchKey], object_name: str, settings: Integration, index: Index, *, merged: bool
) -> tuple[Record, ...]:
    """Return the records of the object on which every key of the set agrees; none where a key is not on it."""
    region = region_of(settings, index.region)
    untagged = settings.match.plus_addressing == "same"
    hits: dict[str, Record] | None = None
    for key in keys:
        found: dict[str, Record] = {}
        for field in key.fields_of(object_name):
            for value in key.values:
                hit = index.having(object_name, field, key.kind, value, region, untagged=untagged, merged=merged)
                found.update(hit)
        hits = {name: record for name, record in found.items() if hits is None or name in hits}
    return tuple((hits or {}).values())


def follow_converted(
    leads: Sequence[Record], contacts: Sequence[Record], settings: Integration, index: Index, book: Book
) -> Match:
    """Return leads and contacts with converted leads followed, left out or kept, as the settings say."""
    people = {record.id: record for record in contacts}
    open_leads, also, followed = [], list[str](), None
    row = book.row("converted", settings.match.converted_leads)
    for lead in leads:
        if not lead.fields.get("IsConverted"):
            open_leads.append(lead)
            continue
        contact = index.get(lead.fields.get("ConvertedContactId"), "Contact")
        also.append(lead.id)
        if contact is not None and contact.id in people:
            continue
        if row.then == "lead":
            open_leads.append(lead)
        elif row.then == "contact" and contact is not None:
            people[contact.id] = contact
            followed = followed or lead.id
    return Match(leads=tuple(open_leads), contacts=tuple(people.values()), followed=followed, also=tuple(also))


def newest(records: Sequence[Record]) -> Record:
    """Return the record created last, of equal ones that with the highest ID (1F)."""
    return the_one(records, "newest")


def the_one(records: Sequence[Record], how: str) -> Record:
    """
    Return which of several records is taken: the `newest`, the `oldest`, the one `last_modified` (1F, LL-8).

    Of equal ones the highest ID, for `oldest` the lowest. The org's times are all of one form, in UTC.
    """
    field = "LastModifiedDate" if how == "last_modified" else "CreatedDate"
    choose = min if how == "oldest" else max
    return choose(records, key=lambda record: (str(record.fields.get(field) or ""), record.id))


def with_account_and_opportunity(
    match: Match, command: Command, settings: Integration, index: Index, opportunities: Mapping[str, str]
) -> Match:
    """
    Return the match with the accounts of the command's keys and of the company, and the contact's own account and open
    opportunity: of several contacts those of the one that the integration takes.
    """
    values = accounts.account_values(command, settings)
    match = replace(
        match,
        accounts=accounts.found(values, index, settings) if values else (),
        of_company=accounts.of_company(match, command, settings, index),
    )
    several = settings.match.several
    if not match.contacts or (len(match.contacts) > 1 and several in ("error", "park")):
        return match
    contact = the_one(match.contacts, several)
    kept = index.get(opportunities.get(contact.id), "Opportunity")
    return replace(
        match,
        account_of=index.get(contact.fields.get("AccountId"), "Account"),
        opportunity=None if kept is None or kept.fields.get("IsClosed") else kept,
    )
