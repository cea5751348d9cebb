"""
The event-time guard: whether an event may write a field, and whose the value is that stands there.

In: the event's time and ID, what is kept of the field, the value held now.  Out: rows of two rule tables.
Rule of this file: pure; an event is never older than itself, so one that is decided again is not in its own way.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from processors.model.field_history import Fields, last_write_of, latest_events
from processors.model.org_facts import FieldFacts
from processors.model.rule_table import Book, Row, Table
from processors.model.stored_form import same_value

AHEAD = timedelta(minutes=5)
"""How far an event's time may be ahead of ours before its clock is believed no more."""

ORDER = Table(
    "event_order",
    (("no_clock", "newer", "same_time", "same_event", "received", "older"),),
    ("write", "stale"),
    (
        Row("EG-1", ("no_clock",), "write"),
        Row("EG-2", ("newer",), "write"),
        Row("EG-3", ("same_time",), "write"),
        Row("EG-4", ("same_event",), "write"),
        Row("EG-10", ("received",), "write"),
        Row("EG-5", ("older",), "stale"),
    ),
)

WHOSE = Table(
    "whose_value",
    (("ours", "persons"),),
    ("write", "stale"),
    (
        Row("EG-6", ("ours",), "write"),
        Row("EG-7", ("persons",), "stale"),
    ),
)


ACT = Table(
    "act_order",
    (("newest", "older"),),
    ("act", "hold"),
    (
        Row("EG-8", ("newest",), "act"),
        Row("EG-9", ("older",), "hold"),
    ),
)
"""Acts that no later event takes back (a conversion, a move to another account) are those of the newest event alone."""


@dataclass(frozen=True, slots=True)
class Guard:
    """
    One event (its time clamped) against what is kept of one record's fields (by API name).

    `received`: its time is that of its receipt, which is no proof of order.
    """

    at: str
    event: str
    history: Fields = field(default_factory=dict)
    received: bool = False

    def order(self, name: str, book: Book) -> Row:
        """Return the row that says whether the event may write this field: none newer has said what it holds."""
        return book.row("event_order", self._order(name))

    def _order(self, name: str) -> str:
        latest, events = latest_events(self.history, name)
        if not latest:
            return "no_clock"
        if self.event in events:
            return "same_event"
        if self.received:
            return "received"
        if self.at == latest:
            return "same_time"
        return "newer" if self.at > latest else "older"

    def whose(self, name: str, fact: FieldFacts | None, held: Any, book: Book) -> Row:
        """Return the row for the value *held* by the field that is *fact*: ours as last written, or not."""
        clock = last_write_of(self.history, name)
        ours = clock is not None and same_value(fact, clock.value, held)
        return book.row("whose_value", "ours" if ours else "persons")

    def act(self, book: Book) -> Row:
        """Return the row that says whether the event may act on the record: no newer one has written to it."""
        names = {name.removeprefix("seen:") for name in self.history}
        older = any(self._order(name) == "older" for name in names)
        return book.row("act_order", "older" if older else "newest")

    def newer(self, name: str) -> bool:
        """Return whether the event is newer than all that is kept of the field: what it says counts from now on."""
        return self._order(name) in ("no_clock", "newer", "received")


def clamped(event_time: datetime, now: datetime) -> datetime:
    """Return the event's time as its clock takes it: *now* where it is more than `AHEAD` in the future."""
    return now if is_ahead(event_time, now) else event_time


def is_ahead(event_time: datetime, now: datetime) -> bool:
    """Return whether the source's clock runs so far ahead that its time is not believed."""
    return event_time > now + AHEAD


TABLES = (ORDER, WHOSE, ACT)
