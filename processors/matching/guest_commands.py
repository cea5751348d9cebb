"""
The command of a booking as it were each guest's.

In: a command.  Out: its guests, and a command for each, by what tells them apart.
Rule of this file: pure; a guest is told apart by the attendee's ID, else by their place in the event, which is the same
at each delivery of it.
"""

from collections.abc import Mapping
from dataclasses import replace

from schemas.command import BookingGuest, Command


def guests_of(command: Command) -> Mapping[str, BookingGuest]:
    """Return the guests of a booking by what tells them apart."""
    guests = command.booking.guests if command.booking else ()
    return {guest.attendee_id or f"guest {number}": guest for number, guest in enumerate(guests, 1)}


def guest_commands(command: Command) -> Mapping[str, Command]:
    """Return the command as it were each guest's; it carries neither account nor opportunity."""
    if command.booking is None or not command.booking.guests:
        return {}
    return {
        name: replace(
            command,
            person=booking_guest.person,
            salesforce_id=None,
            keys=booking_guest.keys,
            lead=booking_guest.lead,
            contact=booking_guest.contact,
            account={},
            opportunity={},
            unmapped=(),
            defaulted=booking_guest.defaulted,
            booking=replace(command.booking, attendee_id=booking_guest.attendee_id, guests=()),
        )
        for name, booking_guest in guests_of(command).items()
    }


def with_guests(command: Command) -> tuple[Command, ...]:
    """Return the command, and the command as it were each guest's."""
    return command, *guest_commands(command).values()
