"""
The end of a transaction is held up by the network, and arrives in the middle of the next one (KIP-890).

What the executor's publisher and the log of changes send is there once, whatever becomes of that next transaction.
Without the remedy it is there twice: the last test shows that the others would see it.
"""

import random
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from connectors.kafka.change_log import KafkaChangeLog
from connectors.kafka.options import KafkaSettings, consumer_config, transactional_config
from connectors.kafka.transactions import WatchedProducer
from processors.changes.ports import NotKept, OutgoingMessage, Superseded
from processors.consuming.ports import TransactionalProducer
from processors.executor.session.publish import Expelled, NotPublished, Position, Publisher
from processors.model.ledger import Unpublished
from schemas.topics import change_state_topic, change_topic, command_topic, outcome_topic
from tests.fixtures.kafka_server import Unavailable
from tests.fixtures.processes import wait_until
from tests.fixtures.run import unavailable
from tests.fixtures.slow_network import SlowNetwork, kafka_behind_a_slow_network
from tests.torture.size import size
from tests.torture.verifier.topics import read_topics

HELD, HELD_OF_CHANGES = size(20, 35), size(10, 15)
"""Ends that are held a seed, of the executor and of reverse sync: 30 in `make test`, 1,000 in 20 full rounds."""
SHORT = {"reconnect.backoff.ms": 10, "reconnect.backoff.max.ms": 100, "retry.backoff.ms": 10}
OUTCOMES = outcome_topic("created")
Broker = tuple[str, SlowNetwork]


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    """Return the address of a broker behind a proxy, and the proxy."""
    try:
        with kafka_behind_a_slow_network() as (bootstrap, network):
            create(bootstrap, OUTCOMES)
            yield bootstrap, network
    except Unavailable as missing:
        unavailable("The real-Kafka tier", str(missing))


def create(bootstrap: str, *topics: str) -> None:
    """Create topics of one partition."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for done in admin.create_topics([NewTopic(topic, 1, 1) for topic in topics], operation_timeout=20).values():
        done.result(30)


class Failed(KafkaException):
    """What ends a transaction in its middle."""

    def __init__(self) -> None:
        super().__init__(KafkaError(KafkaError._MSG_TIMED_OUT, "a test's own"))


class Careless(WatchedProducer):
    """A producer that never minds a late end: the product as it was."""

    def _note(self, why: str) -> None:
        """Forget it."""


class Publishing:
    """An org's publisher, and the position that it has come to."""

    def __init__(self, broker: Broker, rng: random.Random, kind: type[WatchedProducer] = WatchedProducer) -> None:
        self.bootstrap, self.network = broker
        self.rng, self.fails, self.producers = rng, False, 0
        self.org = f"org-{uuid.uuid4().hex[:8]}"
        self.group = f"executor-{self.org}"
        create(self.bootstrap, command_topic(self.org))
        kafka = KafkaSettings(self.bootstrap, instance="one")
        self.consumer = Consumer(consumer_config(kafka, self.group))
        self.consumer.subscribe([command_topic(self.org)])
        wait_until(lambda: self.consumer.poll(0.1) is None and bool(self.consumer.assignment()), 60, "the partition")

        def make() -> TransactionalProducer:
            self.producers += 1
            return kind(transactional_config(kafka, self.group) | SHORT)

        self.publisher = Publisher(make, self.consumer, self._probe, also_commit=False, poll=lambda: None)
        self.publisher.begin()
        self.position = Position(0, 0, "ledger")

    def _probe(self, place: str) -> None:
        if place == "inside_transaction" and self.network.waiting:
            self.publisher._producer.flush(20)
            self.network.release()
            if self.fails:
                raise Failed

    def publish(self, count: int) -> None:
        """Publish the next *count* outcomes; what is not taken is published with the next."""
        first = self.position.sequence + 1
        rows = [
            Unpublished(number, f"{self.org}-{number}", "created", self.org.encode(), "key", b"{}")
            for number in range(first, first + count)
        ]
        after = Position(self.position.offset + count, self.position.sequence + count, "ledger")
        try:
            self.publisher.publish({self.org: after}, {self.org: rows})
        except NotPublished:
            return
        self.position = after

    def hold_an_end(self) -> None:
        """Publish with an end that is held; it arrives in the middle of the next transaction, which mostly fails."""
        before = self.network.held
        self.network.hold_next()
        self.publish(self.rng.randrange(1, 4))
        assert self.network.held == before + 1
        self.fails = self.rng.random() < 0.7
        self.publish(self.rng.randrange(1, 4))
        self.fails = False

    def seen(self) -> list[int]:
        """Return the numbers of the outcomes that a `read_committed` subscriber sees."""
        found = [topic for topic in read_topics(self.bootstrap, OUTCOMES) if topic.value == self.org.encode()]
        return [int(message.headers["signalbox_sequence"]) for message in found]

    def committed(self) -> Position | None:
        """Return the stable committed position."""
        return Position.read(self.consumer.committed([TopicPartition(command_topic(self.org), 0)], 20)[0])


@pytest.mark.timeout(600)
def test_a_late_end_of_a_transaction_publishes_no_outcome_twice(broker: Broker, seed: int) -> None:
    rig = Publishing(broker, random.Random(seed))
    for _ in range(HELD):
        rig.hold_an_end()
    rig.publish(1)
    assert rig.seen() == list(range(1, rig.position.sequence + 1))
    assert rig.committed() == rig.position
    assert rig.producers >= HELD + 1
    rig.consumer.close()


class Polling:
    """The log of an org's changes, and how far a poller has come by its cursor."""

    def __init__(self, broker: Broker, rng: random.Random) -> None:
        bootstrap, self.network = broker
        self.bootstrap, self.rng, self.fails = bootstrap, rng, False
        self.org = f"org-{uuid.uuid4().hex[:8]}"
        self.state, self.changes = change_state_topic(self.org), change_topic(self.org)
        create(bootstrap, self.state, self.changes)
        kafka = KafkaSettings(bootstrap)
        make: Callable[[], WatchedProducer] = lambda: WatchedProducer(transactional_config(kafka, self.org) | SHORT)  # noqa: E731
        self.log = KafkaChangeLog(self.state, make, consumer_config(kafka, f"{self.org}-read"), self._probe)
        self.cursor: int | None = None

    def _probe(self, place: str) -> None:
        if place == "inside_transaction" and self.network.waiting:
            producer: Any = self.log._producer
            producer.flush(20)
            self.network.release()
            if self.fails:
                raise Failed

    def turn(self) -> bool:
        """Send the next change with the cursor, as the poller does; return whether it was sent."""
        try:
            if self.cursor is None:
                self.cursor = max((int(value or b"0") for _, value in self.log.open()), default=0)
            text = str(self.cursor + 1).encode()
            self.log.commit([OutgoingMessage(self.changes, b"k", text), OutgoingMessage(self.state, b"cursor", text)])
        except NotKept:
            return False
        except Superseded:
            self.log.close()
            self.cursor = None
            return False
        self.cursor += 1
        return True

    def hold_an_end(self) -> None:
        """Send a change with an end that is held; it arrives in the middle of the next transaction."""
        while not self.turn():
            pass
        self.network.hold_next()
        self.turn()
        self.fails = self.rng.random() < 0.7
        while self.network.waiting:
            self.turn()
        self.fails = False


@pytest.mark.timeout(600)
def test_a_late_end_of_a_transaction_sends_no_change_twice(broker: Broker, seed: int) -> None:
    rig, before = Polling(broker, random.Random(seed)), broker[1].held
    for _ in range(HELD_OF_CHANGES):
        rig.hold_an_end()
    while not rig.turn():
        pass
    assert broker[1].held - before == HELD_OF_CHANGES
    sent = [int(topic.value) for topic in read_topics(rig.bootstrap, rig.changes)]
    assert sent == list(range(1, (rig.cursor or 0) + 1))


def test_without_the_remedy_outcomes_would_be_there_twice(broker: Broker) -> None:
    rig = Publishing(broker, random.Random(1), Careless)
    rig.network.hold_next()
    rig.publish(1)
    rig.fails = True
    with pytest.raises(Expelled, match="could not be ended"):
        rig.publish(1)
    # The broker took the late end for that of the open transaction, of which it has no position.
    assert rig.seen() == [1, 2]
    assert rig.committed() == Position(1, 1, "ledger")
    rig.consumer.close()
