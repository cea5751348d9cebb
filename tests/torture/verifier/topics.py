"""
Kafka as a `read_committed` subscriber sees it: whole topics, from their first message to their last stable one.

Rule of this file: it joins no group and commits nothing.
"""

import time
from collections.abc import Sequence
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from tests.torture.verifier.avro_reader import Reader
from tests.torture.verifier.history import Message, Published

SEQUENCE = "signalbox_sequence"
SILENCE = 30.0


def read_topics(bootstrap: str, prefix: str) -> list[Message]:
    """Return every committed message of every topic whose name begins with *prefix*, in order within a partition."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "signalbox-verifier",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            # The broker holds a fetch that finds nothing for half a second by itself: here that is the end.
            "fetch.wait.max.ms": 10,
        }
    )
    try:
        metadata = consumer.list_topics(timeout=30).topics
        partitions = [
            TopicPartition(name, number, OFFSET_BEGINNING)
            for name, topic in sorted(metadata.items())
            if name.startswith(prefix)
            for number in topic.partitions
        ]
        return _drain(consumer, partitions) if partitions else []
    finally:
        consumer.close()


def _drain(consumer: Consumer, partitions: Sequence[TopicPartition]) -> list[Message]:
    consumer.assign(list(partitions))
    left = {(partition.topic, partition.partition) for partition in partitions}
    found: list[Message] = []
    heard = time.monotonic()
    while left:
        got = consumer.consume(1000, 0.2)
        heard = time.monotonic() if got else heard
        if time.monotonic() - heard > SILENCE:
            raise TimeoutError(f"no end of {min(left)}: an open transaction holds its readers back")
        for message in got:
            error = message.error()
            if error is None:
                found.append(_message(message))
            elif error.code() == KafkaError._PARTITION_EOF:
                left.discard((message.topic(), message.partition()))
            else:
                raise RuntimeError(error.str())
    return sorted(found, key=lambda item: (item.topic, item.partition, item.offset))


def _message(message: Any) -> Message:
    headers = {name: (value or b"").decode(errors="replace") for name, value in message.headers() or ()}
    return Message(message.topic(), message.partition(), message.offset(), message.value() or b"", headers)


def outcomes(messages: Sequence[Message], reader: Reader) -> list[Published]:
    """Return outcomes, or notices, decoded; raise ValueError that names a message that cannot be read."""
    found = []
    for message in messages:
        try:
            value = reader.read(message.value)
        except ValueError as error:
            raise ValueError(f"{message.topic}/{message.partition}/{message.offset}: {error}") from error
        found.append(
            Published(message.topic, message.partition, message.offset, int(message.headers.get(SEQUENCE, -1)), value)
        )
    return found
