"""
Dead letter topics: produce a dead letter and wait for its acknowledgement, read them, send them back.

In: dead letters and a selection. Out: messages on Kafka, `StoredDeadLetter` values for the command line.
Rule of this file: a dead letter that Kafka did not acknowledge raises `Transient`; nothing is ever dropped.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from connectors.kafka.dead_letters import DeadLetter, Original, StoredDeadLetter, replay_message, stored_dead_letter
from connectors.kafka.options import KafkaSettings, consumer_config
from connectors.kafka.whole_partition import READ_SECONDS, to_the_end
from processors.model.errors import Misconfigured, Transient

ACKNOWLEDGE_SECONDS = 30.0


def original(message: Message) -> Original:
    """Return a message of confluent-kafka as a plain value."""
    headers: list[tuple[str, str | bytes | None]] = list(message.headers() or [])  # type: ignore[arg-type] # never a dict
    return Original(
        topic=message.topic() or "",
        partition=_whole(message.partition()),
        offset=_whole(message.offset()),
        key=_bytes(message.key()),
        value=_bytes(message.value()),
        headers=tuple((name, _bytes(value)) for name, value in headers),
    )


def produce(producer: Producer, topic: str, dead: DeadLetter, seconds: float = ACKNOWLEDGE_SECONDS) -> None:
    """
    Produce one message with the bytes of *dead*, and wait until Kafka has it.

    Raises:
        Transient: Kafka refused it or gave no answer in time: stop and commit nothing, so that it is read again.
    """
    answers: list[KafkaError | None] = []
    try:
        producer.produce(
            topic,
            key=dead.key,
            value=dead.value,
            headers=list[tuple[str, str | bytes | None]](dead.headers),
            on_delivery=lambda error, _: answers.append(error),
        )
        producer.flush(seconds)
    except (KafkaException, BufferError) as error:
        raise Transient(f"Kafka took no message for {topic}: {error}") from error
    if not answers or answers[0] is not None:
        why = answers[0].str() if answers and answers[0] is not None else f"no answer within {seconds:g} s"
        raise Transient(f"Kafka did not acknowledge a message for {topic}: {why}")


def read_dead_letters(
    kafka: KafkaSettings, topic: str, wanted: Callable[[StoredDeadLetter], bool] = lambda _: True
) -> Iterator[StoredDeadLetter]:
    """
    Yield the dead letters of *topic*, by partition and offset, up to its present end; no group's offsets move.

    Raises:
        Misconfigured: There is no such topic.
        Transient: Kafka stopped answering before the end was reached.
    """
    consumer = Consumer({**consumer_config(kafka, "signalbox-dead-letters"), "enable.partition.eof": True})
    try:
        partitions = consumer.list_topics(topic, timeout=READ_SECONDS).topics[topic]
        if partitions.error is not None or not partitions.partitions:
            raise Misconfigured([f"there is no topic {topic!r}; create it by `signalbox topics create`"])
        for partition in sorted(partitions.partitions):
            consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING)])
            messages = map(original, to_the_end(consumer, topic))
            yield from (dead for dead in map(stored_dead_letter, messages) if wanted(dead))
    except KafkaException as error:
        raise Transient(f"Kafka did not let {topic} be read: {error}") from error
    finally:
        consumer.close()


@dataclass(frozen=True, slots=True)
class Replayed:
    """One dead letter that was, or in a dry run would be, sent back: from where to where."""

    at: str
    to: str
    replays: int


def send_back(producer: Producer, dead_letters: Iterator[StoredDeadLetter], *, dry_run: bool) -> Iterator[Replayed]:
    """
    Send dead letters back to the topics they came from, one after another, each acknowledged before it is reported.

    Raises:
        Misconfigured: A message does not say which topic it came from, so it is no dead letter of ours.
    """
    for dead in dead_letters:
        if not dead.original.topic:
            raise Misconfigured([f"{dead.at} names no topic that it came from; it cannot be replayed"])
        if dead.shortened:
            raise Misconfigured([f"{dead.at} was too large and is kept shortened; ask its sender for the event again"])
        if not dry_run:
            produce(producer, dead.original.topic, replay_message(dead))
        yield Replayed(dead.at, dead.original.topic, dead.replays + 1)


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


def _whole(number: int | None) -> int:
    return -1 if number is None else number
