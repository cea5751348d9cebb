"""The embedded broker: good enough for a demo, and gone when its user is."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from connectors.kafka.embedded import EmbeddedKafka, embedded_kafka
from connectors.kafka.options import KafkaSettings, consumer_config, producer_config
from processors.model.errors import Misconfigured
from tests.fixtures.processes import wait_until


@pytest.fixture
def embedded() -> Iterator[EmbeddedKafka]:
    with embedded_kafka({"crm.command.north": 1, "crm.event.call-result": 3}) as running:
        yield running


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_topics_have_the_partitions_that_were_asked_for(embedded: EmbeddedKafka) -> None:
    topics = AdminClient({"bootstrap.servers": embedded.bootstrap}).list_topics(timeout=10).topics
    assert {name: len(topic.partitions) for name, topic in topics.items()} == {
        "crm.command.north": 1,
        "crm.event.call-result": 3,
    }


def test_what_is_produced_is_consumed(embedded: EmbeddedKafka) -> None:
    settings = KafkaSettings(embedded.bootstrap)
    producer = Producer(producer_config(settings))
    for number in range(100):
        producer.produce("crm.command.north", str(number).encode())
    assert producer.flush(20) == 0
    consumer = Consumer(consumer_config(settings, "signalbox-executor"))
    consumer.assign([TopicPartition("crm.command.north", 0, OFFSET_BEGINNING)])
    try:
        assert [message.value() for message in consumer.consume(100, timeout=20)] == [b"%d" % n for n in range(100)]
    finally:
        consumer.close()


def test_a_topic_is_created_only_once(embedded: EmbeddedKafka) -> None:
    embedded.create("crm.command.south", 1)
    with pytest.raises(Misconfigured, match=r"crm\.command\.south.*exists"):
        embedded.create("crm.command.south", 1)


def test_it_ends_with_its_context() -> None:
    with embedded_kafka() as running:
        assert _alive(running.pid)
    assert not _alive(running.pid)


def test_it_ends_when_its_user_is_killed() -> None:
    program = (
        "from connectors.kafka.embedded import embedded_kafka\n"
        "with embedded_kafka() as running:\n"
        "    print(running.pid, flush=True)\n"
        "    input()\n"
    )
    user = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with user:
        assert user.stdout is not None
        broker = int(user.stdout.readline())
        user.kill()
    wait_until(lambda: not _alive(broker), 10, "the end of the embedded broker")
