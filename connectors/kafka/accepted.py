"""
Accepted dead letters: up to which offset of a source topic an operator has looked at what cannot be read.

In: a source topic. Out: one offset for each partition, kept as the committed offsets of a group without members.
Rule of this file: nothing is read from the topic; what is accepted is every message that was in it at that moment.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from confluent_kafka import Consumer, KafkaException, TopicPartition

from connectors.kafka.options import KafkaSettings, consumer_config
from processors.model.errors import Misconfigured, Transient

GROUP_ACCEPTED = "signalbox-dead-letters-accepted"
SECONDS = 10.0


def accepted_offsets(kafka: KafkaSettings) -> Callable[[str], Mapping[int, int]]:
    """Return what tells, of a topic, the accepted offset of each partition; it raises `Transient` without an answer."""

    def of(topic: str) -> Mapping[int, int]:
        with _consumer(kafka) as consumer:
            found = consumer.committed(
                [TopicPartition(topic, partition) for partition in _partitions(consumer, topic)], SECONDS
            )
        return {partition.partition: partition.offset for partition in found if partition.offset >= 0}

    return of


def accept(kafka: KafkaSettings, topic: str) -> Mapping[int, int]:
    """
    Accept whatever *topic* holds now; return the offset behind it of each partition.

    Raises:
        Misconfigured: There is no such topic.
        Transient: Kafka did not answer.
    """
    with _consumer(kafka) as consumer:
        partitions = _partitions(consumer, topic)
        if not partitions:
            raise Misconfigured([f"there is no topic {topic}"])
        ends = [
            TopicPartition(
                topic, partition, consumer.get_watermark_offsets(TopicPartition(topic, partition), SECONDS)[1]
            )
            for partition in partitions
        ]
        consumer.commit(offsets=ends, asynchronous=False)
    return {end.partition: end.offset for end in ends}


@contextmanager
def _consumer(kafka: KafkaSettings) -> Iterator[Consumer]:
    try:
        consumer = Consumer(consumer_config(KafkaSettings(kafka.bootstrap, kafka.options), GROUP_ACCEPTED))
        try:
            yield consumer
        finally:
            consumer.close()
    except KafkaException as error:
        raise Transient(f"Kafka did not answer about accepted dead letters: {error}") from error


def _partitions(consumer: Consumer, topic: str) -> list[int]:
    found = consumer.list_topics(topic, SECONDS).topics.get(topic)
    return sorted(found.partitions) if found is not None and found.error is None else []
