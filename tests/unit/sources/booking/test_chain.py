"""Bookings that replace each other: one state and one Event, in whatever order their changes come (JI-19 to JI-22)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from processors.deciding.case import Case
from processors.model.decision import Decision
from processors.model.match import Match
from processors.model.record import Record
from processors.sources.booking.chain import chain_of
from processors.sources.booking.decide import decide_booking, effects, further_source_ids, wanted_source_ids
from processors.sources.rule_book import BOOK
from schemas.command import Command
from schemas.identity import effect_key
from tests.fixtures.examples import examples
from tests.unit.deciding.rules import cases_bookings as cases
from tests.unit.deciding.rules.scenarios import NOW, lead


@dataclass
class Org:
    """The ledger's things and the org's Events, as dicts; what is decided is done at once."""

    activity: Mapping[str, Any] = field(default_factory=lambda: cases.DELETE)
    source_states: dict[str, bytes] = field(default_factory=dict)
    events: dict[str, Record] = field(default_factory=dict)
    made: int = 0

    def apply(self, asked: Command) -> Decision:
        """Read as the executor does, decide, write."""
        known: dict[str, bytes] = {}
        wanted = set(wanted_source_ids(asked))
        while wanted:
            found = {text: self.source_states[text] for text in wanted if text in self.source_states}
            known.update(found)
            wanted = {more for name, body in found.items() for more in further_source_ids({name: body})} - set(known)
        keys = effects(asked, known)
        activities = {key: self.events[key] for key in keys if key in self.events}
        match = Match("key_set:1", leads=(lead(),), activities=activities, users=cases.USERS, source_states=known)
        decision = decide_booking(
            Case(asked, match, cases.settings(activity=dict(self.activity)), cases.facts(), NOW, BOOK)
        )
        self.source_states.update(decision.source_states)
        for step in decision.steps:
            self._write(step.operation, str(step.effect), dict(step.fields), step.record_id)
        return decision

    def _write(self, operation: str, effect: str, fields: dict[str, Any], record: str | None) -> None:
        if operation == "create":
            assert effect not in self.events
            self.made += 1
            self.events[effect] = Record("Event", f"00U{self.made:015d}", fields)
            return
        held = self.events[effect]
        assert held.id == record
        if operation == "delete":
            del self.events[effect]
        else:
            self.events[effect] = replace(held, fields={**held.fields, **fields})


def change(status: str, minute: int, source_id: str = "b-1", previous: str | None = None) -> Command:
    """Return a change at that minute, to a start that tells which change it was."""
    start = NOW + timedelta(days=1, minutes=minute)
    moment = NOW + timedelta(minutes=minute)
    ended = start + timedelta(minutes=30)
    return cases.command(status, source_id, previous, event_time=moment, started=start, ended=ended)


def start_of(asked: Command) -> str:
    """Return the start as it is written."""
    assert asked.started is not None
    return asked.started.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def starts(org: Org) -> list[str]:
    """Return the starts of all Events of the org."""
    return [str(event.fields["StartDateTime"]) for event in org.events.values()]


def run(org: Org, *changes: Command) -> list[str]:
    """Apply the changes in order; return kinds and reasons."""
    done = [org.apply(command) for command in changes]
    return [f"{decision.kind}.{decision.reason}" for decision in done]


def test_ji_19_ji_20_a_booking_that_is_moved_under_its_id_keeps_its_one_event() -> None:
    """Made, then moved twice."""
    org = Org()
    changes = [change("booked", 1), change("moved", 2), change("moved", 3)]
    assert run(org, *changes) == ["activity.activity_created", "activity.activity_updated", "activity.activity_updated"]
    assert (starts(org), org.made) == ([start_of(changes[-1])], 1)


def test_ji_20_a_new_booking_that_replaces_one_takes_over_its_event() -> None:
    """Another ID, with `previous`."""
    org = Org()
    changes = [change("booked", 1), change("booked", 2, "b-2", "b-1"), change("moved", 3, "b-3", "b-2")]
    run(org, *changes)
    assert (starts(org), org.made) == ([start_of(changes[-1])], 1)
    assert set(org.events) == {effect_key("meetings", "b-1", "activity")}


def test_ji_20_a_reschedule_that_arrives_before_the_first_booking_makes_the_event_which_the_first_leaves() -> None:
    """The older one is superseded whole."""
    org = Org()
    moved = change("booked", 2, "b-2", "b-1")
    assert run(org, moved, change("booked", 1)) == ["activity.activity_created", "skipped.superseded"]
    assert starts(org) == [start_of(moved)]


def test_ji_20_a_middle_link_that_arrives_last_leaves_the_event_of_the_newer_booking_alone() -> None:
    """Two chains with an Event each become one."""
    org = Org()
    last = change("booked", 3, "b-3", "b-2")
    run(org, change("booked", 1, "b-1"), last)
    (kept,) = [key for key, event in org.events.items() if event.fields["StartDateTime"] == start_of(last)]
    decision = org.apply(change("booked", 2, "b-2", "b-1"))
    assert (decision.kind, decision.reason) == ("activity", "activity_deleted")
    assert [(step.role, step.operation) for step in decision.steps] == [("other_activity", "delete")]
    assert list(org.events) == [kept]
    assert len({chain_of(text, org.source_states).root for text in ("b-1", "b-2", "b-3")}) == 1


def test_ji_20_an_older_change_after_a_newer_one_writes_nothing() -> None:
    """Neither the person nor the activity."""
    org = Org()
    newer = change("moved", 5)
    assert run(org, newer, change("booked", 1), change("moved", 3))[1:] == ["skipped.superseded"] * 2
    assert starts(org) == [start_of(newer)]


def test_ji_21_a_booking_cancelled_twice_is_deleted_once() -> None:
    """The second finds nothing to delete."""
    org = Org()
    reasons = run(org, change("booked", 1), change("cancelled", 2), change("cancelled", 3))
    assert reasons[1:] == ["activity.activity_deleted", "skipped.no_activity"]
    assert org.events == {}


def test_ji_21_an_unknown_booking_that_is_cancelled_stays_so_when_it_arrives_late() -> None:
    """The cancellation is remembered, though nothing was there."""
    org = Org()
    assert run(org, change("cancelled", 2), change("booked", 1)) == ["skipped.no_activity", "skipped.superseded"]
    assert org.events == {}


def test_ji_21_the_cancellation_of_a_booking_that_another_one_replaced_deletes_nothing() -> None:
    """Sources cancel the old booking of a reschedule, sometimes after the new one is made."""
    org = Org()
    new = change("booked", 2, "b-2", "b-1")
    assert run(org, change("booked", 1), new, change("cancelled", 3, "b-1"))[2] == "skipped.superseded"
    assert starts(org) == [start_of(new)]


def test_ji_19_a_reschedule_after_its_old_booking_was_cancelled_is_logged() -> None:
    """Even where the cancellation came later at the source."""
    org = Org()
    new = change("booked", 2, "b-2", "b-1")
    run(org, change("booked", 1), change("cancelled", 3, "b-1"), new)
    assert starts(org) == [start_of(new)]


def test_ji_19_a_new_booking_after_a_cancelled_one_is_a_new_event() -> None:
    """Another ID without `previous` is another booking."""
    org = Org(cases.MARK)
    run(org, change("booked", 1), change("cancelled", 2), change("booked", 3, "b-9"))
    assert sorted(str(event.fields["Subject"]) for event in org.events.values()) == ["Cancelled: Demo", "Demo"]


def test_ji_21_the_event_of_a_booking_whose_cancelled_replacement_was_not_known_as_such_is_marked() -> None:
    """The link between the two arrives last; history is kept where the setting says so."""
    org = Org(cases.MARK)
    run(org, change("booked", 1), change("cancelled", 3, "b-2"))
    assert run(org, change("booked", 2, "b-2", "b-1")) == ["activity.activity_cancelled"]
    assert [str(event.fields["Subject"]) for event in org.events.values()] == ["Cancelled: Demo"]


def test_ji_22_activities_off_means_off_also_for_a_booking_that_was_logged_before() -> None:
    """Switched off between the booking and its cancellation."""
    org = Org()
    run(org, change("booked", 1))
    org.activity = cases.NO_DELETE
    before = dict(org.events)
    asked = [change("moved", 2), change("cancelled", 3)]
    assert run(org, *asked) == ["updated.unchanged", "skipped.no_activity"]
    assert org.events == before


def test_a_status_that_nobody_knows_is_skipped_and_said() -> None:
    """A source may learn new words."""
    decision = Org().apply(change("other", 1))
    assert (decision.kind, decision.reason, decision.source_states) == ("skipped", "other", {})
    assert decision.detail == "a booking that is 'other' is none that was made, moved or cancelled"


def test_a_booking_that_names_itself_as_its_previous_one_is_one_booking() -> None:
    """No chain with itself."""
    org = Org()
    run(org, change("booked", 1, "b-1", "b-1"), change("moved", 2, "b-1", "b-1"))
    assert (len(org.events), set(org.source_states)) == (1, {"b-1"})


@st.composite
def chains(draw: st.DrawFn) -> tuple[list[Command], Command]:
    """Return all changes of one chain of bookings, in any order, and the newest one of its last booking."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=5))
    minutes = draw(st.permutations(range(sum(sizes))))
    changes: list[Command] = []
    own: list[Command] = []
    for number, size in enumerate(sizes):
        previous = f"b-{number - 1}" if number else None
        own = []
        for place in range(size):
            status = draw(st.sampled_from(["booked", "moved", "cancelled"]))
            names = previous if place == 0 or draw(st.booleans()) else None
            own.append(change(status, minutes[len(changes) + place], f"b-{number}", names))
        changes += own
    newest = max(own, key=lambda command: command.event_time)
    again = draw(st.lists(st.sampled_from(changes), max_size=2))
    return draw(st.permutations([*changes, *again])), newest


def _settled(org: Org, newest: Command, changes: Sequence[Command]) -> None:
    assert newest.booking is not None
    held = list(org.events.values())
    if newest.booking.status == "cancelled":
        assert [str(record.fields["Subject"]).startswith("Cancelled: ") for record in held] in ([], [True])
    else:
        assert [(record.fields["Subject"], record.fields["StartDateTime"]) for record in held] == [
            ("Demo", start_of(newest))
        ]
    assert len({chain_of(command.source_id, org.source_states).root for command in changes}) == 1


@given(chains(), st.sampled_from([cases.DELETE, cases.MARK]))
@examples(200)
def test_ji_19_ji_20_ji_21_any_order_of_a_chain_ends_with_its_newest_state_and_one_event_at_the_most(
    drawn: tuple[list[Command], Command], activity: Mapping[str, Any]
) -> None:
    """The order of arrival, and what arrives twice, changes nothing."""
    changes, newest = drawn
    org = Org(activity)
    for command in changes:
        org.apply(command)
        assert len(org.events) <= len(changes)
    _settled(org, newest, changes)
    if activity["cancelled"] == "delete" and newest.booking and newest.booking.status == "cancelled":
        assert org.events == {}
