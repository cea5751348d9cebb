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
    for one in TOLD:
        if isinstance(one.event, PbxCallEvent):
            found.setdefault(one.event.source_id, []).append(one)
    return found


def test_calls_have_three_to_six_steps_and_meet_every_case() -> None:
    assert len(calls()) >= 30
    assert {len(steps) for steps in calls().values()} <= {3, 4, 5, 6}
    outcomes = {steps[0].outcome for steps in calls().values()}
    assert outcomes >= {"skipped.internal", "skipped.short_call", "skipped.unknown_number", "activity.activity_created"}
    steps = {one.event.step for call in calls().values() for one in call if isinstance(one.event, PbxCallEvent)}
    assert steps >= {"transferred_blind", "transferred_attended", "recorded"}


def test_bookings_are_made_moved_and_cancelled() -> None:
    bookings = [one.event for one in TOLD if isinstance(one.event, Booking)]
    assert len({one.booking_id for one in bookings}) >= 20
    assert {one.status for one in bookings} == {"booked", "moved", "cancelled"}
    assert any(one.previous_booking for one in bookings)
    cancelled = Counter(one.booking_id for one in bookings if one.status == "cancelled")
    assert max(cancelled.values()) == 2


def test_whatever_waits_waits_for_an_event_that_is_told() -> None:
    events = {one.event.event_id for one in TOLD}
    edits, last = Script(1, NOW).edits(TOLD)
    made = {one.name for one in edits}
    assert {name for one in TOLD for name in (one.after, one.about) if name} <= events | made
    assert {name for one in (*edits, last) for name in (one.after, one.when) if name} <= events
    assert made & {one.after for one in TOLD}


def test_prospects_and_the_field_team_meet_every_case() -> None:
    outcomes = Counter(one.outcome for one in TOLD if one.integration == "prospects")
    assert outcomes.keys() >= {"skipped.anonymous", "error.record_deleted", "error.picklist_unmapped"}
    assert outcomes["created.none"] > 12
    states = [one.event for one in TOLD if isinstance(one.event, FieldRecord)]
    assert {one.stage for one in states} == {"New", "Qualified", "Won", "Lost"}
    assert {one.event.kind for one in TOLD if isinstance(one.event, FieldActivity)} == {"activity", "visit"}
    assert sum(one.outcome == "converted.none" for one in TOLD if one.integration == "field-sales") == 2


def test_a_user_names_a_record_that_is_known_before() -> None:
    before = {one.fields.get("Email") for one in existing_records()}
    edits, last = Script(1, NOW).edits(TOLD)
    assert {one.chosen for one in TOLD if one.chosen} | {one.existing for one in edits if one.existing} <= before
    assert any(one.chosen for one in TOLD)
    # Each on a record of its own, so that two of them never come back as one change.
    records = [one.after or one.existing for one in (*edits, last)]
    assert len(set(records)) == len(records)


def test_equal_seeds_tell_the_same() -> None:
    assert Script(1, NOW).expectations() == TOLD
    assert Script(2, NOW).expectations() != TOLD


def test_each_source_has_its_topic_and_its_key() -> None:
    step = next(one.event for one in TOLD if isinstance(one.event, PbxCallEvent))
    assert (topic_of(step), kafka_key(step)) == (SOURCE_PBX_CALL, step.call_id.encode())
    forced = next(one.event for one in TOLD if isinstance(one.event, UserAction) and one.event.action == "force_new")
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
    hand = [one for one in TOLD if isinstance(one.event, UserAction) and one.integration == "calls"]
    waits = [one for one in hand if one.about or one.after]
    with embedded_kafka(partitions) as kafka:
        deliver = Deliver(kafka.bootstrap, SingleObject(), hand)
        deliver.begin(hand[0].event)
        at_once = sum(one.times for one in hand if one not in waits)
        assert deliver.messages == at_once + 1 + 1
        deliver.saw([], [notice(hand[0].event.event_id)])
        assert deliver.messages == at_once + 1 + 1 + 1
        answered = [_outcome(one.event.event_id) for one in hand]
        deliver.saw(answered, [notice(one.about) for one in waits if one.about])
        assert deliver.messages == at_once + 1 + 1 + sum(one.times for one in waits)
        assert _count(kafka.bootstrap, SOURCE_USER_ACTION) == sum(one.times for one in hand) + 2


@pytest.mark.outside
def test_a_user_names_a_record_and_what_waits_for_an_edit_goes_when_it_is_made() -> None:
    partitions = {topic.name: topic.partitions for topic in topic_table([])}
    link = next(one for one in TOLD if one.chosen)
    codec = SingleObject()
    with embedded_kafka(partitions) as kafka:
        deliver = Deliver(kafka.bootstrap, codec, [replace(link, after="an edit")], {str(link.chosen): "00Q1"})
        deliver.begin(link.event)
        before = deliver.messages
        deliver.saw([], [], ["an edit"])
        assert deliver.messages == before + 1
        bodies = _read(kafka.bootstrap, SOURCE_USER_ACTION, 3)
        read = [UserAction.from_avro(codec.decode("user_action", one)) for one in bodies if one != UNREADABLE]
        assert {one.salesforce_id for one in read} == {None, "00Q1"}


def _read(bootstrap: str, topic: str, count: int) -> list[bytes]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "read", "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    found: list[bytes] = []
    deadline = time.monotonic() + 20
    while len(found) < count and time.monotonic() < deadline:
        found += [one.value() or b"" for one in consumer.consume(100, 1.0) if one.error() is None]
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
        found += len([one for one in messages if one.error() is None])
        if found >= sum(one.times for one in TOLD if isinstance(one.event, UserAction) and not one.chosen) + 2:
            break
    consumer.close()
    return found
