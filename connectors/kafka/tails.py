"""
Tails of the outcome topics: up to which number an org's outcomes were published.

In: topics, an org's ledger number.  Out: the highest sequence number in a header.
Rule of this file: committed messages alone count; the whole topic is read where its tail does not tell.
"""

from collections.abc import Callable, Iterable

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from connectors.kafka.options import KafkaSettings, consumer_config
from connectors.kafka.whole_partition import READ_SECONDS, to_the_end
from processors.model.errors import Transient


def highest_sequence(
    kafka: KafkaSettings, topics: Iterable[str], mine: Callable[[Message], bool], header: str, tail: int = 20_000
) -> int | None:
    """
    Return the highest number in *header* of the messages that are *mine*, among the last *tail* of each partition.

    None: there is no such message. Raises `Transient` where Kafka stops answering.
    """
    config = {**consumer_config(kafka, "signalbox-tails"), "enable.partition.eof": True}
    consumer = Consumer({**config, "auto.offset.reset": "earliest"})
    try:
        numbers = [
            number
            for topic in topics
            for partition in consumer.list_topics(topic, timeout=READ_SECONDS).topics[topic].partitions
            for message in _tail(consumer, TopicPartition(topic, partition), tail)
            if mine(message) and (number := _number(message, header)) is not None
        ]
    except KafkaException as error:
        raise Transient(f"Kafka did not let the outcome topics be read: {error.args[0].str()}") from error
    finally:
        consumer.close()
    return max(numbers, default=None)


def _tail(consumer: Consumer, partition: TopicPartition, tail: int) -> Iterable[Message]:
    low, high = consumer.get_watermark_offsets(partition, READ_SECONDS)
    consumer.assign([TopicPartition(partition.topic, partition.partition, max(low, high - tail))])
    yield from to_the_end(consumer, partition.topic)


def _number(message: Message, header: str) -> int | None:
    headers: list[tuple[str, str | bytes | None]] = list(message.headers() or [])  # type: ignore[arg-type] # never a dict
    for name, value in headers:
        if name == header and isinstance(value, bytes) and value.isdigit():
            return int(value)
    return None
