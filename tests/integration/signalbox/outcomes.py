"""
What the outcome topics hold: committed messages alone, read to their present end.

In: Kafka's address. Out: outcomes in the org's sequence.
Rule of this file: nothing is counted before every partition's end was seen.
"""

import time
import uuid

from confluent_kafka import Consumer, KafkaError, TopicPartition

from schemas.codec import SingleObject
from schemas.outcome import Outcome
from schemas.topics import OUTCOME_KINDS, outcome_topic

BOUND = 30.0


def outcomes(kafka: str, bound: float = BOUND) -> list[tuple[int, Outcome]]:
    """Return every committed outcome with its sequence number, by that number."""
    config = {
        "bootstrap.servers": kafka,
        "group.id": f"reader-{uuid.uuid4()}",
        "isolation.level": "read_committed",
        "enable.partition.eof": True,
    }
    consumer, codec = Consumer(config), SingleObject()
    try:
        topics = consumer.list_topics(timeout=bound).topics
        wanted = [
            (outcome_topic(kind), number) for kind in OUTCOME_KINDS for number in topics[outcome_topic(kind)].partitions
        ]
        consumer.assign([TopicPartition(topic, number, 0) for topic, number in wanted])
        found: list[tuple[int, Outcome]] = []
        ended: set[tuple[str | None, int | None]] = set()
        end = time.monotonic() + bound
        while len(ended) < len(wanted):
            assert time.monotonic() < end, f"{len(ended)} of {len(wanted)} partitions were read in {bound:g} s"
            message = consumer.poll(0.2)
            if message is None:
                continue
            error = message.error()
            if error is None:
                headers = dict(message.headers() or [])
                number = int(headers["signalbox_sequence"] or b"0")
                found.append((number, Outcome.from_avro(codec.decode("outcome", message.value() or b""))))
            else:
                assert error.code() == KafkaError._PARTITION_EOF, error.str()
                ended.add((message.topic(), message.partition()))
        return sorted(found, key=lambda pair: pair[0])
    finally:
        consumer.close()
