"""
Who is in a consumer group, and which partitions no member of it owns.

In: a group and topics. Out: the topics of which a partition belongs to nobody; the names of members.
Rule of this file: reads only; during a rebalance, or if the broker does not say, no partition counts as unowned.
"""

from collections.abc import Callable, Iterable, Sequence

from confluent_kafka import ConsumerGroupState, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._group import MemberDescription

from connectors.kafka.admin import admin_client
from connectors.kafka.options import KafkaSettings
from processors.model.errors import Transient

ASK_SECONDS = 3.0
ANSWER_SECONDS = 10.0


def unowned(kafka: KafkaSettings, group: str, topics: Iterable[str]) -> Callable[[], frozenset[str]]:
    """Return what asks which of *topics* (of one partition each) no member of *group* owns; the client is kept."""
    wanted = frozenset(topics)
    clients: list[AdminClient] = []

    def ask() -> frozenset[str]:
        if not clients:
            clients.append(admin_client(kafka))
        try:
            found = clients[0].describe_consumer_groups([group], request_timeout=ASK_SECONDS)[group].result(ASK_SECONDS)
        except (KafkaException, TimeoutError):
            return frozenset()
        if found.state != ConsumerGroupState.STABLE:
            return frozenset()
        owned = {partition.topic for member in found.members for partition in member.assignment.topic_partitions}
        return wanted - owned

    return ask


def static_members(kafka: KafkaSettings, group: str) -> Callable[[], frozenset[str]]:
    """
    Return what asks for the names of the group's static members, with those whose session has not ended.

    It raises `Transient` where Kafka does not tell; the client is kept.
    """
    clients: list[AdminClient] = []

    def ask() -> frozenset[str]:
        if not clients:
            clients.append(admin_client(kafka))
        found = _described(clients[0], group)
        return frozenset(member.group_instance_id for member in found if member.group_instance_id)

    return ask


def group_members(admin: AdminClient, group: str) -> tuple[str, ...]:
    """Return the names of a group's members, those of static members as settings give them; raises `Transient`."""
    found = _described(admin, group)
    return tuple(sorted((member.group_instance_id or member.client_id).removeprefix(f"{group}-") for member in found))


def _described(admin: AdminClient, group: str) -> Sequence[MemberDescription]:
    """Return the members of a group; a new cluster, which makes the topic of the groups first, is `Transient`."""
    try:
        asked = admin.describe_consumer_groups([group], request_timeout=ANSWER_SECONDS)[group]
        found: Sequence[MemberDescription] = asked.result(ANSWER_SECONDS).members
    except KafkaException as error:
        raise Transient(f"Kafka does not tell who is in group {group}: {error.args[0].str()}") from error
    except TimeoutError as error:
        raise Transient(f"Kafka does not tell who is in group {group}: no answer") from error
    return found
