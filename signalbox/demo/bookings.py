"""
The bookings that arrive: made, moved, cancelled; of people whom the org knows, knows twice, or does not know.

In: a start, an event that converts a lead.  Out: records to put in, bookings with what is expected of them.  Pure.
Rule of this file: what becomes of one booking is told in its order; only what another event must precede waits for it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from schemas.booking import Booking, BookingStatus
from schemas.values import Agent, Person, Scalar
from signalbox.demo.expected import Edit, Event, ExistingRecord, Expectation

NAME = "bookings"
WORKSPACE = "Sales calendar"
ORGANISER = Agent("agent1@example.com", "Agent One")
MERGED = "people merge two leads"
_WINNER = "kept-lead"
"""Whose lead people keep when they merge that of a booking into it."""
_MOVED, _CANCELLED = "activity.activity_updated", "activity.activity_deleted"


def existing_records() -> list[ExistingRecord]:
    """Return the people whom the org knows before they book."""
    records = [_lead(f"booker{number}") for number in range(4)]
    records += [_contact(f"regular{number}") for number in range(2)]
    records += [_lead("bookers-both"), _contact("bookers-both")]
    return [*records, _lead("bookers-twin"), _lead("bookers-twin"), _lead(_WINNER)]


def _lead(name: str) -> ExistingRecord:
    fields = {"FirstName": "Sam", "LastName": name.title(), "Company": "North Works", "Email": f"{name}@example.com"}
    return ExistingRecord("Lead", fields)


def _contact(name: str) -> ExistingRecord:
    return ExistingRecord("Contact", {"FirstName": "Sam", "LastName": name.title(), "Email": f"{name}@example.com"})


class Bookings:
    """Makes the bookings of one demo."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._number = 0

    def expectations(self, converted: Sequence[tuple[str, str]]) -> list[Expectation]:
        """Return all that happens to bookings; *converted*: people (e-mail, event) whose lead that event converts."""
        told = [*self._made(), *self._moved(), *self._cancelled(), *self._known()]
        for email, event_id in converted:
            booking = self._booking(email.partition("@")[0], "booked")
            told.append(Expectation(booking, NAME, "activity.activity_created", after=event_id, events=1))
        named = [replace(expected, case=_case(expected.event)) for expected in told]
        return [*named, *self._people_of_one_booking(), *self._merged()]

    def _made(self) -> Iterator[Expectation]:
        for number in range(4):
            yield Expectation(
                self._booking(f"visitor{number}", "booked"), NAME, "created.none", times=1 + number % 2, events=1
            )
        elsewhere = self._booking("elsewhere", "booked", workspace="Another calendar")
        yield Expectation(elsewhere, "none", "skipped.no_integration")

    def _moved(self) -> Iterator[Expectation]:
        for number in range(2):
            first = self._booking(f"mover{number}", "booked")
            yield Expectation(first, NAME, "created.none", events=1)
            yield Expectation(self._change(first, "moved", days=1), NAME, _MOVED, times=2)
        first = self._booking("rebooker", "booked")
        anew = self._change(first, "booked", days=2, anew=True)
        yield Expectation(first, NAME, "created.none", events=1)
        yield Expectation(anew, NAME, _MOVED, after=first.event_id)
        yield Expectation(self._change(anew, "moved", days=1), NAME, _MOVED, after=anew.event_id)
        # The network overtakes: the second booking comes in before the one that it replaces.
        first = self._booking("overtaker", "booked")
        anew = self._change(first, "booked", days=2, anew=True)
        yield Expectation(anew, NAME, "created.none", events=1)
        yield Expectation(first, NAME, "skipped.superseded", after=anew.event_id)

    def _cancelled(self) -> Iterator[Expectation]:
        for number in range(2):
            first = self._booking(f"leaver{number}", "booked")
            yield Expectation(first, NAME, "created.none", events=1)
            yield Expectation(self._change(first, "cancelled"), NAME, _CANCELLED, events=-1)
        first = self._booking("doubter", "booked")
        cancelled = self._change(first, "cancelled")
        yield Expectation(first, NAME, "created.none", events=1)
        yield Expectation(cancelled, NAME, _CANCELLED, times=2, events=-1)
        yield Expectation(self._change(cancelled, "cancelled"), NAME, "skipped.no_activity")
        yield Expectation(self._booking("nobody", "cancelled"), NAME, "skipped.no_activity")

    def _known(self) -> Iterator[Expectation]:
        for number in range(4):
            yield Expectation(self._booking(f"booker{number}", "booked"), NAME, "updated.none", events=1)
        for number in range(2):
            yield Expectation(self._booking(f"regular{number}", "booked"), NAME, "updated.none", events=1)
        yield Expectation(self._booking("bookers-both", "booked"), NAME, "updated.none", events=1)
        yield Expectation(self._booking("bookers-twin", "booked"), NAME, "error.multiple_match")

    def _people_of_one_booking(self) -> Iterator[Expectation]:
        """A mistyped address that is corrected with the next change; a second attendee of the same booking."""
        first = self._booking("corrected", "booked")
        mistyped = replace(first, person=replace(first.person, email="corrected@exmaple.com"))
        yield Expectation(mistyped, NAME, "created.none", events=1, case=_case(mistyped))
        moved = replace(self._change(mistyped, "moved", days=1), person=first.person)
        yield Expectation(moved, NAME, "updated.none", after=mistyped.event_id, case="booking corrected")
        booking = replace(self._booking("first-seat", "booked"), attendee_id="seat-1")
        yield Expectation(booking, NAME, "created.none", events=1, case=_case(booking))
        person = Person("Kim", "Second-Seat", "second-seat@example.com", (), "North Works")
        two = replace(self._change(booking, "booked"), person=person, attendee_id="seat-2")
        yield Expectation(two, NAME, "created.none", after=booking.event_id, case="a second attendee")

    def _merged(self) -> Iterator[Expectation]:
        """A booking makes a lead, people merge it into another one, and the booking is moved: it goes to the winner."""
        first = self._booking("merged-away", "booked")
        yield Expectation(first, NAME, "created.none", events=1, case=_case(first))
        moved = self._change(first, "moved", days=1)
        yield Expectation(moved, NAME, "updated.none", after=MERGED, case="a merged lead")

    def edits(self, told: Sequence[Expectation]) -> list[Edit]:
        """Return the merge that people make in Salesforce once the booking's lead is there."""
        first = next(expected.event for expected in told if expected.event.person.email == "merged-away@example.com")
        return [Edit(MERGED, first.event_id, merge_into=f"{_WINNER}@example.com")]

    def _booking(self, name: str, status: BookingStatus, workspace: str = WORKSPACE) -> Booking:
        self._number += 1
        day = self._start.replace(hour=9, minute=0) + timedelta(days=1 + self._number % 5)
        answers: dict[str, Scalar] = {"topic": f"Topic {self._number}"}
        return Booking(
            event_id=f"booking-{self._number:04d}",
            booking_id=f"b-{self._number:04d}",
            workspace=workspace,
            status=status,
            changed=self._start + timedelta(milliseconds=self._number),
            person=Person("Sam", name.title(), f"{name}@example.com", (), "North Works"),
            start=day,
            end=day + timedelta(minutes=30),
            agent=ORGANISER,
            page="First talk",
            title=f"First talk with {name.title()}",
            location="https://meet.example.com/first",
            zone="Europe/Berlin",
            answers=answers,
        )

    def _change(self, first: Booking, status: BookingStatus, *, days: int = 0, anew: bool = False) -> Booking:
        """Return what becomes of a booking; *anew*: another booking takes its place."""
        made, day = self._booking("", status), timedelta(days=days)
        return replace(
            first,
            event_id=made.event_id,
            booking_id=made.booking_id if anew else first.booking_id,
            status=status,
            changed=made.changed,
            start=first.start + day if first.start else None,
            end=first.end + day if first.end else None,
            previous_booking=first.booking_id if anew else first.previous_booking,
            cancel_reason="No time" if status == "cancelled" else None,
        )


def _case(event: Event) -> str:
    if not isinstance(event, Booking):
        raise TypeError(f"{event.event_id} is no booking")
    if event.status == "cancelled":
        return "booking cancelled"
    return "booking moved" if event.status == "moved" or event.previous_booking else "booking made"
