"""
The whole of one demo: who is known before, and everything that is told.

In: a seed, a start.  Out: records, events with what is expected of them, edits by people.  Pure.
Rule of this file: it joins the sources; each source's events are in a file of their own.
"""

from dataclasses import dataclass
from datetime import datetime

from signalbox.demo import bookings, by_hand, calls, field_sales, people, prospects
from signalbox.demo.expected import Edit, ExistingRecord, Expectation
from signalbox.demo.steps import FIRST, SECOND


def existing_records() -> list[ExistingRecord]:
    """Return the org's records at the start, accounts first."""
    users = [
        ExistingRecord(
            "User",
            {"Username": agent.email, "Email": agent.email, "LastName": agent.name, "Alias": "agent", "IsActive": True},
        )
        for agent in (FIRST, SECOND)
    ]
    records = [
        *users,
        *people.existing_people(),
        *bookings.existing_records(),
        *calls.existing_records(),
        *by_hand.existing_records(),
    ]
    records += [*prospects.existing_records(), *field_sales.existing_records()]
    return sorted(records, key=lambda existing_record: existing_record.object != "Account")


@dataclass(frozen=True, slots=True)
class Script:
    """Makes everything that one demo tells; equal seeds give equal events."""

    seed: int
    start: datetime

    def expectations(self) -> list[Expectation]:
        """Return all events, in an order in which they may be delivered."""
        results = people.CallResults(self.seed, self.start).expectations()
        converted = [
            (str(result.event.person.email), result.event.event_id)
            for result in results
            if result.outcome == "converted.none"
        ]
        booked = bookings.Bookings(self.start).expectations(converted[:2])
        telephone = calls.Calls(self.seed, self.start)
        called = telephone.expectations()
        acted = by_hand.ByHand(self.start)
        called += telephone.after(acted.force_new.event_id, calls.MISTAKEN)
        marketed, sold = (
            prospects.Prospects(self.start).expectations(),
            field_sales.FieldSales(self.start).expectations(),
        )
        # What waits for a sync interval comes first.
        return [*marketed, *results, *booked, *called, *acted.expectations(), *sold]

    def edits(self, expectations: list[Expectation]) -> tuple[list[Edit], Edit]:
        """Return what people do in Salesforce meanwhile, and the last edit, which is made when all is answered."""
        field_team = field_sales.FieldSales(self.start)
        edits = [*prospects.Prospects(self.start).edits(expectations), *field_team.edits(expectations, prospects.LINK)]
        edits += bookings.Bookings(self.start).edits(expectations)
        return edits, field_team.last(expectations)
