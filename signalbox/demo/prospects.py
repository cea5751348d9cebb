"""
The prospects of marketing: written at sync intervals, matched once, linked by hand, imported at first, then deleted.

In: a start.  Out: records to put in, states of prospects with what is expected of them, edits by people.  Pure.
Rule of this file: a prospect's next state is sent when the one before is answered: each has its own sync interval.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from schemas.prospect import Occasion, Prospect
from schemas.user_action import UserAction
from schemas.values import Person, Scalar
from signalbox.demo.expected import Edit, ExistingRecord, Expectation
from signalbox.demo.steps import FIRST

NAME = "prospects"
WORKSPACE = "Marketing"
LINK = "link-0001"
"""A user's link by hand: by then the first sync interval is over, and whoever reads changes has seen the org once."""
_LONG_AGO = datetime(2025, 6, 1, tzinfo=UTC)
_GONE = "the contact of a prospect is deleted"


def existing_records() -> list[ExistingRecord]:
    """Return whom the org knows before; of some of them everything."""
    whole = {"Title": "Head", "State": "Berlin", "Rating": "Hot"}
    leads = [_lead(f"matched{number}") for number in range(3)]
    contact = ExistingRecord("Contact", {"FirstName": "Sam", "LastName": "Leaving", "Email": "leaving@example.com"})
    return [*leads, _lead("complete", **whole), _lead("visitor-known"), contact]


def _lead(name: str, **more: Scalar) -> ExistingRecord:
    fields = {"FirstName": "Sam", "LastName": name.title(), "Company": "North Works", "Email": f"{name}@example.com"}
    return ExistingRecord("Lead", {**fields, **more})


class Prospects:
    """Makes the prospects of one demo."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._number = 0

    def expectations(self) -> list[Expectation]:
        """Return all states of all prospects, and what users do about them."""
        return [
            *self._case("prospects: synced", self._gathered()),
            *self._case("prospect linked before", self._linked()),
            *self._case("anonymous prospect", self._anonymous()),
            *self._case("prospect: record gone", self._gone()),
            *self._case("prospects: import", self._loaded()),
        ]

    def _case(self, case: str, told: Iterator[Expectation]) -> Iterator[Expectation]:
        return (replace(expected, case=case) for expected in told)

    def _gathered(self) -> Iterator[Expectation]:
        """LL-5, LL-13: what came since the last sync is written together; only blanks are filled."""
        for number in range(12):
            yield Expectation(self._state(f"prospect{number}"), NAME, "created.none", times=1 + number % 2)
        yield Expectation(self._state("matched0"), NAME, "updated.none")
        yield Expectation(self._state("complete"), NAME, "updated.unchanged")
        yield Expectation(self._state("ungraded", grade="Z"), NAME, "error.picklist_unmapped")

    def _linked(self) -> Iterator[Expectation]:
        """LL-7: matched by e-mail once, by its link ever after, whatever the e-mail is then."""
        for number in (1, 2):
            first = self._state(f"matched{number}", state=None)
            moved = replace(first.person, email=f"moved{number}@example.com")
            then = replace(self._state(f"matched{number}", state="Hamburg"), person=moved)
            yield Expectation(first, NAME, "updated.none")
            yield Expectation(then, NAME, "updated.none", after=first.event_id)

    def _anonymous(self) -> Iterator[Expectation]:
        """LL-15: nobody to match; a user says whose visits these are, and what is known goes to that record."""
        first = self._state("", "visitor", state=None)
        link = UserAction(LINK, "link_record", NAME, self._moment(), Person(), FIRST, about="visitor")
        then = self._state("", "visitor", state="Hessen")
        yield Expectation(first, NAME, "skipped.anonymous")
        yield Expectation(link, NAME, "updated.none", after=first.event_id, chosen="visitor-known@example.com")
        yield Expectation(then, NAME, "updated.none", after=link.event_id)

    def _gone(self) -> Iterator[Expectation]:
        """LL-26: the linked record is deleted: that is told, the link is dropped, and the next state begins anew."""
        first, then, last = (self._state("leaving") for _ in range(3))
        yield Expectation(first, NAME, "updated.none")
        yield Expectation(then, NAME, "error.record_deleted", after=_GONE)
        yield Expectation(last, NAME, "created.none", after=then.event_id)

    def edits(self, told: list[Expectation]) -> list[Edit]:
        """Return what people do to these records in Salesforce."""
        first = next(expected.event for expected in told if expected.event.source_id == "leaving")
        return [Edit(_GONE, first.event_id, delete=True)]

    def _loaded(self) -> Iterator[Expectation]:
        """LL-6: an initial import waits for no interval and is older than the activation; nothing else so old is."""
        for number in range(2):
            yield Expectation(self._state(f"loaded{number}", occasion="initial", at=_LONG_AGO), NAME, "created.none")
        yield Expectation(self._state("forgotten", at=_LONG_AGO), NAME, "skipped.before_activation")

    def _moment(self) -> datetime:
        self._number += 1
        return self._start + timedelta(milliseconds=self._number)

    def _state(
        self,
        name: str,
        prospect: str = "",
        *,
        at: datetime | None = None,
        occasion: Occasion = "changed",
        **fields: Scalar,
    ) -> Prospect:
        """Return the next state of a prospect; without a name it is anonymous."""
        moment = self._moment()
        person = Person("Sam", name.title(), f"{name}@example.com", (), "West Works") if name else Person()
        said: dict[str, Scalar] = {"role": "Buyer", "state": "Bayern", "grade": "A", **fields}
        return Prospect(
            event_id=f"prospect-{self._number:04d}",
            prospect_id=prospect or name,
            workspace=WORKSPACE,
            changed=at or moment,
            person=person,
            occasion=occasion,
            owner=FIRST,
            fields=said,
        )
