"""
Several people of one source entity: whose records are whose, as they are now.

In: what is kept of a source entity, the rows of the batch, a match by keys.  Out: records by the ID that is kept; the
match without the records of others.
Rule of this file: pure; a merged record stands for what it became, a converted lead for its contact.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from processors.matching.index import Index
from processors.matching.known_person import Comparison, compared_name, known_of, name_relation
from processors.matching.lookup import PEOPLE
from processors.matching.queries import person_object
from processors.model.match import Match
from processors.model.record import OwnRecord, Record
from processors.model.rule_table import Book
from schemas.command import Command


def current_people(kept: Iterable[str], index: Index) -> dict[str, str]:
    """Return the record that each lead or contact *kept* is now, by its ID; what is deleted is not in it."""
    found: dict[str, str] = {}
    for text in kept:
        record = index.get(text, person_object(text) or "")
        if record is not None and record.fields.get("IsConverted"):
            record = index.get(record.fields.get("ConvertedContactId"), "Contact")
        if record is not None:
            found[text] = record.id
    return found


def attendee_of(command: Command) -> str:
    """Return the source's ID of the attendee whom the command is about; the empty text where it names none."""
    return (command.booking.attendee_id or "") if command.booking else ""


def several_told(own: Sequence[OwnRecord], attendee: str) -> bool:
    """Whether the source tells that the entity has several attendees, by their IDs or as guests."""
    named = {text for text in (attendee, *(row.attendee for row in own)) if text}
    return len(named) > 1 or any(row.role == "guest" and row.attendee != attendee for row in own)


def without_other_attendees(
    match: Match,
    command: Command,
    own: Sequence[OwnRecord],
    has_own: bool,
    index: Index,
    compare: Comparison,
    book: Book,
    *,
    several: bool,
) -> Match:
    """
    Return *match* without records that its keys found and that were written for other attendees (OW-8).

    *has_own*: the attendee of the command has an own record. *several*: others are known. Where the source tells no IDs
    of them, the keys win, but for a number alone: whose it is among those who come, the own records say.
    """
    if not match.step.startswith("key_set:") or not several:
        return match
    kinds = {key.kind for key in command.keys if match.step == f"key_set:{key.set}"}
    untold = not several_told(own, attendee_of(command))
    rules: dict[str, None] = {}

    def stays(record: Record) -> bool:
        said = [
            own_record
            for own_record in own
            if own_record.object in PEOPLE and index.current(own_record.record_id) in (record.id, *match.also)
        ]
        whose = {own_record.attendee for own_record in said}
        if not whose or (untold and kinds != {"phone"}):
            return True
        if not untold and (attendee_of(command) in whose or "" in whose):
            return True
        other = name_relation(compared_name(command.person), known_of(record, said, compare).names) == "other"
        row = book.row(
            "attendee_key",
            "own" if has_own else "no_own",
            "email" if "email" in kinds else "other_key",
            "name_other" if other else "name_not_other",
        )
        rules.setdefault(row.rule)
        return row.then == "keep"

    leads, contacts = (tuple(record for record in found if stays(record)) for found in (match.leads, match.contacts))
    if len(leads) == len(match.leads) and len(contacts) == len(match.contacts):
        return match
    if leads or contacts:
        return replace(match, leads=leads, contacts=contacts, account_of=None, opportunity=None)
    nobody = replace(match, leads=(), contacts=(), step="none", followed=None, also=(), merged=False)
    return replace(nobody, account_of=None, opportunity=None, own_rules=tuple(rules))
