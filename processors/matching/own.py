"""
The records that earlier events of a source entity made or wrote, as candidates of its next event.

In: a command, what the ledger keeps of its source entity, the rows of the batch.  Out: a match by them; what a step
that was answered adds to what is kept.
Rule of this file: pure. The source's ID is no person: an event is about an own record only where what it says of the
person agrees with that record, or with what earlier events said when they wrote it (docs/decisions/0074).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import orjson

from processors.integration.model import Integration
from processors.matching.attendees import attendee_of, several, without_other_attendees
from processors.matching.guest_commands import guest_commands
from processors.matching.index import Index
from processors.matching.known_person import PEOPLE, KnownPerson, compared_name, known_of, name_relation, relation
from processors.matching.match import follow_converted
from processors.matching.rules import BOOK
from processors.model.normalise import email, record_id
from processors.model.phone_forms import number_keys
from processors.model.rule_table import Book
from processors.model.values import Match, OwnRecord, Record, Role, Step, Written
from schemas.command import Command
from schemas.values import plain

_KEPT = ("lead", "contact", "convert", "account", "opportunity", "guest")
"""The roles whose records are kept."""
_STRENGTH = {"attendee": 5, "salesforce_id": 4, "email": 3, "phone": 2, "name": 1, "nothing": 0}
"""What an event and an own record may agree in, and how much that counts among several own records."""


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
    person = step.object in PEOPLE and step.role in ("lead", "contact", "convert", "guest")
    record = written.contact_id if step.operation == "convert" else written.id or step.record_id
    if not record or not (made or person) or step.role not in _KEPT:
        return []
    if not made and not is_matched_by_own(command):
        return []
    about = guest_commands(command).get(step.guest, command) if step.guest else command
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
            person=orjson.dumps(plain(about.person)) if person else None,
            attendee=attendee_of(about),
            at=command.event_time.timestamp(),
        )
    ]


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
    beside: Sequence[OwnRecord] = (),
) -> Match:
    """
    Return *match* with the own records taken into account.

    Where it found nobody, and nobody chose to make a new record: by the own record that the event means, if any;
    otherwise it is kept, and it names the own record that it passed over.

    Args:
        own: What earlier events of the source entity made or wrote.
        keyed: Records that carry the entity's key in the form of release 0.1.0.
        beside: What they made or wrote of other people, who are no candidates.
    """
    match = replace(match, made=made_before(command, own))
    if not is_matched_by_own(command) or not (own or keyed or beside):
        return match
    everybody = (*own, *beside)
    candidates = _candidates(command, own, keyed, index, region, several(everybody, attendee_of(command)))
    has_own = any(one.situation == "attendee_same" and one.record is not None for one in candidates)
    match = without_other_attendees(match, command, everybody, has_own, index, region, book)
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
    others = (book.row("own_record", one.situation).rule for one in candidates if one.record)
    return replace(match, own_rules=tuple(dict.fromkeys((*match.own_rules, *others))))


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
        own_rules=(*match.own_rules, *rules),
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
    command: Command,
    own: Sequence[OwnRecord],
    keyed: Sequence[Record],
    index: Index,
    region: str,
    several_come: bool,
) -> list[_Candidate]:
    rows: dict[str, list[OwnRecord]] = {}
    for one in own:
        if one.object in PEOPLE:
            rows.setdefault(one.record_id, []).append(one)
    for carrier in keyed:
        rows.setdefault(record_id(carrier.id) or carrier.id, [])
    kinds = {one.record_id: one.object for one in own}
    kinds.update({record_id(record.id) or record.id: record.object for record in keyed})
    found = []
    for own_id, said in rows.items():
        record = index.get(own_id, kinds[own_id])
        situation, strength = _situation(command, known_of(record, said, region), own_id, said, several_come, region)
        found.append(_Candidate(own_id, record, situation, strength))
    return found


def _situation(
    command: Command, known: KnownPerson, record: str, said: Sequence[OwnRecord], several: bool, region: str
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
    mail = relation({email(one) for one in person.emails}, known.emails)
    numbers = relation({number for one in person.all_phones for number in number_keys(one, region)}, known.phones)
    name = name_relation(compared_name(person), known.names)
    if mail == "same" or (numbers == "same" and not several):
        return "key_shared", max(strength, _STRENGTH["email" if mail == "same" else "phone"])
    if "other" not in (mail, numbers, name):
        return "nothing_differs", max(strength, _STRENGTH["name"] if name == "same" else 0)
    if name == "same" and not several:
        return "name_same", max(strength, _STRENGTH["name"])
    return "all_differs", 0
