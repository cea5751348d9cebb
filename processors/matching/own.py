"""
The records that earlier events of a source entity made or wrote, as candidates of its next event.

In: a command, what the ledger keeps of its source entity, the rows of the batch.  Out: a match by them; what a step
that was answered adds to what is kept.
Rule of this file: pure. The source's ID is no person: an event is about an own record only where what it says of the
person agrees with that record, or with what earlier events said when they wrote it (docs/decisions/0074).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from processors.integration.model import Integration
from processors.matching.attendees import attendee_of, several_told, without_other_attendees
from processors.matching.guest_commands import guest_commands
from processors.matching.index import Index
from processors.matching.known_person import Comparison, KnownPerson, are_several, known_of, person_said
from processors.matching.lookup import PEOPLE
from processors.matching.match import follow_converted
from processors.matching.own_situation import Agreement, situation_of
from processors.matching.rules import BOOK
from processors.model.decision import Step
from processors.model.match import Match
from processors.model.normalise import record_id
from processors.model.record import OwnRecord, Record, Role
from processors.model.requests import Written
from processors.model.rule_table import Book
from schemas.command import Command

_KEPT = ("lead", "contact", "convert", "account", "opportunity", "guest")
"""The roles whose records are kept."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One own record: the row of the org (None: gone), how the event relates to it, and how strongly they agree."""

    id: str
    record: Record | None
    situation: str
    agreed: Agreement


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
            person=person_said(about) if person else None,
            attendee=attendee_of(about),
            at=command.event_time.timestamp(),
        )
    ]


def made_before(command: Command, own: Iterable[OwnRecord]) -> dict[Role, str]:
    """Return the records that this very event created before, by role: a create of that role is done."""
    return {
        own_record.role: own_record.record_id
        for own_record in own
        if own_record.made and own_record.event_id == command.event_id and own_record.contract == command.contract
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
    compare = Comparison.of(command, settings, region)
    rows = _rows(own, keyed)
    # Guests are known by their place beside the invitee, who is nobody's guest.
    others = _rows([own_record for own_record in beside if own_record.role != "guest"], ())
    several = several_told(everybody, attendee_of(command)) or (
        command.booking is not None and are_several(_people({**rows, **others}, index, compare))
    )
    follows = book.row("converted", settings.match.converted_leads).then == "contact"
    candidates = _candidates(command, rows, index, compare, several=several, follows=follows)
    has_own = any(candidate.situation == "attendee_same" and candidate.record is not None for candidate in candidates)
    match = without_other_attendees(match, command, everybody, has_own, index, compare, book, several=several)
    meant = [candidate for candidate in candidates if candidate.record is not None and _then(candidate, book) == "own"]
    if match.leads or match.contacts or match.step != "none":
        found = {record.id for record in (*match.leads, *match.contacts)} | {*match.also, match.followed or ""}
        passed = [
            candidate.id
            for candidate in _strongest(meant)
            if candidate.id not in found and _contact_of(candidate) not in found
        ]
        return replace(match, own_passed=passed[0] if passed else None)
    if meant:
        return _matched(match, _strongest(meant), settings, index, book)
    gone = [candidate for candidate in candidates if _then(candidate, book) == "deleted"]
    if gone:
        return replace(match, own_gone=gone[0].id, own_rules=(book.row("own_record", "gone").rule,))
    unclear = [
        candidate for candidate in candidates if candidate.record is not None and _then(candidate, book) == "unclear"
    ]
    if unclear:
        found_unclear = _matched(match, _strongest(unclear), settings, index, book)
        return replace(found_unclear, own_unclear=found_unclear.step == "own")
    others_rules = (book.row("own_record", candidate.situation).rule for candidate in candidates if candidate.record)
    return replace(match, own_rules=tuple(dict.fromkeys((*match.own_rules, *others_rules))))


def _matched(match: Match, meant: Sequence[_Candidate], settings: Integration, index: Index, book: Book) -> Match:
    # Two own records that were merged are one.
    records = {candidate.record.id: candidate.record for candidate in meant if candidate.record is not None}.values()
    leads = [record for record in records if record.object == "Lead"]
    contacts = [record for record in records if record.object == "Contact"]
    found = follow_converted(leads, contacts, settings, index, book)
    if not found.leads and not found.contacts:
        return match
    rules = tuple(dict.fromkeys(book.row("own_record", candidate.situation).rule for candidate in meant))
    return replace(
        match,
        leads=found.leads,
        contacts=found.contacts,
        followed=found.followed,
        also=found.also,
        step="own",
        own_rules=(*match.own_rules, *rules),
    )


def _contact_of(candidate: _Candidate) -> str | None:
    """Return the ID of the contact that the own record became, if it is a converted lead."""
    return candidate.record.fields.get("ConvertedContactId") if candidate.record else None


def _then(candidate: _Candidate, book: Book) -> str:
    row = book.row("own_record", candidate.situation)
    return book.row("own_record", "gone").then if candidate.record is None and row.then == "own" else row.then


def _strongest(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    best = max((candidate.agreed for candidate in candidates), default=None)
    return [candidate for candidate in candidates if candidate.agreed == best]


_Rows = Mapping[tuple[str, str], Sequence[OwnRecord]]
"""What is kept of each lead and contact, by its ID and object; a record that carries an old key has nothing kept."""


def _rows(own: Iterable[OwnRecord], keyed: Iterable[Record]) -> _Rows:
    rows: dict[tuple[str, str], list[OwnRecord]] = {}
    for own_record in own:
        if own_record.object in PEOPLE:
            rows.setdefault((own_record.record_id, own_record.object), []).append(own_record)
    for carrier in keyed:
        rows.setdefault((record_id(carrier.id) or carrier.id, carrier.object), [])
    return rows


def _people(rows: _Rows, index: Index, compare: Comparison) -> list[KnownPerson]:
    """Return what is known of each record's person; records that became one are one."""
    known: dict[str, list[OwnRecord]] = {}
    records: dict[str, Record | None] = {}
    for (own_id, name), said in rows.items():
        record = index.get(own_id, name)
        current = (_converted_to(record) or record.id) if record else own_id
        known.setdefault(current, []).extend(said)
        records.setdefault(current, record)
    return [known_of(record, known[current], compare) for current, record in records.items()]


def _converted_to(record: Record) -> str | None:
    contact = record.fields.get("ConvertedContactId")
    return str(contact) if contact else None


def _candidates(
    command: Command, rows: _Rows, index: Index, compare: Comparison, *, several: bool, follows: bool
) -> list[_Candidate]:
    found = []
    for (own_id, name), said in rows.items():
        record = index.get(own_id, name)
        if follows and record is not None and record.fields.get("IsConverted"):
            # The person is the contact that the lead became: where that is gone, so are they.
            record = record if index.get(_converted_to(record), "Contact") else None
        # This very event made it: nothing that was changed since makes it somebody else's.
        made = any(
            own_record.made and own_record.event_id == command.event_id and own_record.contract == command.contract
            for own_record in said
        )
        known = known_of(record, said, compare)
        situation, agreed = situation_of(command, known, own_id, compare, several=several, made=made)
        found.append(_Candidate(own_id, record, situation, agreed))
    return found
