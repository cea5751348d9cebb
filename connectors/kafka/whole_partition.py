"""
Reading a partition from where a consumer stands to its end, once.

In: a consumer with one partition assigned, made with `enable.partition.eof`. Out: its messages.
Rule of this file: silence is no end: only Kafka's word that the end is reached is one.
"""

from collections.abc import Iterator

from confluent_kafka import Consumer, KafkaError, KafkaException, Message

from processors.model.errors import Transient

READ_SECONDS = 30.0


def to_the_end(consumer: Consumer, topic: str) -> Iterator[Message]:
    """Yield the rest of a partition of *topic*; raise `Transient` where nothing comes, `KafkaException` on an error."""
    while True:
        message = consumer.poll(READ_SECONDS)
        if message is None:
            raise Transient(f"Kafka gave no message of {topic} within {READ_SECONDS:g} s")
        error = message.error()
        if error is None:
            yield message
        elif error.code() == KafkaError._PARTITION_EOF:
            return
        else:
            raise KafkaException(error)
