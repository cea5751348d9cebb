"""
Every rule table in one book.

Rule of this file: a new table is added here, and the negation test then asks for its tests.
"""

from processors.rules import actions, bookings, by_hand, calls, clocks, fields, interactions, records
from processors.rules.book import Book

BOOK = Book.of(
    (
        *actions.TABLES,
        *fields.TABLES,
        *bookings.TABLES,
        *by_hand.TABLES,
        *interactions.TABLES,
        *calls.TABLES,
        *records.TABLES,
        *clocks.TABLES,
    )
)
