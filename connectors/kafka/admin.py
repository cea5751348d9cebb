"""
Topics: create the missing ones and compare the others with the topic table.

In: rows of the topic table. Out: what was created, and where the broker differs from the table.
Rule of this file: missing topics are created; an existing one is never changed; its differences are only reported.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewTopic

from connectors.kafka.options import KafkaSettings, admin_config
from processors.model.errors import Misconfigured, Transient
from schemas.topics import Topic

ANSWER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ShownTopic:
    """One topic as the broker has it; `partitions` 0: it is missing. `differences` are lines for the reader."""

    name: str
    partitions: int
    config: Mapping[str, str]
    differences: tuple[str, ...]


def admin_client(kafka: KafkaSettings) -> AdminClient:
    """Return a client for the functions below."""
    return AdminClient(admin_config(kafka))


def ensure_topics(admin: AdminClient, table: Iterable[Topic], *, replication: int = 3) -> list[str]:
    """
    Create those topics of *table* that are missing; return their names.

    Raises:
        Misconfigured: The broker refuses one (rights, replication): one line for each.
        Transient: The broker did not answer.
    """
    wanted = {topic.name: topic for topic in table}
    missing = [topic for name, topic in wanted.items() if name not in _partitions(admin)]
    if not missing:
        return []
    new = [
        NewTopic(t.name, num_partitions=t.partitions, replication_factor=replication, config=dict(t.config))
        for t in missing
    ]
    created, faults = [], []
    for name, answer in admin.create_topics(new, request_timeout=ANSWER_SECONDS).items():
        try:
            answer.result(ANSWER_SECONDS)
            created.append(name)
        except KafkaException as error:
            said: KafkaError = error.args[0]
            if said.retriable() or said.code() in (KafkaError._TIMED_OUT, KafkaError._TRANSPORT):
                raise Transient(f"Kafka did not create topic {name}: {said.str()}") from error
            # Somebody else was faster: it exists, which is all that was asked for.
            if said.code() != KafkaError.TOPIC_ALREADY_EXISTS:
                faults.append(f"topic {name} cannot be created: {said.str()}")
    if faults:
        raise Misconfigured(faults)
    return created


def show_topics(admin: AdminClient, table: Iterable[Topic]) -> list[ShownTopic]:
    """Return each topic of *table* as the broker has it, with its differences; raise `Transient` without an answer."""
    wanted = list(table)
    there = _partitions(admin)
    settings = _settings(admin, [topic.name for topic in wanted if topic.name in there])
    return [_compare(topic, there.get(topic.name, 0), settings.get(topic.name, {})) for topic in wanted]


def _compare(topic: Topic, partitions: int, config: Mapping[str, str]) -> ShownTopic:
    if partitions == 0:
        return ShownTopic(topic.name, 0, {}, ("is missing; create it by `signalbox topics create`",))
    differences = [
        f"{name} is {config.get(name, 'not set')}, wanted {value}"
        for name, value in topic.config.items()
        if config.get(name) != value
    ]
    if partitions != topic.partitions:
        differences.insert(0, f"has {partitions} partitions, wanted {topic.partitions}")
    shown = {name: value for name, value in config.items() if name in ("retention.ms", "cleanup.policy", *topic.config)}
    return ShownTopic(topic.name, partitions, shown, tuple(differences))


def existing_topics(admin: AdminClient, seconds: float) -> frozenset[str]:
    """Return the names of the topics that are there; raise `Transient` without an answer within *seconds*."""
    return frozenset(_partitions(admin, seconds))


def _partitions(admin: AdminClient, seconds: float = ANSWER_SECONDS) -> dict[str, int]:
    try:
        topics = admin.list_topics(timeout=seconds).topics
    except KafkaException as error:
        raise Transient(f"Kafka did not list its topics: {error.args[0].str()}") from error
    return {name: len(topic.partitions) for name, topic in topics.items() if topic.error is None}


def _settings(admin: AdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    asked = admin.describe_configs([ConfigResource(ResourceType.TOPIC, name) for name in names])
    try:
        answers = {resource.name: answer.result(ANSWER_SECONDS) for resource, answer in asked.items()}
    except KafkaException as error:
        raise Transient(f"Kafka did not describe its topics: {error}") from error
    return {name: {key: entry.value for key, entry in answer.items()} for name, answer in answers.items()}


def delete_below(kafka: KafkaSettings, topic: str, offset: int) -> None:
    """
    Delete a command topic's messages below *offset*: the only way in which they ever go (design section 3, point 11).

    Raises:
        Transient: Kafka did not do it; it is tried again with the next tidying.
    """
    admin = admin_client(kafka)
    answers = admin.delete_records([TopicPartition(topic, 0, offset)], request_timeout=ANSWER_SECONDS)
    for answer in answers.values():
        try:
            answer.result()
        except KafkaException as error:
            raise Transient(f"{topic}: messages below {offset} could not be deleted: {error}") from error
