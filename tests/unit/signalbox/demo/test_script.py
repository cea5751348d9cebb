"""What the demo tells: every kind of booking, call and action by hand; and who plays the sources."""

import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from confluent_kafka import Consumer

from connectors.kafka.embedded import embedded_kafka
from schemas.booking import Booking
from schemas.codec import SingleObject
from schemas.field_activity import FieldActivity
from schemas.field_record import FieldRecord
from schemas.notice import Notice
from schemas.outcome import Candidate, Outcome
from schemas.pbx_call_event import PbxCallEvent
from schemas.topics import SOURCE_PBX_CALL, SOURCE_USER_ACTION, topic_table
from schemas.user_action import UserAction
from schemas.values import Person
from signalbox.demo.deliver import UNREADABLE, Deliver, chosen_action
from signalbox.demo.expected import Expectation, kafka_key, topic_of
from signalbox.demo.script import Script, existing_records

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
TOLD = Script(1, NOW).expectations()


def calls() -> dict[str, list[Expectation]]:
    """Return the steps of each call."""
    found: dict[str, list[Expectation]] = {}
    for expected in TOLD:
        if isinstance(expected.event, PbxCallEvent):
            found.setdefault(expected.event.source_id, []).append(expected)
    return found


def test_calls_have_three_to_six_steps_and_meet_every_case() -> None:
    assert len(calls()) >= 30
    assert {len(steps) for steps in calls().values()} <= {3, 4, 5, 6}
    outcomes = {steps[0].outcome for steps in calls().values()}
    assert outcomes >= {"skipped.internal", "skipped.short_call", "skipped.unknown_number", "activity.activity_created"}
    steps = {
        expected.event.step
        for call in calls().values()
        for expected in call
        if isinstance(expected.event, PbxCallEvent)
    }
    assert steps >= {"transferred_blind", "transferred_attended", "recorded"}


def test_bookings_are_made_moved_and_cancelled() -> None:
    bookings = [expected.event for expected in TOLD if isinstance(expected.event, Booking)]
    assert len({booking.booking_id for booking in bookings}) >= 20
    assert {booking.status for booking in bookings} == {"booked", "moved", "cancelled"}
    assert any(booking.previous_booking for booking in bookings)
    cancelled = Counter(booking.booking_id for booking in bookings if booking.status == "cancelled")
    assert max(cancelled.values()) == 2


def test_whatever_waits_waits_for_an_event_that_is_told() -> None:
    events = {expected.event.event_id for expected in TOLD}
    edits, last = Script(1, NOW).edits(TOLD)
    made = {edit.name for edit in edits}
    assert {name for expected in TOLD for name in (expected.after, expected.about) if name} <= events | made
    assert {name for edit in (*edits, last) for name in (edit.after, edit.when) if name} <= events
    assert made & {expected.after for expected in TOLD}


def test_prospects_and_the_field_team_meet_every_case() -> None:
    outcomes = Counter(expected.outcome for expected in TOLD if expected.integration == "prospects")
    assert outcomes.keys() >= {"skipped.anonymous", "error.record_deleted", "error.picklist_unmapped"}
    assert outcomes["created.none"] > 12
    states = [expected.event for expected in TOLD if isinstance(expected.event, FieldRecord)]
    assert {state.stage for state in states} == {"New", "Qualified", "Won", "Lost"}
    assert {expected.event.kind for expected in TOLD if isinstance(expected.event, FieldActivity)} == {
        "activity",
        "visit",
    }
    assert sum(expected.outcome == "converted.none" for expected in TOLD if expected.integration == "field-sales") == 2


def test_a_user_names_a_record_that_is_known_before() -> None:
    before = {record.fields.get("Email") for record in existing_records()}
    edits, last = Script(1, NOW).edits(TOLD)
    assert {expected.chosen for expected in TOLD if expected.chosen} | {
        edit.existing for edit in edits if edit.existing
    } <= before
    assert any(expected.chosen for expected in TOLD)
    # Each on a record of its own, so that two of them never come back as one change.
    records = [edit.after or edit.existing for edit in (*edits, last)]
    assert len(set(records)) == len(records)


def test_equal_seeds_tell_the_same() -> None:
    assert Script(1, NOW).expectations() == TOLD
    assert Script(2, NOW).expectations() != TOLD


def test_each_source_has_its_topic_and_its_key() -> None:
    step = next(expected.event for expected in TOLD if isinstance(expected.event, PbxCallEvent))
    assert (topic_of(step), kafka_key(step)) == (SOURCE_PBX_CALL, step.call_id.encode())
    forced = next(
        expected.event
        for expected in TOLD
        if isinstance(expected.event, UserAction) and expected.event.action == "force_new"
    )
    assert (topic_of(forced), kafka_key(forced)) == (SOURCE_USER_ACTION, forced.person.phones[0].encode())


def notice(event_id: str) -> Notice:
    """Return the notice that tells that an action waits."""
    offered = (Candidate("Lead", "00Q1"), Candidate("Contact", "0031"))
    return Notice("command-1", "parked", "calls", "demo", event_id, Person(), "2 records match", NOW, offered)


def test_a_choice_is_about_the_parked_command_and_names_a_record_that_is_offered() -> None:
    action = UserAction("a", "choose_match", "calls", NOW, Person())
    made = chosen_action(action, notice("b"))
    assert (made.about, made.salesforce_id) == ("command-1", "0031")


@pytest.mark.outside
def test_what_waits_is_delivered_when_it_is_due_and_repeats_with_it() -> None:
    partitions = {topic.name: topic.partitions for topic in topic_table([])}
    hand = [expected for expected in TOLD if isinstance(expected.event, UserAction) and expected.integration == "calls"]
    waits = [expected for expected in hand if expected.about or expected.after]
    with embedded_kafka(partitions) as kafka:
        deliver = Deliver(kafka.bootstrap, SingleObject(), hand)
        deliver.begin(hand[0].event)
        at_once = sum(expected.times for expected in hand if expected not in waits)
        assert deliver.messages == at_once + 1 + 1
        deliver.saw([], [notice(hand[0].event.event_id)])
        assert deliver.messages == at_once + 1 + 1 + 1
        answered = [_outcome(expected.event.event_id) for expected in hand]
        deliver.saw(answered, [notice(expected.about) for expected in waits if expected.about])
        assert deliver.messages == at_once + 1 + 1 + sum(expected.times for expected in waits)
        assert _count(kafka.bootstrap, SOURCE_USER_ACTION) == sum(expected.times for expected in hand) + 2


@pytest.mark.outside
def test_a_user_names_a_record_and_what_waits_for_an_edit_goes_when_it_is_made() -> None:
    partitions = {topic.name: topic.partitions for topic in topic_table([])}
    link = next(expected for expected in TOLD if expected.chosen)
    codec = SingleObject()
    with embedded_kafka(partitions) as kafka:
        deliver = Deliver(kafka.bootstrap, codec, [replace(link, after="an edit")], {str(link.chosen): "00Q1"})
        deliver.begin(link.event)
        before = deliver.messages
        deliver.saw([], [], ["an edit"])
        assert deliver.messages == before + 1
        bodies = _read(kafka.bootstrap, SOURCE_USER_ACTION, 3)
        read = [UserAction.from_avro(codec.decode("user_action", body)) for body in bodies if body != UNREADABLE]
        assert {user_action.salesforce_id for user_action in read} == {None, "00Q1"}


def _read(bootstrap: str, topic: str, count: int) -> list[bytes]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "read", "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    found: list[bytes] = []
    deadline = time.monotonic() + 20
    while len(found) < count and time.monotonic() < deadline:
        found += [message.value() or b"" for message in consumer.consume(100, 1.0) if message.error() is None]
    consumer.close()
    return found


def _outcome(event_id: str) -> Outcome:
    return Outcome(
        "o", "updated", "none", "calls", "demo", "user_action", (event_id,), "t", NOW, NOW, NOW, "", "", Person()
    )


def _count(bootstrap: str, topic: str) -> int:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "count", "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    found = 0
    while messages := consumer.consume(100, 5.0):
        found += len([message for message in messages if message.error() is None])
        if (
            found
            >= sum(
                expected.times for expected in TOLD if isinstance(expected.event, UserAction) and not expected.chosen
            )
            + 2
        ):
            break
    consumer.close()
    return found
