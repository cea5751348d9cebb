import json
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin._resource import ResourceType

from connectors.kafka.accepted import accept
from connectors.kafka.options import KafkaSettings
from schemas.booking import Booking
from schemas.call_result import CallResult
from schemas.codec import SingleObject
from schemas.command import Command
from schemas.field_activity import FieldActivity
from schemas.field_record import FieldRecord
from schemas.pbx_call_event import PbxCallEvent
from schemas.prospect import Prospect
from schemas.user_action import UserAction
from schemas.values import Person
from tests.fixtures.kafka_server import ROOT
from tests.fixtures.processes import wait_until
from tests.fixtures.started import Started, start

INTEGRATION = """
name: yes-to-contact
preset: vanillasoft
org: acme
enabled: true
project: Solar
result_codes: [YES]
action: update_or_create_contact
"""
OTHERS = {
    "bookings.yaml": "name: bookings\npreset: jicoo\norg: acme\nenabled: true\nworkspace: Solar\n",
    "marketing.yaml": "name: marketing\npreset: lead_liaison\norg: acme\nenabled: true\nworkspace: Solar\n",
    "field.yaml": (
        "name: field\npreset: spotio\norg: acme\nenabled: true\nworkspace: Solar\nfield_sales: {to_salesforce: true}\n"
    ),
    "calls.yaml": "name: calls\npreset: wildix\norg: acme\nenabled: true\nnetwork: pbx\n",
}
AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ANN = Person(first_name="Ann", email="ann@example.com")
SOURCES_BESIDE: dict[str, tuple[str, dict[str, Any]]] = {
    "booking": ("booking", Booking("eb", "b1", "solar", "booked", AT, ANN, AT, AT, title="Talk").to_avro()),
    "pbx-call": ("pbx_call_event", PbxCallEvent("ep", "c1", "PBX", "started", AT).to_avro()),
    "prospect": ("prospect", Prospect("er", "p1", "solar", AT, ANN).to_avro()),
    "field-record": ("field_record", FieldRecord("ef", "r1", "solar", AT, ANN).to_avro()),
    "field-activity": ("field_activity", FieldActivity("ea", "a1", "solar", AT, ANN, name="Knock").to_avro()),
    "user-action": ("user_action", UserAction("eu", "create_lead", "calls", AT, ANN).to_avro()),
}
"""What each of the other source topics gets: a contract and an event of it."""
SECONDS = 60.0


class Intake:
    """The intake's processes on this test's own topics."""

    def __init__(self, folder: Path, kafka: str, prefix: str) -> None:
        self.folder, self.kafka, self.prefix = folder, kafka, prefix
        (folder / "integrations").mkdir()
        for name, text in {"yes.yaml": INTEGRATION, **OTHERS}.items():
            (folder / "integrations" / name).write_text(text)
        self.processes: list[Started] = []

    def start(self, fault: str | None = None, **more: Any) -> Started:
        number = len(self.processes)
        settings = {
            "faust": {"broker": f"kafka://{self.kafka}"},
            "topic_prefix": self.prefix,
            "instance": "one",
            "batch": 50,
            **more,
        }
        told = self.folder / f"settings-{number}.json"
        told.write_text(
            json.dumps({"folder": str(self.folder), "settings": settings, "fault": fault, "kafka": self.kafka})
        )
        words = ["-m", "tests.integration.intake.intake_process", str(told)]
        process = start(words, cwd=ROOT, stdout=self.folder / f"log-{number}")
        self.processes.append(process)
        return process

    def log(self, number: int = 0) -> str:
        path = self.folder / f"log-{number}"
        return path.read_text() if path.exists() else ""

    def metrics(self) -> list[Any]:
        path = self.folder / "metrics.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def lag(self, source: str) -> list[float]:
        """Return how many messages of a source's topic were told as unread, one number for each look."""
        path = self.folder / "gauges.jsonl"
        told = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        topic = f"crm.event.{source}"
        return [item for name, item, labels in told if (name, labels.get("topic")) == ("consumer_lag_messages", topic)]

    def publish(self, *values: bytes | None, source: str = "call-result", codec: str = "none") -> None:
        config = {"bootstrap.servers": self.kafka, "compression.type": codec, "linger.ms": 50}
        # Idempotent: a request that the broker has taken again must not change the order that a test publishes in.
        producer = Producer({**config, "message.max.bytes": 1_100_000, "enable.idempotence": True})
        for value in values:
            producer.produce(f"{self.prefix}crm.event.{source}", value, key=b"k", headers=[("own", b"1")])
        assert producer.flush(20) == 0

    def read(self, topic: str, enough: Callable[[list[Message]], bool]) -> list[Message]:
        consumer = Consumer(
            {"bootstrap.servers": self.kafka, "group.id": self.prefix + "test", "enable.auto.commit": False}
        )
        consumer.assign([TopicPartition(self.prefix + topic, 0, 0)])
        messages: list[Message] = []

        def polled() -> bool:
            messages.extend(message for message in consumer.consume(1000, 0.2) if not message.error())
            return enough(messages)

        try:
            wait_until(polled, SECONDS, f"messages on {topic}")
        finally:
            consumer.close()
        return messages

    def limit(self, topic: str, size: int) -> None:
        """Let a topic take messages of so many bytes at most."""
        entry = ConfigEntry("max.message.bytes", str(size), incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ResourceType.TOPIC, self.prefix + topic, incremental_configs=[entry])
        admin = AdminClient({"bootstrap.servers": self.kafka})
        for done in admin.incremental_alter_configs([resource]).values():
            done.result(20)

    def committed(self) -> int:
        consumer = Consumer({"bootstrap.servers": self.kafka, "group.id": self.prefix + "signalbox-intake"})
        try:
            [found] = consumer.committed([TopicPartition(self.prefix + "crm.event.call-result", 0)], timeout=20)
        finally:
            consumer.close()
        return int(found.offset)


@pytest.fixture
def intake(tmp_path: Path, kafka: str, topic_prefix: str, make_topics: Callable[..., list[str]]) -> Iterator[Intake]:
    make_topics(
        "crm.command.acme",
        "crm.command.none",
        *(f"crm.{what}.{source}" for source in ("call-result", *SOURCES_BESIDE) for what in ("event", "dead-letter")),
    )
    running = Intake(tmp_path, kafka, topic_prefix)
    yield running
    for process in running.processes:
        process.kill()
        process.wait(10)


def event(number: int, code: str = "YES") -> bytes:
    result = CallResult(
        event_id=f"e{number}",
        call_id=f"c{number}",
        project="Solar",
        result_code=code,
        resulted=datetime(2026, 1, 5, 9, 0, tzinfo=UTC),
        person=Person(first_name="Ada", email="ada@example.com"),
    )
    return SingleObject().encode("call_result", result.to_avro())


def commands(messages: list[Message]) -> list[Command]:
    return [Command.from_avro(SingleObject().decode("command", message.value() or b"")) for message in messages]


def test_call_results_become_commands_and_an_unreadable_one_a_dead_letter(intake: Intake) -> None:
    process = intake.start()
    intake.publish(event(1), b"\xffpoison", event(2), event(3, "NA"))

    applied = commands(intake.read("crm.command.acme", lambda found: len(found) >= 2))
    [nobody] = commands(intake.read("crm.command.none", lambda found: len(found) >= 1))
    [letter] = intake.read("crm.dead-letter.call-result", lambda found: len(found) >= 1)

    assert [command.event_id for command in applied] == ["e1", "e2"]
    assert applied[0].contact["Email"] == "ada@example.com"
    assert (nobody.event_id, nobody.skip_reason, nobody.rule_ids) == ("e3", "no_integration", ("VS-5",))
    assert letter.value() == b"\xffpoison"
    said: dict[Any, Any] = dict(letter.headers() or ())
    assert said["own"] == b"1"
    assert said["__connect.errors.offset"] == b"1"
    assert said["__connect.errors.topic"] == f"{intake.prefix}crm.event.call-result".encode()
    wait_until(lambda: len(intake.metrics()) == 8, SECONDS, "the counters of four messages")
    wait_until((intake.folder / "alive").exists, SECONDS, "a sign of life")

    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0, intake.log()
    assert intake.committed() == 4


def test_each_source_becomes_commands_and_its_unreadable_ones_go_to_its_own_dead_letter_topic(intake: Intake) -> None:
    intake.start()
    for source, (contract, value) in SOURCES_BESIDE.items():
        blank = SingleObject().encode(contract, {**value, "event_id": " "})
        intake.publish(SingleObject().encode(contract, value), source.encode(), blank, source=source)

    made = {
        command.event_id: command
        for command in commands(intake.read("crm.command.acme", lambda found: len(found) >= 6))
    }
    assert {name: (command.contract, command.kind, command.integration) for name, command in made.items()} == {
        "eb": ("booking", "apply", "bookings"),
        "ep": ("pbx_call_event", "step", "calls"),
        "er": ("prospect", "apply", "marketing"),
        "ef": ("field_record", "apply", "field"),
        "ea": ("field_activity", "apply", "field"),
        "eu": ("user_action", "apply", "calls"),
    }
    assert made["eb"].activity["Subject"] == "Talk"
    assert made["eu"].lead["Email"] == "ann@example.com"
    for source, (contract, value) in SOURCES_BESIDE.items():
        [poison, unnamed] = intake.read(f"crm.dead-letter.{source}", lambda found: len(found) >= 2)
        assert poison.value() == source.encode()
        assert unnamed.value() == SingleObject().encode(contract, {**value, "event_id": " "})
        said: dict[Any, Any] = dict(unnamed.headers() or ())
        assert b"event_id is blank" in said["__connect.errors.exception.message"]
        assert said["__connect.errors.topic"] == f"{intake.prefix}crm.event.{source}".encode()


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_what_publishers_compress_is_read(intake: Intake, codec: str) -> None:
    intake.start()
    intake.publish(*(event(number) for number in range(50)), codec=codec)
    read = commands(intake.read("crm.command.acme", lambda found: len(found) >= 50))
    assert {command.event_id for command in read} == {f"e{number}" for number in range(50)}


def test_kill_9_loses_nothing(intake: Intake) -> None:
    wanted = {f"e{number}" for number in range(2000)}
    intake.publish(*(event(number) for number in range(2000)))
    first = intake.start()
    intake.read("crm.command.acme", lambda found: len(found) >= 100)
    first.kill()
    first.wait(10)

    intake.start()

    def all_there(found: list[Message]) -> bool:
        return len(found) >= len(wanted) and {command.event_id for command in commands(found)} == wanted

    intake.read("crm.command.acme", all_there)


def test_what_our_own_code_fails_at_is_set_apart(intake: Intake) -> None:
    intake.publish(event(1))
    process = intake.start(fault="a planted fault")
    [dead] = intake.read("crm.dead-letter.call-result", lambda found: len(found) >= 1)
    said: dict[Any, Any] = dict(dead.headers() or ())
    assert dead.value() == event(1)
    assert b"RuntimeError at " in said["__connect.errors.exception.message"]
    assert b"a planted fault" not in said["__connect.errors.exception.message"]
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0, intake.log()
    assert intake.committed() == 1


def test_what_no_topic_takes_whole_is_a_shortened_dead_letter_and_the_others_pass(
    intake: Intake,
) -> None:
    garbage = b"x" * 1_048_000
    process = intake.start()
    intake.publish(event(1), garbage, event(2))
    assert [
        command.event_id for command in commands(intake.read("crm.command.acme", lambda found: len(found) >= 2))
    ] == [
        "e1",
        "e2",
    ]
    [dead] = intake.read("crm.dead-letter.call-result", lambda found: len(found) >= 1)
    said: dict[Any, Any] = dict(dead.headers() or ())
    assert f"value 1048000 bytes sha256 {sha256(garbage).hexdigest()}".encode() in said["signalbox.shortened"]
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0, intake.log()
    assert intake.committed() == 3


def test_a_command_that_its_topic_refuses_for_its_size_is_a_dead_letter_and_the_others_pass(intake: Intake) -> None:
    intake.limit("crm.command.acme", 20_000)
    intake.limit("crm.dead-letter.call-result", 20_000)
    large = SingleObject().decode("call_result", event(2))
    large["notes"] = "n" * 100_000
    large["person"]["phones"] = ["5" * 2_000] * 50
    intake.publish(event(1), SingleObject().encode("call_result", large), event(3))
    intake.start()
    read = commands(
        intake.read("crm.command.acme", lambda found: {command.event_id for command in commands(found)} >= {"e1", "e3"})
    )
    assert {command.event_id for command in read} == {"e1", "e3"}
    [dead] = intake.read("crm.dead-letter.call-result", lambda found: len(found) >= 1)
    said: dict[Any, Any] = dict(dead.headers() or ())
    assert b"TooLarge" in said["__connect.errors.exception.class.name"]
    assert len(dead.value() or b"") < 20_000


def test_too_large_a_share_of_dead_letters_pauses_that_topic_alone_until_it_is_accepted(intake: Intake) -> None:
    # Enough that a first batch of fewer than the least number, which passes, leaves enough for a pause after a restart.
    intake.publish(*[b"poison"] * 60)
    process = intake.start()
    wait_until(lambda: "topic is paused" in intake.log(), SECONDS, "the pause")
    contract, value = SOURCES_BESIDE["booking"]
    intake.publish(SingleObject().encode(contract, value), source="booking")
    assert len(intake.read("crm.command.acme", lambda found: len(found) >= 1)) == 1
    assert sum("topic is paused" in line and "CRITICAL" in line for line in intake.log().splitlines()) == 1
    assert "signalbox dead-letters accept crm.event.call-result" in intake.log()
    assert intake.committed() < 20

    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0, intake.log()
    intake.start()
    wait_until(lambda: "topic is paused" in intake.log(1), SECONDS, "the pause after a restart")
    assert accept(KafkaSettings(intake.kafka), f"{intake.prefix}crm.event.call-result") == {0: 60}
    intake.publish(event(1))
    assert len(intake.read("crm.dead-letter.call-result", lambda found: len(found) >= 60)) == 60
    assert len(intake.read("crm.command.acme", lambda found: len(found) >= 2)) == 2


def test_a_transaction_of_a_publisher_leaves_nothing_unread_behind(intake: Intake) -> None:
    intake.start()
    producer = Producer({"bootstrap.servers": intake.kafka, "transactional.id": intake.prefix})
    producer.init_transactions(60)
    producer.begin_transaction()
    producer.produce(f"{intake.prefix}crm.event.call-result", event(1), key=b"k")
    producer.commit_transaction(60)
    intake.read("crm.command.acme", lambda found: len(found) == 1)
    # Its last offset is a control record.
    wait_until(lambda: intake.lag("call-result")[-2:] == [0.0, 0.0], SECONDS, "a topic that is read to its end")
