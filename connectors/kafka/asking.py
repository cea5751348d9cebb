"""
A consumer that asks Kafka about offsets and ends, and is in no group.

In: settings, a group's name, what to say where Kafka gives no answer. Out: the consumer, closed at the end.
Rule of this file: whatever Kafka refuses or leaves unanswered is `Transient`, with the question in its text.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from connectors.kafka.options import KafkaSettings, consumer_config
from processors.model.errors import Transient

SECONDS = 10.0
"""How long one question may take."""


@contextmanager
def asking(kafka: KafkaSettings, group: str, unanswered: str, **options: Any) -> Iterator[Consumer]:
    """Yield a consumer with the offsets of *group*; raise `Transient` that begins with *unanswered*."""
    plain = KafkaSettings(kafka.bootstrap, kafka.options)
    try:
        consumer = Consumer({**consumer_config(plain, group), **options})
        try:
            yield consumer
        finally:
            consumer.close()
    except KafkaException as error:
        raise Transient(f"{unanswered}: {error.args[0].str()}") from error


def partitions_of(consumer: Consumer, topic: str) -> list[TopicPartition]:
    """Return the partitions of a topic in their order; none where it is not there."""
    found = consumer.list_topics(topic, SECONDS).topics.get(topic)
    if found is None or found.error is not None:
        return []
    return [TopicPartition(topic, number) for number in sorted(found.partitions)]
