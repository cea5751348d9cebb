"""publish, log and dead-letters as their user has them: real processes on a real broker."""

import json
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from schemas.topics import SOURCE_CALL_RESULT as SOURCE
from schemas.topics import dead_letter_topic
from tests.fixtures.processes import wait_until
from tests.integration.signalbox.conftest import Staging
from tests.integration.signalbox.tool import Said, signalbox
from tests.torture.calls import call
from tests.torture.stage import Stage

pytestmark = pytest.mark.timeout(200)
BOUND = 60.0
GARBAGE = b"\xc3\x01never an event \x1b[2J"
LETTERS = dead_letter_topic("call-result")


def _line(event: str, **more: Any) -> str:
    call_result = call(event, event, "lead")
    value = {
        "event_id": call_result.event_id,
        "call_id": call_result.call_id,
        "project": call_result.project,
        "result_code": call_result.result_code,
        "resulted": call_result.resulted.isoformat(),
        "person": {"first_name": "Pat", "last_name": "Lee", "email": f"{event}@example.org"},
        **more,
    }
    return json.dumps(value) + "\n"


def _in(kafka: str, topic: str) -> list[tuple[bytes | None, bytes | None]]:
    """Return key and value of every message that the topic has now."""
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": "reader", "enable.auto.commit": False})
    found: list[tuple[bytes | None, bytes | None]] = []
    try:
        for number in consumer.list_topics(topic, timeout=20).topics[topic].partitions:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, number), 20)
            consumer.assign([TopicPartition(topic, number, low)])
            for _ in range(high - low):
                message = consumer.poll(20)
                assert message is not None
                assert message.error() is None
                found.append((message.key(), message.value()))
        return found
    finally:
        consumer.close()


def test_publish_delivers_good_lines_and_names_the_bad_ones(stage: Staging) -> None:
    box = stage()
    lines = [
        _line("one"),
        "{not json\n",
        "\n",
        _line("two", colour="red"),
        _line("three", resulted="noon"),
        _line("four"),
    ]
    said = signalbox(box.folder, "publish", "-", "--topic", SOURCE, stdin="".join(lines))

    assert said.code == 1
    told = said.err.splitlines()
    assert told[0].startswith("line 2: not JSON")
    assert told[1] == "line 4: unknown field colour"
    assert told[2] == "line 5: resulted is no ISO 8601 time"
    assert told[3] == f"2 published to {SOURCE}, 3 refused"
    assert {key for key, _ in _in(box.kafka, SOURCE)} == {b"call-one", b"call-four"}


def test_publish_to_a_topic_that_takes_no_lines_is_a_fault_of_the_caller(stage: Staging) -> None:
    box = stage()
    said = signalbox(box.folder, "publish", "-", "--topic", LETTERS, stdin=_line("one"))

    assert said.code == 2
    assert said.err.startswith(f"topic '{LETTERS}' takes no published lines; choose one of ")
    assert _in(box.kafka, LETTERS) == []


def test_what_was_published_is_in_the_log_of_its_person(stage: Staging) -> None:
    box = stage()
    for role in ("intake", "executor", "audit"):
        box.start(role)
    published = signalbox(box.folder, "publish", "-", "--topic", SOURCE, stdin=_line("ann") + _line("bob"))
    assert published.code == 0
    wait_until(lambda: box.query("SELECT count(*) FROM audit") == [(2,)], BOUND, "both in the audit", pause=0.2)
    said = signalbox(box.folder, "log", "--person", "ann@example.org", "--json")

    assert said.code == 0
    [outcome] = said.values
    assert (outcome["kind"], outcome["integration"], outcome["org"]) == ("created", "acme-lead", "acme")
    assert outcome["event_ids"] == ["ann"]
    assert outcome["person"]["email"] == "ann@example.org"
    plain = signalbox(box.folder, "log", "--person", "ann@example.org")
    assert len(plain.lines) == 1
    assert signalbox(box.folder, "log", "--person", "eve@example.org", "--json").out == ""


def _letters(box: Stage, *words: str) -> Said:
    said = signalbox(box.folder, "dead-letters", *words)
    assert "\x1b" not in said.out
    return said


def test_a_dead_letter_is_listed_shown_and_sent_back_as_it_came(stage: Staging) -> None:
    box = stage()
    box.start("intake")
    box.publish([(b"k1", GARBAGE), (b"k2", b"other")])
    wait_until(lambda: len(_in(box.kafka, LETTERS)) == 2, BOUND, "the dead letters", pause=0.3)
    listed = _letters(box, "list", "--json").values

    assert [(item["topic"], item["replays"]) for item in listed] == [(SOURCE, 0)] * 2
    assert sorted(item["error"].rpartition(".")[2] for item in listed) == ["Undecodable", "UnknownFingerprint"]
    assert all(item["message"] for item in listed)
    assert len(_letters(box, "list", "--filter", "UnknownFingerprint").lines) == 1
    assert _letters(box, "list", "--filter", "no such reason").out == ""
    shown = [_letters(box, "show", item["at"]).values[0] for item in listed]
    [mine] = [item for item in shown if bytes.fromhex(item["value"]) == GARBAGE]
    assert bytes.fromhex(mine["key"]) == b"k1"

    dry = _letters(box, "replay", "--at", mine["at"], "--dry-run")
    assert (dry.code, dry.lines) == (0, [f"would send {mine['at']} to {SOURCE} (replay 1)", "1 would be sent back"])
    assert len(_in(box.kafka, SOURCE)) == 2
    sent = _letters(box, "replay", "--at", mine["at"])
    assert (sent.code, sent.lines) == (0, [f"sent {mine['at']} to {SOURCE} (replay 1)", "1 were sent back"])
    assert sorted(_in(box.kafka, SOURCE)) == [(b"k1", GARBAGE), (b"k1", GARBAGE), (b"k2", b"other")]

    wait_until(lambda: len(_in(box.kafka, LETTERS)) == 3, BOUND, "the dead letter that came again", pause=0.3)
    [again] = [value for value in _letters(box, "list", "--json").values if value["replays"] == 1]
    assert again["first_seen"] == mine["first_seen"]
    assert bytes.fromhex(_letters(box, "show", again["at"]).values[0]["value"]) == GARBAGE


def test_a_dead_letter_that_is_not_there_is_said_so(stage: Staging) -> None:
    box = stage()
    said = _letters(box, "show", f"{LETTERS}/0/7")

    assert (said.code, said.out) == (1, "")
    assert said.err == f"no dead letter lies at {LETTERS}/0/7; `signalbox dead-letters list` shows where they lie\n"
