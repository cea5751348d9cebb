"""
How a booking is read.

In: a value as its contract says it.  Out: a `Booking`.
Rule of this file: the identity of an event is named here alone.
"""

from processors.sources.source import Reader
from schemas.booking import Booking

READER = Reader(Booking, Booking.from_avro, identity=("event_id", "booking_id"), time="changed")
