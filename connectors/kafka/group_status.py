"""
What waits for a consumer group, and who is in it, as Kafka tells it to a reader from outside.

In: a group and topics. Out: its members; for each topic the messages that wait and when the oldest of them was sent.
Rule of this file: reads only, and nothing is committed. A transaction's control record is no message: where the end of
a partition is found without one, nothing waits.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._group import MemberDescription

from connectors.kafka.options import KafkaSettings, consumer_config
from processors.model.errors import Transient

SECONDS = 10.0
ATTEMPTS = 10
PAUSE_SECONDS = 0.5
_LOADING = (
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages of a topic that a group has not read yet: how many at the most, and when the oldest was sent (epoch)."""

    topic: str
    messages: int
    since: float


def group_members(admin: AdminClient, group: str, sleep: Callable[[float], None] = time.sleep) -> tuple[str, ...]:
    """Return the names of a group's members, those of static members as settings give them; raises `Transient`."""
    members = _described(admin, group, sleep)
    return tuple(sorted((each.group_instance_id or each.client_id).removeprefix(f"{group}-") for each in members))


def _described(admin: AdminClient, group: str, sleep: Callable[[float], None]) -> Sequence[MemberDescription]:
    for _ in range(ATTEMPTS):
        try:
            asked = admin.describe_consumer_groups([group], request_timeout=SECONDS)[group]
            found: Sequence[MemberDescription] = asked.result(SECONDS).members
            return found
        except KafkaException as error:
            said: KafkaError = error.args[0]
            if said.code() == KafkaError.GROUP_ID_NOT_FOUND:
                return ()
            # A broker that has just started loads its groups first.
            if said.code() not in _LOADING:
                raise Transient(f"Kafka does not tell who is in group {group}: {said.str()}") from error
            sleep(PAUSE_SECONDS)
        except TimeoutError as error:
            raise Transient(f"Kafka does not tell who is in group {group}: no answer") from error
    raise Transient(f"Kafka does not tell who is in group {group}: it loads its groups for long; try again")


def waiting(kafka: KafkaSettings, group: str, topics: Iterable[str]) -> tuple[Waiting, ...]:
    """
    Return the topics of which something waits for *group*, in the order given; a missing topic counts as empty.

    Raises:
        Transient: Kafka did not answer.
    """
    plain = KafkaSettings(kafka.bootstrap, kafka.options)
    try:
        consumer = Consumer({**consumer_config(plain, group), "enable.partition.eof": True})
        try:
            return tuple(found for topic in topics if (found := _of_topic(consumer, topic)) is not None)
        finally:
            consumer.close()
    except KafkaException as error:
        raise Transient(f"Kafka does not tell what waits for group {group}: {error.args[0].str()}") from error


def _of_topic(consumer: Consumer, topic: str) -> Waiting | None:
    told = consumer.list_topics(topic, SECONDS).topics.get(topic)
    if told is None or told.error is not None:
        return None
    partitions = [TopicPartition(topic, number) for number in sorted(told.partitions)]
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
    plain = KafkaSettings(kafka.bootstrap, kafka.options)
    found = {}
    try:
        consumer = Consumer(consumer_config(plain, "signalbox-status"))
        try:
            there = consumer.list_topics(timeout=SECONDS).topics
            for topic in topics:
                if topic in there:
                    ends = [
                        consumer.get_watermark_offsets(TopicPartition(topic, number), SECONDS)
                        for number in there[topic].partitions
                    ]
                    found[topic] = sum(high - low for low, high in ends)
        finally:
            consumer.close()
    except KafkaException as error:
        raise Transient(f"Kafka does not tell what its topics hold: {error.args[0].str()}") from error
    return found
