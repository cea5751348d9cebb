"""
match: which records of the org a command is about.

In: a command, its settings, the rows of a batch, the opportunities kept.  Out: a `Match`; before it, the keys to claim.
Rule of this file: pure; SalesforceID first, then key sets in order, all keys of a set together (VS-8, 1G-keys). Deleted
records never match; a converted lead and its contact are one person, the contact.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from processors.integration.model import CallObject, Integration
from processors.matching.index import Index, full_id
from processors.matching.queries import (
    ConfiguredCommand,
    follow_up,
    is_call,
    key_field,
    key_sets,
    number_fields,
    numbers_of,
    person_object,
    person_questions,
    region_of,
)
from processors.matching.rules import BOOK
from processors.model.normalise import email, is_blank, phone, record_id, text_key
from processors.model.rule_table import Book
from processors.model.values import Match, Record
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

    `sfid:`, `email:` and `phone:` keys; `source:` for the source entity, and for the booking that it replaces; `text:`
    for a key set that has neither an e-mail nor a phone.
    """
    names = {f"source:{command.integration}/{command.source_id}"}
    if command.record is not None and command.record.id:
        names.add(f"source:{command.integration}/{command.record.id}")
    if command.request is not None and command.request.about:
        names.add(f"source:{command.integration}/{command.request.about.strip()}")
    if command.booking is not None and command.booking.previous:
        names.add(f"source:{command.integration}/{command.booking.previous}")
    emails = [command.person.email, *(key.value for key in command.keys if key.kind == "email")]
    phones = [*command.person.phones, *(key.value for key in command.keys if key.kind == "phone")]
    names |= {f"email:{one}" for text in emails if (one := email(text))}
    names |= {f"phone:{one}" for text in phones if (one := phone(text, region))}
    if (sfid := record_id(command.salesforce_id)) is not None:
        names.add(f"sfid:{sfid}")
    for keys in key_sets(command):
        if all(key.kind == "text" for key in keys):
            for name in ("Lead", "Contact"):
                pairs = [(key_field(key, name), text_key(key.value)) for key in keys]
                if all(one for pair in pairs for one in pair):
                    names.add(f"text:{_digest([(name, *map(str, pair)) for pair in pairs])}")
    return frozenset(names)


def names_of(record: Record, region: str = "US") -> frozenset[str]:
    """Return the keys by which commands that know *record* by another name claim it: its ID, e-mail and numbers."""
    names = {f"sfid:{full_id(record.id)}"}
    if one := email(record.fields.get("Email")):
        names.add(f"email:{one}")
    numbers = (phone(record.fields.get(field), region) for field in ("Phone", "MobilePhone"))
    return frozenset(names | {f"phone:{number}" for number in numbers if number})


def account_keys(command: Command, settings: Integration) -> frozenset[str]:
    """Return the `account:` key of the account that the command may create or touch; empty where it touches none."""
    values = [(key, text_key(command.account.get(key))) for key in settings.account.keys]
    if not settings.account.enabled or not values or any(value is None for _, value in values):
        return frozenset()
    return frozenset({f"account:{_digest([(key, str(value)) for key, value in values])}"})


def _digest(pairs: Iterable[tuple[str, ...]]) -> str:
    return hashlib.sha256(repr(sorted(pairs)).encode()).hexdigest()[:32]


def match_person(
    command: Command, settings: Integration, index: Index, opportunities: Mapping[str, str], book: Book = BOOK
) -> Match:
    """
    Return what the org holds for *command* (VS-7, VS-8). *opportunities*: contact ID → ID of the one kept for it.

    A SalesforceID that is not found, deleted, or of another object is noted, and the keys decide.
    """
    if is_call(command, settings):
        return match_call(command, settings, index, book)
    match, ignored = Match(), None
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
    for keys in key_sets(command):
        match = follow_converted(_hits(keys, "Lead", index), _hits(keys, "Contact", index), settings, index, book)
        if match.leads or match.contacts:
            match = replace(match, step=f"key_set:{keys[0].set}")
            break
    if match.step == "none" and settings.phone_search is not None:
        return replace(match_call(command, settings, index, book), ignored_id=ignored)
    return with_account_and_opportunity(replace(match, ignored_id=ignored), command, settings, index, opportunities)


def match_call(command: Command, settings: Integration, index: Index, book: Book = BOOK) -> Match:
    """
    Return whom the person's number names (XB-11): leads, contacts and accounts that hold it in any field configured.

    Numbers are compared as E.164, whatever their written form; a converted lead is followed to its contact (VS-7).
    """
    region, fields = region_of(settings, index.region), number_fields(settings)
    numbers = numbers_of(command, settings, index.region)

    def having(name: CallObject) -> tuple[Record, ...]:
        found: dict[str, Record] = {}
        for field in fields.get(name, ()):
            for number in numbers:
                found.update(index.having(name, field, "phone", number, region))
        return tuple(found[one] for one in sorted(found))

    match = follow_converted(having("Lead"), having("Contact"), settings, index, book)
    accounts = having("Account")
    step = "phone" if match.leads or match.contacts or accounts else "none"
    return replace(match, accounts=accounts, step=step)


def _by_salesforce_id(command: Command, settings: Integration, index: Index, book: Book) -> Match:
    sfid = record_id(command.salesforce_id)
    name = person_object(sfid) if sfid else None
    record = index.get(sfid, name) if name and name != "Account" else None
    if record is None:
        return Match()
    leads, contacts = ((record,), ()) if record.object == "Lead" else ((), (record,))
    return follow_converted(leads, contacts, settings, index, book)


def _hits(keys: Sequence[MatchKey], object_name: str, index: Index) -> tuple[Record, ...]:
    """Return the records of the object on which every key of the set agrees; none where a key is not on it."""
    hits: dict[str, Record] | None = None
    for key in keys:
        field = key_field(key, object_name)
        if field is None:
            return ()
        found = index.having(object_name, field, key.kind, key.value)
        hits = {one: record for one, record in found.items() if hits is None or one in hits}
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
    return choose(records, key=lambda one: (str(one.fields.get(field) or ""), one.id))


def with_account_and_opportunity(
    match: Match, command: Command, settings: Integration, index: Index, opportunities: Mapping[str, str]
) -> Match:
    """
    Return the match with the accounts of the command's keys, and the contact's own account and open opportunity: of
    several contacts those of the one that the integration takes.
    """
    accounts: tuple[Record, ...] = ()
    if settings.account.enabled and not any(is_blank(command.account.get(key)) for key in settings.account.keys):
        keys = [MatchKey(1, "text", str(command.account[key]), contact=key) for key in settings.account.keys]
        accounts = _hits(keys, "Account", index)
    several = settings.match.several
    if not match.contacts or (len(match.contacts) > 1 and several in ("error", "park")):
        return replace(match, accounts=accounts)
    contact = the_one(match.contacts, several)
    kept = index.get(opportunities.get(contact.id), "Opportunity")
    return replace(
        match,
        accounts=accounts,
        account_of=index.get(contact.fields.get("AccountId"), "Account"),
        opportunity=None if kept is None or kept.fields.get("IsClosed") else kept,
    )
