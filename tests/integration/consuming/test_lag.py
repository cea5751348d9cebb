"""A topic whose last offset is a transaction's control record, on real Kafka: who has read all of it is not behind."""

import time
from collections.abc import Callable

from confluent_kafka import Consumer, Producer, TopicPartition

from processors.consuming.lag import EVERY_SECONDS, ConsumerLag
from tests.fixtures.processes import wait_until

Topics = Callable[..., list[str]]


class Gauges:
    """`Metrics` that keep what was set last."""

    def __init__(self) -> None:
        self.seen: dict[str, float] = {}

    def gauge(self, name: str, value: float, **_labels: str) -> None:
        self.seen[name] = value

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        raise AssertionError(name)

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        raise AssertionError(name)


def test_a_control_record_counts_as_unread_for_nobody(kafka: str, make_topics: Topics) -> None:
    (topic,) = make_topics("outcomes")
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": topic})
    producer.init_transactions(60)
    producer.begin_transaction()
    for _ in range(3):
        producer.produce(topic, b"x")
    producer.commit_transaction(60)
    told = {"isolation.level": "read_committed", "enable.partition.eof": True, "enable.auto.commit": False}
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": topic, **told})
    consumer.assign([TopicPartition(topic, 0, 0)])
    gauges, read = Gauges(), []
    lag = ConsumerLag(gauges)

    def ended() -> bool:
        for message in consumer.consume(100, 0.2):
            if message.error() is None:
                lag.read(message)
                read.append(message.offset())
            else:
                lag.at_end(message)
                return True
        return False

    try:
        wait_until(ended, 60, "the end of the topic")
        _, high = consumer.get_watermark_offsets(TopicPartition(topic, 0), cached=True)
        assert (read, high) == ([0, 1, 2], 4)
        lag.tell(consumer, list, time.time())
        assert gauges.seen == {"consumer_lag_messages": 0, "consumer_lag_seconds": 0.0}
        lag.tell(consumer, list, time.time() + 3_600 * EVERY_SECONDS)
        assert gauges.seen == {"consumer_lag_messages": 0, "consumer_lag_seconds": 0.0}
    finally:
        consumer.close()
