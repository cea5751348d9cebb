"""
What only the command of a booking carries.

In: the command so far and a `Booking`.  Out: the command with the booking's change, times and SalesforceID.
Rule of this file: nothing is decided; a blank ID of the booking before is none. The SalesforceID is left out where the
settings do not match by it (VS-7).
"""

from dataclasses import replace

from processors.integration.model import Integration
from processors.sources.source import CommandMapping
from schemas.booking import Booking
from schemas.command import BookingChange, Command


def _complete(made: Command, event: Booking, settings: Integration) -> Command:
    previous, attendee = (event.previous_booking or "").strip(), (event.attendee_id or "").strip()
    named = (event.salesforce_id or "").strip() if settings.match.salesforce_id else ""
    change = BookingChange(event.status, previous or None, attendee or None, event.all_day)
    return replace(made, salesforce_id=named or None, booking=change, started=event.start, ended=event.end)


MAPPING = CommandMapping(complete=_complete)
