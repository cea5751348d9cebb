"""The contract `booking`, for the registry."""

from processors.sources.booking.decide import (
    chain,
    decide_booking,
    effects,
    further_source_ids,
    people,
    wanted_source_ids,
)
from processors.sources.booking.mapping import MAPPING
from processors.sources.booking.reader import READER
from processors.sources.booking.rules import TABLES
from processors.sources.booking.settings import BookingIntegration
from processors.sources.booking.trigger import TRIGGER
from processors.sources.booking.words import WORDS
from processors.sources.source import Related, Source

SOURCE = Source(
    "booking",
    BookingIntegration,
    decide_booking,
    READER,
    TRIGGER,
    MAPPING,
    Related(wanted_source_ids, further_source_ids, effects=effects, chain=chain, people=people, deletes_activity=True),
    TABLES,
    words=WORDS,
)
