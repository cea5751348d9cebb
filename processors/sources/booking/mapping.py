"""
What only the command of a booking carries.

In: the command so far and a `Booking`.  Out: the command with the booking's change, times, SalesforceID and guests.
Rule of this file: nothing is decided; a blank ID of the booking before is none. The SalesforceID is left out where the
settings do not match by it (VS-7). What the invitee answered says nothing of a guest. Who is told twice is one guest.
"""

from dataclasses import replace

from processors.integration.model import Integration
from processors.model.normalise import email
from processors.sources.source import CommandMapping
from schemas.booking import Booking, Guest
from schemas.command import BookingChange, BookingGuest, Command


def _complete(made: Command, event: Booking, settings: Integration) -> Command:
    previous, attendee = (event.previous_booking or "").strip(), (event.attendee_id or "").strip()
    named = (event.salesforce_id or "").strip() if settings.match.salesforce_id else ""
    change = BookingChange(event.status, previous or None, attendee or None, event.all_day)
    return replace(made, salesforce_id=named or None, booking=change, started=event.start, ended=event.end)


def _further_people(event: Booking) -> tuple[Booking, ...]:
    """Return the booking as it were each guest's: neither the invitee's answers nor their SalesforceID."""
    nothing = replace(event, guests=(), answers={}, fields={}, salesforce_id=None, notes=None, disposition=None)
    return tuple(replace(nothing, person=guest.person, attendee_id=guest.attendee_id) for guest in _guests(event))


def _guests(event: Booking) -> list[Guest]:
    """Return the guests, each once, without the invitee and without those of whom nothing is said."""
    seen = {("id", (event.attendee_id or "").strip()), ("email", email(event.person.email) or "")}
    found = []
    for guest in event.guests:
        attendee, address = (guest.attendee_id or "").strip(), email(guest.person.email) or ""
        names = {("id", attendee)} if attendee else {("email", address)} if address else {("", str(guest.person))}
        if guest.person.is_named and seen.isdisjoint(names | {("email", address)} if address else names):
            found.append(replace(guest, attendee_id=attendee or None))
            seen |= names
    return found


def _with_further_people(made: Command, further_people: tuple[Command, ...]) -> Command:
    if made.booking is None or not further_people:
        return made
    guests = tuple(
        BookingGuest(
            person.person,
            person.booking.attendee_id if person.booking else None,
            person.keys,
            person.lead,
            person.contact,
            person.defaulted,
        )
        for person in further_people
    )
    return replace(made, booking=replace(made.booking, guests=guests))


MAPPING = CommandMapping(complete=_complete, further_people=_further_people, with_further_people=_with_further_people)
