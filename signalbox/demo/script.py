"""
The whole of one demo: who is known before, and everything that is told.

In: a seed, a start.  Out: records, events with what is expected of them, edits by people.  Pure.
Rule of this file: it joins the sources; each source's events are in a file of their own.
"""

from dataclasses import dataclass
from datetime import datetime

from signalbox.demo import bookings, by_hand, calls, field_sales, people, prospects
from signalbox.demo.steps import FIRST, SECOND
from signalbox.demo.told import Edit, Known, Told


def known() -> list[Known]:
    """Return the org's records at the start, accounts first."""
    users = [
        Known(
            "User",
            {"Username": one.email, "Email": one.email, "LastName": one.name, "Alias": "agent", "IsActive": True},
        )
        for one in (FIRST, SECOND)
    ]
    records = [*users, *people.known_people(), *bookings.known(), *calls.known(), *by_hand.known()]
    records += [*prospects.known(), *field_sales.known()]
    return sorted(records, key=lambda one: one.object != "Account")


@dataclass(frozen=True, slots=True)
class Script:
    """Makes everything that one demo tells; equal seeds give equal events."""

    seed: int
    start: datetime

    def tell(self) -> list[Told]:
        """Return all events, in an order in which they may be delivered."""
        results = people.Script(self.seed, self.start).tell()
        converted = [
            (str(one.event.person.email), one.event.event_id) for one in results if one.outcome == "converted.none"
        ]
        booked = bookings.Bookings(self.start).tell(converted[:2])
        telephone = calls.Calls(self.seed, self.start)
        called = telephone.tell()
        acted = by_hand.ByHand(self.start)
        called += telephone.after(acted.force_new.event_id, calls.MISTAKEN)
        marketed, sold = prospects.Prospects(self.start).tell(), field_sales.FieldSales(self.start).tell()
        # What goes by a cycle comes first: it waits for the next one anyway.
        return [*marketed, *results, *booked, *called, *acted.tell(), *sold]

    def edits(self, told: list[Told]) -> tuple[list[Edit], Edit]:
        """Return what people do in Salesforce meanwhile, and the last edit, which is made when all is answered."""
        field_team = field_sales.FieldSales(self.start)
        edits = [*prospects.Prospects(self.start).edits(told), *field_team.edits(told, prospects.LINK)]
        return edits, field_team.last(told)
