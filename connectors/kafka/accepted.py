"""
Accepted dead letters: up to which offset of a source topic an operator has looked at what cannot be read.

In: a source topic. Out: one offset for each partition, kept as the committed offsets of a group without members.
Rule of this file: nothing is read from the topic; what is accepted is every message that was in it at that moment.
"""

from collections.abc import Callable, Mapping

from confluent_kafka import TopicPartition

from connectors.kafka.asking import SECONDS, asking, partitions_of
from connectors.kafka.options import KafkaSettings
from processors.model.errors import Misconfigured

GROUP_ACCEPTED = "signalbox-dead-letters-accepted"
_UNANSWERED = "Kafka did not answer about accepted dead letters"


def accepted_offsets(kafka: KafkaSettings) -> Callable[[str], Mapping[int, int]]:
    """Return what tells, of a topic, the accepted offset of each partition; it raises `Transient` without an answer."""

    def of(topic: str) -> Mapping[int, int]:
        with asking(kafka, GROUP_ACCEPTED, _UNANSWERED) as consumer:
            found = consumer.committed(partitions_of(consumer, topic), SECONDS)
        return {partition.partition: partition.offset for partition in found if partition.offset >= 0}

    return of


def accept(kafka: KafkaSettings, topic: str) -> Mapping[int, int]:
    """
    Accept whatever *topic* holds now; return the offset behind it of each partition.

    Raises:
        Misconfigured: There is no such topic.
        Transient: Kafka did not answer.
    """
    with asking(kafka, GROUP_ACCEPTED, _UNANSWERED) as consumer:
        partitions = partitions_of(consumer, topic)
        if not partitions:
            raise Misconfigured([f"there is no topic {topic}"])
        ends = [
            TopicPartition(topic, place.partition, consumer.get_watermark_offsets(place, SECONDS)[1])
            for place in partitions
        ]
        consumer.commit(offsets=ends, asynchronous=False)
    return {end.partition: end.offset for end in ends}
