"""
The records that earlier events of a source entity made or wrote, as candidates of its next event.

In: a command, what the ledger keeps of its source entity, the rows of the batch.  Out: a match by them; what a step
that was answered adds to what is kept.
Rule of this file: pure. The source's ID is no person: an event is about an own record only where what it says of the
person agrees with that record, or with what earlier events said when they wrote it (docs/decisions/0074).
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import orjson

from processors.integration.model import Integration
from processors.matching.index import COUNTRY, Index
from processors.matching.match import follow_converted
from processors.matching.rules import BOOK
from processors.model.normalise import email, record_id
from processors.model.phone_forms import number_keys
from processors.model.rule_table import Book
from processors.model.values import Match, OwnRecord, Record, Role, Step, Written
from schemas.command import Command
from schemas.values import person_from, plain

Relation = Literal["same", "other", "unsaid"]
PEOPLE = ("Lead", "Contact")
"""The objects that a person may be in an org."""
_STRENGTH = {"attendee": 5, "salesforce_id": 4, "email": 3, "phone": 2, "name": 1, "nothing": 0}
"""What an event and an own record may agree in, and how much that counts among several own records."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the person of one own record: from the org, and from the events that made or wrote it."""

    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    names: frozenset[tuple[str, ...]] = frozenset()
    attendees: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One own record: the row of the org (None: gone), how the event relates to it, and how strongly they agree."""

    id: str
    record: Record | None
    situation: str
    strength: int


def is_matched_by_own(command: Command) -> bool:
    """Whether own records are candidates: not of a source's own record, which has its link, nor of what users do."""
    return command.record is None and command.request is None


def own_records(command: Command, step: Step, written: Written) -> list[OwnRecord]:
    """
    Return what the ledger keeps after *step* of *command* was answered: the record that it made or wrote.

    Every create is kept, so that its event finds it again; writes of people where own records are candidates.
    """
    made = step.operation == "create"
    person = step.object in PEOPLE and step.role in ("lead", "contact", "convert")
    record = written.contact_id if step.operation == "convert" else written.id or step.record_id
    if not record or not (made or person) or step.role not in ("lead", "contact", "convert", "account", "opportunity"):
        return []
    if not made and not is_matched_by_own(command):
        return []
    return [
        OwnRecord(
            integration=command.integration,
            source_id=command.source_id,
            record_id=record_id(record) or record,
            object="Contact" if step.operation == "convert" else step.object,
            role="contact" if step.operation == "convert" else step.role,
            contract=command.contract,
            event_id=command.event_id,
            made=made,
            person=orjson.dumps(plain(command.person)) if person else None,
            attendee=attendee_of(command),
            at=command.event_time.timestamp(),
        )
    ]


def attendee_of(command: Command) -> str:
    """Return the source's ID of the attendee whom the command is about; the empty text where it names none."""
    return (command.booking.attendee_id or "") if command.booking else ""


def made_before(command: Command, own: Iterable[OwnRecord]) -> dict[Role, str]:
    """Return the records that this very event created before, by role: a create of that role is done."""
    return {
        one.role: one.record_id
        for one in own
        if one.made and one.event_id == command.event_id and one.contract == command.contract
    }


def by_own(
    match: Match,
    command: Command,
    settings: Integration,
    own: Sequence[OwnRecord],
    keyed: Sequence[Record],
    index: Index,
    region: str,
    book: Book = BOOK,
) -> Match:
    """
    Return *match* with the own records taken into account.

    Where it found nobody, and nobody chose to make a new record: by the own record that the event means, if any;
    otherwise it is kept, and it names the own record that it passed over.

    Args:
        own: What earlier events of the source entity made or wrote.
        keyed: Records that carry the entity's key in the form of release 0.1.0.
    """
    match = replace(match, made=made_before(command, own))
    if not is_matched_by_own(command) or not (own or keyed):
        return match
    candidates = _candidates(command, own, keyed, index, region)
    meant = [one for one in candidates if one.record is not None and _then(one, book) == "own"]
    if match.leads or match.contacts or match.step != "none":
        found = {record.id for record in (*match.leads, *match.contacts)} | {*match.also, match.followed or ""}
        passed = [one.id for one in _strongest(meant) if one.id not in found and _contact_of(one) not in found]
        return replace(match, own_passed=passed[0] if passed else None)
    if meant:
        return _matched(match, _strongest(meant), settings, index, book)
    gone = [one for one in candidates if _then(one, book) == "deleted"]
    if gone:
        return replace(match, own_gone=gone[0].id, own_rules=(book.row("own_record", "gone").rule,))
    others = tuple(dict.fromkeys(book.row("own_record", one.situation).rule for one in candidates if one.record))
    return replace(match, own_rules=others)


def _matched(match: Match, meant: Sequence[_Candidate], settings: Integration, index: Index, book: Book) -> Match:
    records = [one.record for one in meant if one.record is not None]
    leads = [one for one in records if one.object == "Lead"]
    contacts = [one for one in records if one.object == "Contact"]
    found = follow_converted(leads, contacts, settings, index, book)
    if not found.leads and not found.contacts:
        return match
    rules = tuple(dict.fromkeys(book.row("own_record", one.situation).rule for one in meant))
    return replace(
        match,
        leads=found.leads,
        contacts=found.contacts,
        followed=found.followed,
        also=found.also,
        step="own",
        own_rules=rules,
    )


def _contact_of(one: _Candidate) -> str | None:
    """Return the ID of the contact that the own record became, if it is a converted lead."""
    return one.record.fields.get("ConvertedContactId") if one.record else None


def _then(one: _Candidate, book: Book) -> str:
    row = book.row("own_record", one.situation)
    return book.row("own_record", "gone").then if one.record is None and row.then == "own" else row.then


def _strongest(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    best = max((one.strength for one in candidates), default=0)
    return [one for one in candidates if one.strength == best]


def _candidates(
    command: Command, own: Sequence[OwnRecord], keyed: Sequence[Record], index: Index, region: str
) -> list[_Candidate]:
    rows: dict[str, list[OwnRecord]] = {}
    for one in own:
        if one.object in PEOPLE:
            rows.setdefault(one.record_id, []).append(one)
    for carrier in keyed:
        rows.setdefault(record_id(carrier.id) or carrier.id, [])
    kinds = {one.record_id: one.object for one in own}
    kinds.update({record_id(record.id) or record.id: record.object for record in keyed})
    several = _several(own)
    found = []
    for own_id, said in rows.items():
        record = index.get(own_id, kinds[own_id])
        situation, strength = _situation(command, _known(record, said, region), own_id, said, several, region)
        found.append(_Candidate(own_id, record, situation, strength))
    return found


def _several(own: Sequence[OwnRecord]) -> bool:
    """Whether the entity has several attendees: then a name or a shared number alone says nothing."""
    return len({one.attendee for one in own if one.attendee}) > 1


def _known(record: Record | None, said: Sequence[OwnRecord], region: str) -> _Known:
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
    return _Known(
        frozenset(one for one in emails if one),
        frozenset(one for one in numbers if one),
        frozenset(one for one in names if one),
        frozenset(one.attendee for one in said if one.attendee),
    )


def _people(said: Sequence[OwnRecord]) -> list[dict[str, Any]]:
    return [orjson.loads(one.person) for one in said if one.person]


def _situation(
    command: Command, known: _Known, record: str, said: Sequence[OwnRecord], several: bool, region: str
) -> tuple[str, int]:
    """Return the situation of the table `own_record`, and how strongly event and record agree."""
    person, attendee = command.person, attendee_of(command)
    if any(one.made and one.event_id == command.event_id and one.contract == command.contract for one in said):
        # This very event made it: nothing that was changed since makes it somebody else's.
        return "attendee_same", _STRENGTH["attendee"]
    if attendee and known.attendees:
        same = attendee in known.attendees
        return ("attendee_same", _STRENGTH["attendee"]) if same else ("attendee_other", 0)
    strength = _STRENGTH["salesforce_id"] if record_id(command.salesforce_id) == record else 0
    mail = _relation({email(one) for one in person.emails}, known.emails)
    numbers = _relation({number for one in person.all_phones for number in number_keys(one, region)}, known.phones)
    name = _name_relation(full_name(person.first_name, person.last_name, person.full_name), known.names)
    if mail == "same" or (numbers == "same" and not several):
        return "key_shared", max(strength, _STRENGTH["email" if mail == "same" else "phone"])
    if "other" not in (mail, numbers, name):
        return "nothing_differs", max(strength, _STRENGTH["name"] if name == "same" else 0)
    if name == "same" and not several:
        return "name_same", max(strength, _STRENGTH["name"])
    return "all_differs", 0


def _relation(said: Iterable[Any], known: frozenset[Any]) -> Relation:
    values = {one for one in said if one}
    if not values or not known:
        return "unsaid"
    return "same" if values & known else "other"


def _name_relation(said: tuple[str, ...], known: frozenset[tuple[str, ...]]) -> Relation:
    found = _relation({said}, known)
    # A part of a name, such as a last name alone, is neither the same full name nor another one.
    part = any(set(said) < set(one) or set(one) < set(said) for one in known)
    return "unsaid" if found == "other" and part else found


@lru_cache(maxsize=20_000)
def full_name(first: str | None, last: str | None, whole: str | None = None) -> tuple[str, ...]:
    """Return a full name as it is compared: its words without case, accents and order; empty where there is none."""
    text = f"{first or ''} {last or ''}".strip() or (whole or "")
    bare = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return tuple(sorted("".join(one if one.isalnum() else " " for one in bare.casefold()).split()))
