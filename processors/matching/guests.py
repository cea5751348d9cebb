"""
The guests of a booking: each is matched like an invitee, by keys and own records of their own.

In: a command, what the ledger keeps of its source entity, the rows of the batch.  Out: a match for each guest.
Rule of this file: pure; a record that was made for a guest is no candidate for the invitee, nor the other way round.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from processors.integration.model import Integration
from processors.matching.attendees import attendee_of
from processors.matching.guest_commands import guest_commands
from processors.matching.index import Index
from processors.matching.known_person import person_said
from processors.matching.lookup import PEOPLE
from processors.matching.match import match_person
from processors.matching.own import by_own
from processors.model.match import Match
from processors.model.record import OwnRecord, Role
from schemas.command import Command


def match_guests(
    command: Command,
    settings: Integration,
    own: Sequence[OwnRecord],
    index: Index,
    opportunities: Mapping[str, str],
    region: str,
) -> dict[str, Match]:
    """Return what the org holds for each guest of *command*; *own* is what events of its source entity wrote."""
    found: dict[str, Match] = {}
    for name, guest in guest_commands(command).items():
        theirs, beside = apart(own, own_of_guest(guest, own))
        match = match_person(guest, settings, index, opportunities)
        match = by_own(match, guest, settings, theirs, (), index, region, beside=beside)
        found[name] = as_guest(match, guest, theirs)
    return found


def apart(every: Sequence[OwnRecord], theirs: Sequence[OwnRecord]) -> tuple[Sequence[OwnRecord], Sequence[OwnRecord]]:
    """Return own records that are somebody's, and the others."""
    return theirs, [own_record for own_record in every if own_record not in theirs]


def own_of_invitee(command: Command, own: Sequence[OwnRecord]) -> tuple[OwnRecord, ...]:
    """Return the own records that may be the invitee's: no guest's, but where the attendee's ID says so."""
    attendee = attendee_of(command)
    return tuple(
        own_record for own_record in own if own_record.role != "guest" or (attendee and own_record.attendee == attendee)
    )


def own_of_guest(guest: Command, own: Sequence[OwnRecord]) -> tuple[OwnRecord, ...]:
    """Return the own records that may be those of *guest*, their command: not what this event made of others."""
    attendee, said = attendee_of(guest), person_said(guest)
    return tuple(
        own_record
        for own_record in own
        if own_record.object in PEOPLE
        and (own_record.attendee == attendee and (attendee or own_record.role == "guest"))
        and (attendee or not own_record.made or own_record.event_id != guest.event_id or own_record.person == said)
    )


def as_guest(match: Match, guest: Command, own: Sequence[OwnRecord]) -> Match:
    """Return the match of a guest: no accounts, and the record that this event made of them before."""
    made = next(
        (own_record.record_id for own_record in own if own_record.made and own_record.event_id == guest.event_id), None
    )
    roles: tuple[Role, ...] = ("lead", "contact")
    return replace(
        match,
        accounts=(),
        of_company=(),
        account_of=None,
        opportunity=None,
        made=dict.fromkeys(roles, made) if made else {},
    )
