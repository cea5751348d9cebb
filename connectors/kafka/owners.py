"""
Partitions that no member of a consumer group owns.

In: a group and topics. Out: the topics of which a partition belongs to nobody.
Rule of this file: reads only; during a rebalance, or if the broker does not say, no partition counts as unowned.
"""

from collections.abc import Callable, Iterable

from confluent_kafka import ConsumerGroupState, KafkaException
from confluent_kafka.admin import AdminClient

from connectors.kafka.admin import admin_client
from connectors.kafka.options import KafkaSettings

ASK_SECONDS = 3.0


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
        owned = {one.topic for member in found.members for one in member.assignment.topic_partitions}
        return wanted - owned

    return ask
