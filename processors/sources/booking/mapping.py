"""
What only the command of a booking carries.

In: the command so far and a `Booking`.  Out: the command with the booking's change and times.
Rule of this file: nothing is decided; a blank ID of the booking before is none.
"""

from dataclasses import replace

from processors.integration.model import Integration
from processors.sources.source import CommandMapping
from schemas.booking import Booking
from schemas.command import BookingChange, Command


def _complete(made: Command, event: Booking, _settings: Integration) -> Command:
    previous, attendee = (event.previous_booking or "").strip(), (event.attendee_id or "").strip()
    change = BookingChange(event.status, previous or None, attendee or None)
    return replace(made, booking=change, started=event.start, ended=event.end)


MAPPING = CommandMapping(complete=_complete)
