"""
What waits for a consumer group, as Kafka tells it to a reader from outside.

In: a group and topics. Out: for each topic the messages that wait, and when the oldest of them was sent.
Rule of this file: reads only, and nothing is committed. A transaction's control record is no message: where the end of
a partition is found without one, nothing waits.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from connectors.kafka.asking import SECONDS, asking, partitions_of
from connectors.kafka.options import KafkaSettings
from processors.model.errors import Transient


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages of a topic that a group has not read yet: how many at the most, and when the oldest was sent (epoch)."""

    topic: str
    messages: int
    since: float


def committed(kafka: KafkaSettings, group: str, topics: Iterable[str]) -> Mapping[str, TopicPartition]:
    """Return what *group* has committed of topics of one partition, with its metadata; raises `Transient`."""
    places = [TopicPartition(topic, 0) for topic in topics]
    with asking(kafka, group, f"Kafka does not say what group {group} has committed") as consumer:
        return {place.topic: place for place in consumer.committed(places, SECONDS)}


def waiting(kafka: KafkaSettings, group: str, topics: Iterable[str]) -> tuple[Waiting, ...]:
    """
    Return the topics of which something waits for *group*, in the order given; a missing topic counts as empty.

    Raises:
        Transient: Kafka did not answer.
    """
    unanswered = f"Kafka does not tell what waits for group {group}"
    with asking(kafka, group, unanswered, **{"enable.partition.eof": True}) as consumer:
        return tuple(found for topic in topics if (found := _of_topic(consumer, topic)) is not None)


def _of_topic(consumer: Consumer, topic: str) -> Waiting | None:
    if not (partitions := partitions_of(consumer, topic)):
        return None
    unread = []
    messages = 0
    for place in consumer.committed(partitions, SECONDS):
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, place.partition), SECONDS)
        begin = max(low, place.offset if place.offset >= 0 else low)
        if high > begin:
            unread.append(TopicPartition(topic, place.partition, begin))
            messages += high - begin
    sent = _first_sent(consumer, unread) if unread else []
    return Waiting(topic, messages, min(sent)) if sent else None


def _first_sent(consumer: Consumer, places: list[TopicPartition]) -> list[float]:
    """Return when the first message behind each place was sent; places with nothing but control records have none."""
    sent: list[float] = []
    missing = {place.partition for place in places}
    consumer.assign(places)
    while missing:
        message = consumer.poll(SECONDS)
        if message is None:
            raise Transient(f"Kafka gave no message of {places[0].topic} within {SECONDS:g} s")
        error = message.error()
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            raise KafkaException(error)
        number = message.partition() or 0
        if number in missing:
            missing.discard(number)
            if error is None:
                sent.append(message.timestamp()[1] / 1000)
                consumer.incremental_unassign([TopicPartition(places[0].topic, number)])
    consumer.unassign()
    return sent


def held(kafka: KafkaSettings, topics: Iterable[str]) -> Mapping[str, int]:
    """Return how many messages each topic holds; topics that are not there are left out. Raises `Transient`."""
    found = {}
    with asking(kafka, "signalbox-status", "Kafka does not tell what its topics hold") as consumer:
        for topic in topics:
            if partitions := partitions_of(consumer, topic):
                ends = [consumer.get_watermark_offsets(place, SECONDS) for place in partitions]
                found[topic] = sum(high - low for low, high in ends)
    return found
