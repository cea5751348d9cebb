"""Several attendees of one meeting: one Event, of the first who stands, in any order of changes (BK-4 to BK-6)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from processors.deciding.case import Case
from processors.model.match import Match
from processors.model.record import Record
from processors.sources.booking.attendees import Attendee, Attendees, StatusChange, merged, place_of
from processors.sources.booking.chain import Chain, from_state, to_state
from processors.sources.booking.decide import decide_booking, effects, people
from processors.sources.rule_book import BOOK
from schemas.command import BookingChange, Command
from schemas.values import Person
from tests.fixtures.examples import examples
from tests.unit.deciding.rules import cases_bookings as cases
from tests.unit.deciding.rules.scenarios import LEAD, NOW, lead
from tests.unit.sources.booking.test_chain import Org, start_of

ATTENDEES = ("a-1", "a-2", "a-3")
LEADS = {attendee: f"00Q00000000000{number}EAA" for number, attendee in enumerate(ATTENDEES, 1)}


def change(status: str, minute: int, attendee: str | None) -> Command:
    """Return a change of one attendee, or of the whole, to a start that tells which change it was."""
    start, moment = NOW + timedelta(days=1, minutes=minute), NOW + timedelta(minutes=minute)
    return cases.command(
        status,
        event_id=f"e-{minute}",
        event_time=moment,
        started=start,
        ended=start + timedelta(minutes=30),
        person=Person(email=f"{attendee}@example.com") if attendee else Person(),
        booking=BookingChange(status, attendee_id=attendee),
    )


class Meeting(Org):
    """An org in which every attendee has a lead."""

    def match(self, asked: Command, activities: Mapping[str, Record]) -> Match:
        """Return the attendee's lead."""
        attendee = asked.booking.attendee_id if asked.booking else None
        found = (lead(LEADS[attendee]),) if attendee else ()
        known = {person: person for person in people(asked, self.source_states)}
        return Match("own", leads=found, activities=activities, users=cases.USERS, current_ids=known)

    def run(self, asked: Command) -> None:
        """Decide one change and do it."""
        activities = {key: self.events[key] for key in effects(asked, self.source_states) if key in self.events}
        found = replace(self.match(asked, activities), source_states=dict(self.source_states))
        own = cases.settings(activity=dict(self.activity))
        decision = decide_booking(Case(asked, found, own, cases.facts(), NOW, BOOK))
        self.source_states.update(decision.source_states)
        for step in decision.steps:
            self._write(step.operation, str(step.effect), dict(step.fields), step.record_id)


@st.composite
def meetings(draw: st.DrawFn) -> list[Command]:
    """Return the changes of a meeting in the order in which they happened."""
    drawn = draw(
        st.lists(st.tuples(st.sampled_from(("booked", "moved", "cancelled")), st.sampled_from(ATTENDEES)), max_size=6)
    )
    whole = draw(st.sampled_from((None, *range(len(drawn) + 1))))
    changes: list[tuple[str, str | None]] = list(drawn)
    if whole is not None:
        changes.insert(whole, ("cancelled", None))
    return [change(status, minute, attendee) for minute, (status, attendee) in enumerate(changes)]


def _end(changes: Sequence[Command]) -> tuple[str, str] | None:
    """Return the lead and the start of the Event after changes in their order; None where nobody comes."""
    stands: dict[str, bool] = {}
    first: dict[str, int] = {}
    start = ""
    for minute, command in enumerate(changes):
        assert command.booking is not None
        who, cancelled = command.booking.attendee_id, command.booking.status == "cancelled"
        if who is None:
            stands = {}
        elif cancelled:
            stands.pop(who, None)
        else:
            stands[who] = True
            first.setdefault(who, minute)
            start = start_of(command)
    return (LEADS[min(stands, key=lambda text: first[text])], start) if stands else None


@given(meetings(), st.randoms(use_true_random=False), st.sampled_from([cases.DELETE, cases.MARK]))
@examples(150)
def test_bk_4_bk_6_any_order_ends_with_one_event_of_the_first_who_stands(
    changes: list[Command], random: Any, activity: Mapping[str, Any]
) -> None:
    """The order of arrival, and what arrives twice, changes nothing."""
    arriving = [*changes, *changes[:1]]
    random.shuffle(arriving)
    org = Meeting(activity)
    for command in arriving:
        org.run(command)
    held = [
        (str(event.fields["WhoId"]), str(event.fields["StartDateTime"]))
        for event in org.events.values()
        if not str(event.fields["Subject"]).startswith("Cancelled: ")
    ]
    end = _end(changes)
    assert held == ([end] if end else [])
    assert len(org.events) <= 1


def test_what_release_0_1_0_kept_of_a_booking_stands_for_whom_its_event_hangs_on() -> None:
    """Nobody told attendees then: somebody else's cancellation leaves the Event, theirs takes it away."""
    old = Chain("b-1", ("b-1",), booking="b-1", time=NOW - timedelta(hours=1), status="booked")
    for attendee, left in (("a-2", 1), ("a-1", 0)):
        org = Meeting(cases.DELETE)
        org.source_states["b-1"] = to_state(old)
        org.events[effects(change("moved", 1, None), {})[0]] = cases.event()
        assert cases.event().fields["WhoId"] == LEADS["a-1"]
        org.run(change("cancelled", 1, attendee))
        assert len(org.events) == left


def test_a_state_of_release_0_1_0_is_read_and_has_no_attendees() -> None:
    """Stored JSON without the new keys."""
    kept = from_state(
        b'{"root":"b-1","members":["b-1"],"replaced":[],"booking":"b-1","time":"2026-03-02T09:30:00Z","status":"booked"}'
    )
    assert (kept.attendees, kept.off.status, kept.content) == ((), None, None)
    assert kept.change == StatusChange("b-1", NOW, "booked")


def test_the_attendees_of_two_chains_are_one_list() -> None:
    """By ID, else by record; the newest change and the earliest booking count."""
    early, late = (StatusChange(f"b-{number}", NOW + timedelta(minutes=number), "booked") for number in (1, 2))
    both = [Attendee("a-1", booked=early.time, change=late), Attendee("a-1", booked=late.time, change=early)]
    alike = [Attendee(record=LEAD, event="e-1"), Attendee(record=LEAD, event="e-2"), Attendee(event="e-3")]
    found = merged([*both, *alike], (), lambda attendee: attendee.record)
    assert [(attendee.id, attendee.record) for attendee in found] == [("a-1", None), ("", LEAD), ("", None)]
    assert (found[0].booked, found[0].change) == (early.time, late)


def test_whom_a_change_is_about() -> None:
    """The ID first, then the record; nobody named among several is the meeting."""
    ann, bob, old = Attendee("a-1", record="1"), Attendee("a-2", record="2"), Attendee(record="3")

    def place(
        attendee: str, *records: str, says: bool = True, come: Sequence[Attendee] = (ann, bob, old)
    ) -> int | None:
        return place_of(come, attendee, records, lambda item: item.record, says=says)

    assert [place("a-2", "1"), place("", "2"), place("a-9", "3"), place("a-9", "1")] == [1, 1, 2, 3]
    assert [place("", says=False), place("", "9"), place("", says=False, come=(old,)), place("", come=())] == [
        None,
        3,
        0,
        0,
    ]


def test_nobody_stands_after_a_cancellation_of_the_whole_at_the_same_moment() -> None:
    """A cancellation is the stronger of two changes."""
    booked = StatusChange("b-1", NOW, "booked")
    come = Attendees((Attendee("a-1", change=booked),), off=StatusChange("b-1", NOW, "cancelled"))
    assert come.standing == ()
